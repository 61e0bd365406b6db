"""One language's passages as search sees them: ids, their order, and a way to score them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa

from workflow_scripts.retrieval.blocks import Blocks
from workflow_scripts.retrieval.ranking import neutral_numbers, places
from workflow_scripts.retrieval.scored_blocks import Choose, ScoredBlock


@dataclass(frozen=True)
class PassageIds:
    """The ids of one language's passages, row by row.

    ``numbers`` are the neutral ids as uint64; ``places`` their place in ascending order;
    ``by_place`` the row that has each place; ``ordered`` the numbers, ascending.
    """

    ids: pa.Array
    neutral_ids: pa.Array
    numbers: np.ndarray
    places: np.ndarray
    by_place: np.ndarray
    ordered: np.ndarray

    @classmethod
    def of(cls, ids: pa.Array, neutral_ids: pa.Array | list[str], where: str) -> "PassageIds":
        """Order a language's ids; raise InputError, naming ``where``, on a repeated or malformed neutral id."""
        neutral_ids = pa.array(neutral_ids, type=pa.string())
        numbers = neutral_numbers(neutral_ids, where)
        place = places(numbers, where)
        by_place = np.empty(len(place), dtype=np.int64)
        by_place[place] = np.arange(len(place))
        return cls(ids, neutral_ids, numbers, place, by_place, numbers[by_place])


class Scorer(Protocol):
    """How one kind of search scores."""

    def scan(
        self, query_lang: str, queries: np.ndarray, passage_lang: str, blocks: Blocks, choose: Choose
    ) -> Iterator[ScoredBlock]:
        """Yield blocks of scores of rows ``queries`` of one language and all passages of another, each pair once.

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
