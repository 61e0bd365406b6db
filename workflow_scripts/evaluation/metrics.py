"""Retrieval metrics by their names in the config, computed by ``trec_eval``'s own code (``pytrec_eval``).

Sources: nDCG, Järvelin and Kekäläinen (2002), with linear gain and log2(rank + 1) as in ``trec_eval``; MAP@20 is
XTREME-R's (arXiv 2104.07412); comprehensiveness@k (ToolRet, arXiv 2503.01763) is 1 where all relevant passages stand
among the first k, else 0, which is recall@k rounded down; the others, Voorhees and Harman (2005). The mean over all
queries of the judgements, where a query without hits scores 0, is ``trec_eval -c``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workflow_scripts.data.errors import InputError

_NAME = re.compile(r"(?P<family>[a-z]+)(?:@(?P<cutoff>[1-9][0-9]*))?")

# name before the cutoff, with or without one → trec_eval's measure
_MEASURES = {
    ("ndcg", True): "ndcg_cut",
    ("recall", True): "recall",
    ("precision", True): "P",
    ("map", False): "map",
    ("map", True): "map_cut",
    ("mrr", True): "recip_rank",
    ("comprehensiveness", True): "recall",
}


@dataclass(frozen=True)
class Metric:
    """One metric: its name in the config, and how ``trec_eval`` calls it."""

    name: str
    family: str
    cutoff: int | None

    @property
    def measure(self) -> str:
        """``trec_eval``'s parameter, such as ``ndcg_cut.10``; it has no cutoff for the reciprocal rank."""
        measure = _MEASURES[self.family, self.cutoff is not None]
        return measure if self.cutoff is None or self.family == "mrr" else f"{measure}.{self.cutoff}"

    @property
    def key(self) -> str:
        """The name under which ``pytrec_eval`` returns the value."""
        return self.measure.replace(".", "_")

    def value(self, result: Mapping[str, float]) -> float:
        """Take this metric out of one query's results."""
        value = result[self.key]
        if self.family == "comprehensiveness":
            return float(value == 1)
        # The reciprocal rank is 1 / rank, or 0, so that a cut at rank k is a bound on the value.
        return 0.0 if self.family == "mrr" and value < 1 / self.cutoff else value


def parse_metric(name: str) -> Metric:
    """Return the metric called ``name``; raise InputError on a name that is none.

    >>> parse_metric("ndcg@10").measure
    'ndcg_cut.10'
    """
    match = _NAME.fullmatch(name)
    family, cutoff = (match["family"], match["cutoff"]) if match else (name, None)
    if (family, cutoff is not None) not in _MEASURES:
        known = ", ".join(f"{family}@k" if cut else family for family, cut in _MEASURES)
        raise InputError(f"metrics: {name!r} is unknown; use one of {known}")
    return Metric(name, family, int(cutoff) if cutoff else None)


def evaluate(metrics: Sequence[Metric], lengths: np.ndarray, judged: Sequence[Mapping[int, int]]) -> np.ndarray:
    """Return values [lists, metrics] of ranked lists, each known by its length and where its judged passages stand.

    ``judged[i]``: rank in list i (from 1; a number of 0 or less stands for a judged passage that is not in the list, a
    different one for each) → relevance. Documents are named by their rank and scored by its negative,
    so that ``trec_eval`` (float32 scores, ties by name) sees exactly the order that was stored: no metric looks at
    names or scores otherwise. A list with nothing judged scores 0.
    """
    import pytrec_eval

    longest = int(lengths.max(initial=0))
    names = [str(rank) for rank in range(1, longest + 1)]
    scores = [-float(rank) for rank in range(1, longest + 1)]
    runs = {length: dict(zip(names[:length], scores[:length], strict=True)) for length in set(lengths.tolist())}
    qrels = {str(i): {str(rank): int(relevance) for rank, relevance in marks.items()} for i, marks in enumerate(judged)}
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {metric.measure for metric in metrics})
    results = evaluator.evaluate({str(i): runs[length] for i, length in enumerate(lengths.tolist())})
    nothing = dict.fromkeys((metric.key for metric in metrics), 0.0)
    rows = [results.get(str(i), nothing) for i in range(len(judged))]
    return np.array([[metric.value(row) for metric in metrics] for row in rows], dtype=np.float64).reshape(
        -1, len(metrics)
    )
