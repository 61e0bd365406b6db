import doctest

import numpy as np
import pytest
from scipy.stats import spearmanr

from workflow_scripts.evaluation import rank_correlation
from workflow_scripts.evaluation.rank_correlation import TopLists, list_correlation


def test_the_examples_by_hand():
    failures, tests = doctest.testmod(rank_correlation)
    assert tests >= 2 and not failures


def by_scipy(ours: list[int], theirs: list[int]) -> float:
    """Spearman over the union; scipy gives those that a list lacks their mean rank, as ties."""
    union = sorted({*ours, *theirs})
    places = [[side.index(x) if x in side else len(side) + 1 for x in union] for side in (ours, theirs)]
    return float(spearmanr(*places).statistic)


@pytest.mark.parametrize("lengths", [(10, 10), (10, 4), (3, 2)])
def test_equal_to_scipy_over_the_union(lengths):
    rng = np.random.default_rng(0)
    pairs = [[rng.permutation(14)[:length].tolist() for length in lengths] for _ in range(200)]
    padded = [np.array([side + [-1] * (10 - len(side)) for side in sides]) for sides in zip(*pairs, strict=True)]
    assert list_correlation(*padded) == pytest.approx([by_scipy(*pair) for pair in pairs], abs=1e-12)


def test_lists_that_cannot_vary():
    lists = np.array([[5, -1], [-1, -1], [-1, -1]]), np.array([[5, -1], [-1, -1], [3, -1]])
    assert list_correlation(*lists).tolist() == [1.0, 1.0, 0.0]


def test_disjoint_lists_of_ten():
    assert list_correlation(np.arange(10)[None], np.arange(10, 20)[None])[0] == pytest.approx(-500 / 582.5)


def test_a_question_is_compared_with_its_own_askings_alone():
    tops, ranks = TopLists(), np.array([1, 2])
    for lang, names in (("en", "xy"), ("sw", "xy"), ("te", "yx")):
        tops.add(lang, ["q"], np.array([0, 0]), ranks, np.array(list(names), dtype=object))
    tops.add("sw", ["alone"], np.array([0]), np.array([1]), np.array(["x"], dtype=object))
    assert tops.correlations() == {"en": {"q": 0.0}, "sw": {"q": 0.0}, "te": {"q": -1.0}}
