"""One language's passages as search sees them: ids, their order, and a way to score them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import pyarrow as pa

from workflow_scripts.retrieval.blocks import Blocks
from workflow_scripts.retrieval.ranking import places
from workflow_scripts.retrieval.scored_blocks import Choose, ScoredBlock


@dataclass(frozen=True)
class PassageIds:
    """The ids of one language's passages, row by row: 16 bytes of memory a passage beside the ids' own text.

    ``ids`` may lie in any number of pieces (a piece of Arrow's holds at most 2 GB of text). ``numbers`` are the neutral
    ids as uint64; ``places`` their place in ascending order; ``by_place`` the row that has each place.
    """

    ids: pa.ChunkedArray
    numbers: np.ndarray
    places: np.ndarray
    by_place: np.ndarray

    @classmethod
    def of(cls, pieces: Iterable[pa.Array], numbers: np.ndarray, where: str) -> "PassageIds":
        """Order a language's ids, of which the neutral ones are ``numbers``; raise InputError on a repeated one."""
        ids = pa.chunked_array(list(pieces), type=pa.string())
        return cls(ids, numbers, *places(numbers, where))

    def __len__(self) -> int:
        """Return the number of passages."""
        return len(self.numbers)

    @cached_property
    def ordered(self) -> np.ndarray:
        """The numbers, ascending: to find the place of a passage of another language."""
        return self.numbers[self.by_place]

    def take(self, rows: np.ndarray) -> pa.Array:
        """Return the ids of rows [n]."""
        starts = np.cumsum([0, *map(len, self.ids.chunks)])
        piece_of = np.searchsorted(starts, rows, side="right") - 1
        order = np.argsort(piece_of, kind="stable")
        found = [pa.array([], type=pa.string())]
        for piece in np.unique(piece_of).tolist():
            mine = rows[piece_of == piece] - starts[piece]
            found.append(self.ids.chunk(piece).take(pa.array(mine)))
        place = np.empty(len(rows), dtype=np.int64)
        place[order] = np.arange(len(rows))
        return pa.concat_arrays(found).take(pa.array(place))


# Languages and rows [n] of queries, which are counted through in this order.
Asked = Sequence[tuple[str, np.ndarray]]


class Scorer(Protocol):
    """How one kind of search scores."""

    def scan(self, asked: Asked, passage_lang: str, blocks: Blocks, choose: Choose) -> Iterator[ScoredBlock]:
        """Yield blocks of scores of the queries ``asked`` and all passages of a language, each pair once.

        ``choose`` is called for each block, where and when it is scored: it may be in another thread.
        """

    def score_pairs(self, query_lang: str, queries: np.ndarray, passage_lang: str, passages: np.ndarray) -> np.ndarray:
        """Return the float32 scores [n] of query row i against passage row i: the same bits whatever the company."""


class Finder(Protocol):
    """How an approximate index names candidates."""

    def find(
        self, query_lang: str, queries: np.ndarray, passage_lang: str, depth: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return numbers [m] of ``queries``, counted from 0, and rows [m] of passages: each pair once."""
