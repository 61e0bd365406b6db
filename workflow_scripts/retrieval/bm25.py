"""BM25 over one index a language, as a scorer for ``full_search``.

The formula is Lucene's (Kamphuis et al., ECIR 2020, "Which BM25 do you mean?"):
score = Σ over the query's tokens of ln(1 + (N − n + 0.5) / (n + 0.5)) · f / (f + k1 · (1 − b + b · l / mean l)).
k1 and b are the defaults of Pyserini, whose runs are MIRACL's published BM25. Unlike Lucene, lengths are
not rounded to one byte.

The queries of a job are known before its passages are read, so an index holds what it is asked for alone: of each
passage its length and its tokens that stand in some query, eight bytes each. A language of any size is read once, in
order, and scored a block at a time.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
import scipy.sparse as sparse

from workflow_scripts.retrieval.blocks import Blocks
from workflow_scripts.retrieval.lexical_tokens import lexical_tokens
from workflow_scripts.retrieval.passages import Asked
from workflow_scripts.retrieval.scored_blocks import Choose, ScoredBlock

K1, B = 0.9, 0.4
# A token's part of a score is rounded to a multiple of 2^-32: sums of them below 2^21 are exact in fp64 in any order,
# so that a score does not depend on how a block is cut.
_PART = 2.0**32
_COUNTED = 1 << 20  # tokens of passages at once


class QueryTokens:
    """The tokens of all queries: ``columns`` numbers them, ``counts`` has a row for each query of a language."""

    def __init__(self, queries: Mapping[str, Sequence[str]]) -> None:
        """Take language → query texts."""
        self.columns: dict[str, int] = {}
        ids = {
            lang: [
                [self.columns.setdefault(token, len(self.columns)) for token in lexical_tokens(text)] for text in texts
            ]
            for lang, texts in queries.items()
        }
        self.counts = {lang: self._count(rows) for lang, rows in ids.items()}

    def _count(self, rows: list[list[int]]) -> sparse.csr_array:
        """Return [queries, tokens]: how often each token stands in each query."""
        offsets = np.cumsum([0, *map(len, rows)])
        columns = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=offsets[-1])
        counts = sparse.csr_array((np.ones(len(columns)), columns, offsets), shape=(len(rows), len(self.columns)))
        counts.sum_duplicates()
        return counts


class LanguageIndex:
    """One language's passages: what each token of ``tokens`` adds to a passage's score."""

    def __init__(self, tokens: QueryTokens, texts: Iterable[str]) -> None:
        """Tokenise and index the texts, one a passage; they are gone through once."""
        columns, frequencies, ends, lengths = array("i"), array("i"), array("q", [0]), array("i")
        for text in texts:
            found = lexical_tokens(text)
            counted = Counter(tokens.columns[token] for token in found if token in tokens.columns)
            columns.extend(counted.keys())
            frequencies.extend(counted.values())
            ends.append(len(columns))
            lengths.append(len(found))
        self._columns, self._frequencies = (np.frombuffer(values, dtype=np.int32) for values in (columns, frequencies))
        self._ends = np.frombuffer(ends, dtype=np.int64)
        self._width = len(tokens.columns)
        of_lengths = np.frombuffer(lengths, dtype=np.int32)
        passages_with = np.zeros(self._width, dtype=np.int64)
        for first in range(0, len(self._columns), _COUNTED):  # each part is copied to twice its bytes
            passages_with += np.bincount(self._columns[first : first + _COUNTED], minlength=self._width)
        self._weights = np.log(1 + (len(self) - passages_with + 0.5) / (passages_with + 0.5))
        # Where no passage has a word nothing is divided by it.
        self._norms = K1 * (1 - B + B * of_lengths / max(of_lengths.sum() / max(len(self), 1), 1e-9))

    def __len__(self) -> int:
        """Return the number of passages."""
        return len(self._ends) - 1

    def parts(self, first: int, last: int) -> sparse.csr_array:
        """Return [passages, tokens] of consecutive passages."""
        ends = self._ends[first : last + 1]
        return self._parts(slice(ends[0], ends[-1]), np.diff(ends), self._norms[first:last])

    def parts_of(self, passages: np.ndarray) -> sparse.csr_array:
        """Return [passages, tokens] of passages in any order."""
        starts = self._ends[passages]
        counts = self._ends[passages + 1] - starts
        first = np.cumsum(counts) - counts
        places = np.arange(counts.sum()) + np.repeat(starts - first, counts)
        return self._parts(places, counts, self._norms[passages])

    def _parts(self, places: slice | np.ndarray, counts: np.ndarray, norms: np.ndarray) -> sparse.csr_array:
        columns, frequencies = self._columns[places], self._frequencies[places]
        parts = self._weights[columns] * (frequencies / (frequencies + np.repeat(norms, counts)))
        offsets = np.concatenate([[0], np.cumsum(counts)])
        return sparse.csr_array((np.round(parts * _PART) / _PART, columns, offsets), shape=(len(counts), self._width))


class BM25Scorer:
    """BM25 scores of queries in any language against the passages of each: a token matches only itself."""

    def __init__(self, tokens: QueryTokens, indexes: Mapping[str, LanguageIndex]) -> None:
        """Take the queries' tokens and language → index over them."""
        self._counts = tokens.counts
        self._indexes = indexes

    def scan(self, asked: Asked, passage_lang: str, blocks: Blocks, choose: Choose) -> Iterator[ScoredBlock]:
        """Yield the scores of ``score_pairs``: the queries ``asked``, all passages of a language."""
        counts = sparse.vstack([self._counts[lang][rows] for lang, rows in asked], format="csr")
        index = self._indexes[passage_lang]
        for start in range(0, len(index), blocks.passage_block):
            columns = index.parts(start, min(start + blocks.passage_block, len(index))).T.tocsr()
            for first in range(0, counts.shape[0], blocks.query_block):
                scores = (counts[first : first + blocks.query_block] @ columns).toarray().astype(np.float32)
                yield ScoredBlock(first, start, scores, 0.0, choose(first, scores, 0.0))

    def score_pairs(self, query_lang: str, queries: np.ndarray, passage_lang: str, passages: np.ndarray) -> np.ndarray:
        """Return float32 [n]: row ``queries[i]`` against row ``passages[i]``."""
        counts = self._counts[query_lang][queries]
        scores = counts.multiply(self._indexes[passage_lang].parts_of(passages)).sum(axis=1)
        return np.asarray(scores, dtype=np.float64).reshape(-1).astype(np.float32)
