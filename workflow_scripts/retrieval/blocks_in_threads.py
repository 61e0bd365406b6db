"""Blocks that threads compute ahead of who takes them in, in memory that each thread uses again."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock, Semaphore
from typing import TypeVar

Item = TypeVar("Item")
Block = TypeVar("Block")
_AHEAD = 1  # blocks of a thread that wait or are being taken in while it computes the next


class _Stopped(Exception):
    """Nobody takes blocks any more."""


def blocks_in_threads(
    work: Callable[[int, Item, Callable[[Block], None]], None], items: Iterable[Item], threads: int
) -> Iterator[Block]:
    """Yield the blocks of all ``items``, each thread's in its order; what ``work`` raises is raised here.

    ``work(thread, item, put)`` computes those of one item, in thread ``thread`` (from 0), and hands over each by
    ``put``. When ``put`` returns, all blocks that this thread put before the last have been taken in (the next block
    was asked for): with two rooms for blocks, used by turns, a thread never writes where somebody reads.
    """
    rest, lock = iter(items), Lock()
    done: SimpleQueue = SimpleQueue()  # of (block, semaphore), or (error or None, None) at a thread's end
    taken = [Semaphore(_AHEAD) for _ in range(threads)]
    stopped = False

    def run(thread: int) -> None:
        def put(block: Block) -> None:
            done.put((block, taken[thread]))
            taken[thread].acquire()
            if stopped:
                raise _Stopped

        try:
            while not stopped:
                with lock:
                    item = next(rest)
                work(thread, item, put)
        except (StopIteration, _Stopped):
            done.put((None, None))
        except BaseException as error:
            done.put((error, None))
        else:
            done.put((None, None))

    with ThreadPoolExecutor(threads) as pool:
        try:
            for thread in range(threads):  # a system that has no more of them raises here
                pool.submit(run, thread)
            running = threads
            while running:
                block, semaphore = done.get()
                if semaphore is None:
                    running -= 1
                    if block is not None:
                        raise block
                else:
                    yield block
                    semaphore.release()
        finally:
            stopped = True
            for semaphore in taken:
                semaphore.release()
