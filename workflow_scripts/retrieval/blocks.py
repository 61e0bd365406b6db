"""How a search is cut so that it keeps to its memory."""

from dataclasses import dataclass

from workflow_scripts.data.errors import InputError
from workflow_scripts.retrieval.language_ranking import CANDIDATES_A_HIT

# What a search may hold where it is told nothing, in MB.
BLOCKS_MB = 2000
# Held for each pair of a block: its score in two rooms; place and score of one pair in two, while the first are chosen.
_BYTES_A_PAIR = 2 * 4 + 8
# Held for each hit: its key in three copies (ranking, merging, writing).
_BYTES_A_HIT = 3 * 8
# Held for each candidate of the language at hand: score, row, and key in two copies.
_BYTES_A_CANDIDATE = 8 + 16
# Held for each component of a passage: fp32, and fp16 as it is read.
_BYTES_A_COMPONENT = 6
# Beyond these a block only leaves the processor's caches.
_MAX_PAIRS = 1 << 22
_MAX_QUERY_BLOCK, _MAX_PASSAGE_BLOCK = 512, 1 << 12


@dataclass(frozen=True)
class Blocks:
    """Queries ranked at a time, and the queries × passages scored at a time."""

    queries: int
    query_block: int
    passage_block: int

    @classmethod
    def within(cls, memory_gb: float, depth: int, languages: int, dimension: int, threads: int) -> "Blocks":
        """Choose blocks that hold at most ``memory_gb``; raise InputError where that is too little for one query.

        A quarter is for the hits and candidates of the queries at hand, a quarter for their vectors, a quarter for
        blocks of passages' vectors and a quarter for scores: each of the ``threads`` has a block of its own.
        """
        quarter = memory_gb * 1e9 / 4
        share = quarter / threads
        bytes_a_query = depth * (languages * _BYTES_A_HIT + CANDIDATES_A_HIT * _BYTES_A_CANDIDATE)
        queries = int(min(quarter // bytes_a_query, quarter // (_BYTES_A_COMPONENT * dimension)))
        pairs = int(min(_MAX_PAIRS, share // _BYTES_A_PAIR))
        query_block = min(_MAX_QUERY_BLOCK, queries)
        if query_block < 1 or pairs < 1:
            raise InputError(f"search.memory_gb {memory_gb}: too little for depth {depth}; allow more")
        passages = min(_MAX_PASSAGE_BLOCK, int(share // (_BYTES_A_COMPONENT * dimension)))
        return cls(queries, query_block, max(1, min(pairs // query_block, passages)))
