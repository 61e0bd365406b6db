"""Blocks computed ahead by threads: each once, never where somebody reads, and errors where they are waited for."""

import threading

import pytest

from workflow_scripts.retrieval.blocks_in_threads import blocks_in_threads


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_block_comes_once_and_is_not_written_over_while_it_is_read(threads):
    rooms = [[None, None] for _ in range(threads)]
    turns = [0] * threads
    others = threading.Event()

    def work(thread, item, put):
        for number in range(3):
            room = turns[thread]
            turns[thread] ^= 1
            rooms[thread][room] = (item, number)
            put((thread, room, (item, number)))

    found = []
    for thread, room, value in blocks_in_threads(work, range(40), threads):
        others.wait(0.001)  # while the threads go on
        assert rooms[thread][room] == value
        found.append(value)
    assert sorted(found) == [(item, number) for item in range(40) for number in range(3)]
    if threads == 1:
        assert found == sorted(found)


@pytest.mark.parametrize("threads", [1, 3])
def test_what_a_thread_raises_is_raised_where_blocks_are_taken(threads):
    def work(thread, item, put):
        if item == 5:
            raise ValueError("the sixth")
        put(item)

    taken = []
    with pytest.raises(ValueError, match="the sixth"):
        for block in blocks_in_threads(work, range(1000), threads):
            taken.append(block)
    assert len(taken) < 1000


def test_no_thread_is_left_where_blocks_are_no_longer_taken():
    before = threading.active_count()
    blocks = blocks_in_threads(lambda _, item, put: put(item), range(1000), 3)
    assert next(blocks) in range(3)
    blocks.close()
    assert threading.active_count() == before


def test_a_thread_that_cannot_start_ends_those_that_did(monkeypatch):
    start, started = threading.Thread.start, []

    def start_one(thread):
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_one)
    with pytest.raises(RuntimeError, match="can't start"):
        list(blocks_in_threads(lambda _, item, put: put(item), range(1000), 3))
    assert not started[0].is_alive()


def test_no_items_no_blocks():
    assert list(blocks_in_threads(lambda _, item, put: put(item), [], 2)) == []
