"""BM25 over one index a language, as a scorer for ``full_search``.

The formula is Lucene's (Kamphuis et al., ECIR 2020, "Which BM25 do you mean?"), computed by the ``bm25s`` library:
score = Σ over the query's tokens of ln(1 + (N − n + 0.5) / (n + 0.5)) · f / (f + k1 · (1 − b + b · l / mean l)).
k1 and b are the defaults of Pyserini, whose runs are MIRACL's published BM25. Unlike Lucene, lengths are
not rounded to one byte.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
import scipy.sparse as sparse

from workflow_scripts.retrieval.blocks import Blocks
from workflow_scripts.retrieval.lexical_tokens import lexical_tokens
from workflow_scripts.retrieval.scored_blocks import Choose, ScoredBlock

K1, B = 0.9, 0.4
# A token's part of a score is rounded to a multiple of 2^-32: sums of them below 2^21 are exact in fp64 in any order,
# so that a score does not depend on how a block is cut.
_PART = 2.0**32


class LanguageIndex:
    """One language's passages: ``parts`` [passages, vocabulary] is what each token adds to a passage's score."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Tokenise and index the texts, one a passage."""
        import bm25s

        logging.getLogger("bm25s").setLevel(logging.WARNING)
        self.vocabulary: dict[str, int] = {}
        ids = [
            [self.vocabulary.setdefault(token, len(self.vocabulary)) for token in lexical_tokens(text)]
            for text in texts
        ]
        if not self.vocabulary:  # no passage has a word: nothing matches anything
            self.parts = sparse.csr_array((len(ids), 0))
            return
        retriever = bm25s.BM25(k1=K1, b=B, method="lucene", dtype="float64")
        retriever.index((ids, self.vocabulary), create_empty_token=False, show_progress=False)
        found = retriever.scores
        shape = (len(ids), len(self.vocabulary))
        columns = sparse.csc_array(
            (np.round(found["data"] * _PART) / _PART, found["indices"], found["indptr"]), shape=shape
        )
        self.parts = columns.tocsr()

    def count(self, queries: Sequence[Sequence[str]]) -> sparse.csr_array:
        """Return [queries, vocabulary]: how often each token stands in each tokenised query."""
        ids = [[self.vocabulary[token] for token in query if token in self.vocabulary] for query in queries]
        offsets = np.cumsum([0, *map(len, ids)])
        columns = np.fromiter(chain.from_iterable(ids), dtype=np.int64, count=offsets[-1])
        counts = sparse.csr_array((np.ones(len(columns)), columns, offsets), shape=(len(ids), len(self.vocabulary)))
        counts.sum_duplicates()
        return counts


class BM25Scorer:
    """BM25 scores of queries in any language against the passages of each: a token matches only itself."""

    def __init__(self, queries: Mapping[str, Sequence[str]], indexes: Mapping[str, LanguageIndex]) -> None:
        """Take language → query texts and language → index."""
        self._indexes = indexes
        self._tokens = {lang: [lexical_tokens(text) for text in texts] for lang, texts in queries.items()}
        self._counts: dict[tuple[str, str], sparse.csr_array] = {}

    def scan(
        self, query_lang: str, queries: np.ndarray, passage_lang: str, blocks: Blocks, choose: Choose
    ) -> Iterator[ScoredBlock]:
        """Yield the scores of ``score_pairs``: rows ``queries`` of one language, all passages of another."""
        counts, parts = self._count(query_lang, passage_lang)[queries], self._indexes[passage_lang].parts
        for start in range(0, parts.shape[0], blocks.passage_block):
            columns = parts[start : start + blocks.passage_block].T
            for first in range(0, len(queries), blocks.query_block):
                scores = (counts[first : first + blocks.query_block] @ columns).toarray().astype(np.float32)
                yield ScoredBlock(first, start, scores, 0.0, choose(first, scores, 0.0))

    def score_pairs(self, query_lang: str, queries: np.ndarray, passage_lang: str, passages: np.ndarray) -> np.ndarray:
        """Return float32 [n]: row ``queries[i]`` against row ``passages[i]``."""
        counts = self._count(query_lang, passage_lang)[queries]
        scores = counts.multiply(self._indexes[passage_lang].parts[passages]).sum(axis=1)
        return np.asarray(scores, dtype=np.float64).reshape(-1).astype(np.float32)

    def _count(self, query_lang: str, passage_lang: str) -> sparse.csr_array:
        pair = (query_lang, passage_lang)
        if pair not in self._counts:
            self._counts[pair] = self._indexes[passage_lang].count(self._tokens[query_lang])
        return self._counts[pair]
