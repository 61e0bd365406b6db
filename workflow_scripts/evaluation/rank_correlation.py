"""MRC@k: do the same question's askings in different languages find the same passages in the same order?

For query q asked in language a, MRC_q(a) = mean over the other languages b that q is asked in of ρ(R_a, R_b), where
R is the ranking of the pool of all languages' passages and ρ is Spearman's correlation. Source: mean rank correlation,
arXiv 2509.06195. It is 1 where language makes no difference to what is found, relevant or not.

Only the first k passages of a ranking count here. Each of the passages that just one of two lists names stands, in
the other, at the mean of the places behind its end (after Fagin, Kumar and Sivakumar 2003, "Comparing top k lists",
SIAM J. Discrete Mathematics 17(1)); this cut is ours. Two lists of 10 without a common passage correlate by −.86.
"""

from dataclasses import dataclass, field

import numpy as np

MRC_AT = 10
MRC = f"mrc@{MRC_AT}"
_NONE = -1


def list_correlation(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return Spearman's ρ of pairs of top lists, [n]; a list is a row of passage codes, best first, ended by −1s.

    Two equal lists correlate by 1, also where they are too short to vary; an empty one with another by 0.

    By hand: x y and y z rank x y z as 1 2 3 and 3 1 2, so ρ = 1 − 6 · (4 + 1 + 1) / (3 · 8) = −0.5.

    >>> list_correlation(np.array([[7, 8]]), np.array([[8, 9]])).tolist()
    [-0.5]
    >>> list_correlation(np.array([[7, 8]]), np.array([[8, 7]])).tolist()
    [-1.0]
    """
    places = np.arange(1, ours.shape[1] + 1, dtype=np.float64)
    same = (ours[:, :, None] == theirs[:, None, :]) & (ours != _NONE)[:, :, None]
    lengths = [(side != _NONE).sum(axis=1) for side in (ours, theirs)]
    union = lengths[0] + lengths[1] - same.sum(axis=(1, 2))
    mean = (union + 1) / 2
    deviation = places - mean[:, None]  # of the passage at each place
    absent = [(length + 1 + union) / 2 - mean for length in lengths]  # of the passages that a list lacks
    present = [(side != _NONE) * deviation for side in (ours, theirs)]
    covariance = np.einsum("nij,ni,nj->n", same, present[0], present[1])
    variance = []
    for i, shared in enumerate((same.any(axis=2), same.any(axis=1))):
        covariance += (present[i] * ~shared).sum(axis=1) * absent[1 - i]
        variance.append((present[i] ** 2).sum(axis=1) + (union - lengths[i]) * absent[i] ** 2)
    spread = np.sqrt(variance[0] * variance[1])
    equal = (ours == theirs).all(axis=1).astype(np.float64)
    return np.where(spread > 0, covariance / np.where(spread > 0, spread, 1), equal)


@dataclass
class TopLists:
    """The first ``MRC_AT`` passages of the pool for each question, by the language in which it is asked."""

    codes: dict[str, int] = field(default_factory=dict)  # neutral id → code
    lists: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)

    def add(self, query_lang: str, queries: list[str], query: np.ndarray, rank: np.ndarray, ids: np.ndarray) -> None:
        """Take hits of some queries of a language: place in ``queries``, pool rank from 1, neutral id, each [n]."""
        tops = np.full((len(queries), MRC_AT), _NONE, dtype=np.int64)
        near = rank <= MRC_AT
        tops[query[near], rank[near] - 1] = [self.codes.setdefault(name, len(self.codes)) for name in ids[near]]
        self.lists.setdefault(query_lang, {}).update(zip(queries, tops, strict=True))

    def correlations(self) -> dict[str, dict[str, float]]:
        """Return MRC by query language and query id; a question asked in one language has none."""
        sums: dict[str, dict[str, list[float]]] = {lang: {} for lang in self.lists}
        langs = sorted(self.lists)
        for i, ours in enumerate(langs):
            for theirs in langs[i + 1 :]:
                shared = [query for query in self.lists[ours] if query in self.lists[theirs]]
                if not shared:
                    continue
                sides = [np.stack([self.lists[lang][query] for query in shared]) for lang in (ours, theirs)]
                for query, value in zip(shared, list_correlation(*sides).tolist(), strict=True):
                    for lang in (ours, theirs):
                        sums[lang].setdefault(query, []).append(value)
        return {
            lang: {query: sum(values) / len(values) for query, values in sorted(of_lang.items())}
            for lang, of_lang in sums.items()
        }
