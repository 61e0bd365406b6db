"""Language bias of one run: which languages' passages a pool of all languages puts first."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

GOLD_RANK, TOP10_SHARE, POOL_SHARE, TIED_SHARE = "gold_rank", "top10_share", "pool_share", "tied_share"
TOP10_VARIATION, MAP_GAP = "top10_variation", "map_gap"
POOL = "*"  # in place of a passage language: the pool of all
TOP = 10


def gold_rank(ranks: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return the mean pool rank of the relevant passages by (query language, passage language).

    gold_rank(A, B) = mean over queries q in A and passages p of B relevant to q of rank(p) in the pool: without bias
    it is equal for all B. Source: the per-language ranks behind rank distance (arXiv 2408.10536). ``ranks`` is what
    ``pool_ranks`` returns.

    By hand: ranks 1 and 4 in Bengali average to 2.5.

    >>> gold_rank(pd.DataFrame({"query_lang": "sw", "passage_lang": ["bn", "bn", "te"], "rank": [1, 4, 9]}))
    {('sw', 'bn'): 2.5, ('sw', 'te'): 9.0}
    """
    means = ranks.groupby(["query_lang", "passage_lang"], observed=True, sort=True)["rank"].mean()
    return {(str(query_lang), str(lang)): float(mean) for (query_lang, lang), mean in means.items()}


def pool_share(pool_sizes: Mapping[str, int]) -> dict[str, float]:
    """Return each language's share of the pool's passages: what its share of the top would be without bias.

    >>> pool_share({"bn": 30, "te": 10})
    {'bn': 0.75, 'te': 0.25}
    """
    total = sum(pool_sizes.values())
    return {lang: pool_sizes[lang] / total for lang in sorted(pool_sizes)}


def top_variation(top_shares: Mapping[tuple[str, str], float], pool_shares: Mapping[str, float]) -> dict[str, float]:
    """Return by query language how far the languages of the first 10 passages are from those of the pool.

    top10_variation(A) = ½ Σ_B |top10_share(A, B) − pool_share(B)|, the total variation distance: 0 where the top holds
    languages as the pool does, near 1 where it holds only a language that the pool has little of.

    By hand: a top of Bengali alone from a pool that is half Bengali: ½ (|1 − .5| + |0 − .5|) = .5.

    >>> top_variation({("sw", "bn"): 1.0, ("sw", "te"): 0.0}, {"bn": 0.5, "te": 0.5})
    {'sw': 0.5}
    """
    found: dict[str, float] = {}
    for (query_lang, lang), share in top_shares.items():
        found[query_lang] = found.get(query_lang, 0.0) + abs(share - pool_shares[lang]) / 2
    return found


def map_gap(monolingual: Mapping[str, float], multilingual: Mapping[str, float]) -> dict[str, float]:
    """Return by query language what MAP loses when passages of all languages are searched together.

    map_gap(A) = mean MAP of A's queries among A's passages − their mean MAP in the pool. Where each query has
    parallel relevant passages (the pool has more of them), it shows how far the others are from the first; the
    comparison is that of arXiv 2408.10536's tables of monolingual and multilingual MAP.

    >>> map_gap({"sw": 0.75, "bn": 0.5}, {"sw": 0.5})
    {'sw': 0.25}
    """
    return {lang: mean - multilingual[lang] for lang, mean in monolingual.items() if lang in multilingual}


@dataclass
class TopShares:
    """Each language's share of the first 10 passages of the pool, by query language, over blocks of queries.

    top10_share(A, B) = (passages of B among the first 10 of the queries in A) / (all passages among them). Compared
    with ``pool_share`` it shows what languages a system prefers (Yang et al. 2024, arXiv 2405.00978, compare languages'
    places in a ranking in the same spirit).

    By hand: tops of (bn, bn) and (te, bn) give Bengali 3 of 4.

    >>> shares = TopShares(["bn", "te"])
    >>> shares.add("sw", np.array([0, 0, 1, 0]))
    >>> shares.values()
    {('sw', 'bn'): 0.75, ('sw', 'te'): 0.25}
    """

    languages: list[str]
    counts: dict[str, np.ndarray] = field(default_factory=dict)

    def add(self, query_lang: str, languages: np.ndarray) -> None:
        """Count the languages (places in ``languages``) of passages among the first 10 of some queries."""
        counted = np.bincount(languages, minlength=len(self.languages))
        self.counts[query_lang] = self.counts.get(query_lang, 0) + counted

    def values(self) -> dict[tuple[str, str], float]:
        """Return the share by (query language, passage language); a query language without hits has none."""
        return {
            (query_lang, lang): float(counts[i] / counts.sum())
            for query_lang, counts in sorted(self.counts.items())
            if counts.sum()
            for i, lang in enumerate(self.languages)
        }


@dataclass
class TiedShares:
    """The share of hits whose score another hit of the same list has, by query and passage language.

    tied_share(A, B) = hits of B for queries in A that share their float32 score with a neighbour / all such hits. Where
    it is not small, the order is that of the tie-break, not of the system.

    By hand: of scores .9, .8, .8, .7 in one list two are tied.

    >>> shares = TiedShares()
    >>> shares.add("sw", "bn", *tied(np.zeros(4, dtype=int), np.float32([0.9, 0.8, 0.8, 0.7])))
    >>> shares.values()
    {('sw', 'bn'): 0.5}
    """

    counts: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def add(self, query_lang: str, passage_lang: str, tied_hits: int, hits: int) -> None:
        """Count hits of one query language and passage language (``POOL``: of the merged lists)."""
        before = self.counts.get((query_lang, passage_lang), (0, 0))
        self.counts[query_lang, passage_lang] = (before[0] + tied_hits, before[1] + hits)

    def values(self) -> dict[tuple[str, str], float]:
        """Return the share by (query language, passage language), where there are hits."""
        return {pair: tied_hits / hits for pair, (tied_hits, hits) in sorted(self.counts.items()) if hits}


def tied(lists: np.ndarray, scores: np.ndarray) -> tuple[int, int]:
    """Return how many hits are tied with a neighbour of their list, and how many hits there are.

    ``lists`` [n] numbers the list of each hit, ``scores`` [n] is its score; a list's hits stand together, by rank.
    """
    equal = (lists[1:] == lists[:-1]) & (scores[1:] == scores[:-1])
    marked = np.zeros(len(lists), dtype=bool)
    marked[1:] |= equal
    marked[:-1] |= equal
    return int(marked.sum()), len(lists)
