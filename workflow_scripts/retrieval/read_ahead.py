"""Preparing what comes next while something else is computed."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
_END = object()


def read_ahead(items: Iterable[Item], depth: int = 2) -> Iterator[Item]:
    """Yield ``items`` in order; a thread takes up to ``depth`` of them in advance. What it raises is raised here."""
    source = iter(items)
    with ThreadPoolExecutor(1) as reader:
        waiting = deque(reader.submit(next, source, _END) for _ in range(depth))
        try:
            while (item := waiting.popleft().result()) is not _END:
                waiting.append(reader.submit(next, source, _END))
                yield item
        finally:
            for future in waiting:
                future.cancel()
