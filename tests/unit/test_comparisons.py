import csv
import itertools
from statistics import NormalDist

import numpy as np
import pytest
from synthetic_scores import analysis, monolingual, write_scores

from workflow_scripts.compare import compare
from workflow_scripts.data.errors import InputError
from workflow_scripts.evaluation.comparisons import all_pairs, compared_systems
from workflow_scripts.evaluation.holm import holm
from workflow_scripts.evaluation.language_scores import System
from workflow_scripts.evaluation.power import detectable_difference
from workflow_scripts.evaluation.randomisation import p_value, random_signs
from workflow_scripts.reporting.few_draws import fewest_draws

GROUPS = {"both": ["sw", "te"]}


def read(path) -> list[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def compared(tmp_path, scores: dict[tuple[str, str, int], dict[str, np.ndarray]], **settings) -> list[list[dict]]:
    """Run ``compare`` on monolingual scores; return the rows of both tables."""
    paths = [str(write_scores(tmp_path, *run, monolingual(values))) for run, values in scores.items()]
    made = {"languages": ["sw", "te"], "parallel": False, "groups": GROUPS, **settings}
    baselines = made.pop("baselines", ["mono"])
    told = analysis(**made)
    told["report"]["compare"]["baselines"] = baselines
    out = [tmp_path / "comparisons.csv", tmp_path / "all.csv"]
    compare(paths_to_scores=paths, settings=told, path_to_output=out[0], path_to_all_pairs=out[1])
    return [read(path) for path in out]


def test_a_difference_by_hand(tmp_path):
    mono = {"sw": np.array([0.1, 0.2, 0.3, 0.4]), "te": np.array([0.5, 0.5])}
    hybrid = {"sw": mono["sw"] + [0.1, 0.3, 0.1, 0.3], "te": mono["te"] + [0.0, 0.1]}
    # Seeds are averaged first: two seeds of mono around the values above.
    scores = {
        ("s", "mono", 1): {lang: values - 0.05 for lang, values in mono.items()},
        ("s", "mono", 2): {lang: values + 0.05 for lang, values in mono.items()},
        ("s", "hybrid", 1): hybrid,
    }
    rows = {row["group"]: row for row in compared(tmp_path, scores)[0]}
    assert list(rows) == ["both", "lang:sw", "lang:te"]
    assert float(rows["lang:sw"]["difference"]) == pytest.approx(0.2)
    assert float(rows["lang:te"]["difference"]) == pytest.approx(0.05)
    assert float(rows["both"]["difference"]) == pytest.approx(0.125)
    assert [row["queries"] for row in rows.values()] == ["6", "4", "2"]
    variance = {"sw": np.var([0.1, 0.3, 0.1, 0.3], ddof=1), "te": np.var([0.0, 0.1], ddof=1)}
    assert float(rows["lang:sw"]["effect"]) == pytest.approx(0.2 / np.sqrt(variance["sw"]), abs=1e-6)
    pooled = np.sqrt((variance["sw"] + variance["te"]) / 2)
    assert float(rows["both"]["effect"]) == pytest.approx(0.125 / pooled, abs=1e-6)
    for row in rows.values():
        assert float(row["low"]) <= float(row["difference"]) <= float(row["high"])
        assert row["strategy"] == "hybrid" and row["baseline"] == "mono"
        deviation = float(row["difference"]) / float(row["effect"])
        for end in ("low", "high"):
            assert float(row[f"effect_{end}"]) * deviation == pytest.approx(float(row[end]), abs=1e-5)


def test_equal_systems_do_not_differ(tmp_path):
    same = {"sw": np.array([0.1, 0.2]), "te": np.array([0.3, 0.4])}
    row = compared(tmp_path, {("s", "mono", 1): same, ("s", "hybrid", 1): same})[0][0]
    assert (row["difference"], row["low"], row["high"], row["p"], row["p_holm"]) == (
        "0.000000", "0.000000", "0.000000", "1.000000", "1.000000",
    )  # fmt: skip
    assert row["effect"] == row["effect_low"] == row["effect_high"] == ""
    assert row["detectable"] == ""  # not 0, which would say that any difference could be seen


def test_queries_that_differ_alike_have_no_effect_size(tmp_path):
    mono = {"sw": np.array([0.0, 0.1, 0.7]), "te": np.array([0.3, 0.4])}
    hybrid = {lang: values + 0.1 for lang, values in mono.items()}  # by .1, but for the last digits of some
    assert np.ptp(hybrid["sw"] - mono["sw"]) > 0
    for row in compared(tmp_path, {("s", "mono", 1): mono, ("s", "hybrid", 1): hybrid})[0]:
        assert row["difference"] == "0.100000"
        assert row["effect"] == row["effect_low"] == row["effect_high"] == row["detectable"] == ""


def test_a_language_of_one_query_makes_no_effect_larger(tmp_path):
    mono = {"sw": np.array([0.1, 0.2, 0.3, 0.4]), "te": np.array([0.5])}
    hybrid = {"sw": mono["sw"] + [0.1, 0.3, 0.1, 0.3], "te": mono["te"] + 0.2}
    rows = {row["group"]: row for row in compared(tmp_path, {("s", "mono", 1): mono, ("s", "hybrid", 1): hybrid})[0]}
    # Differences of .2 in either language: the spread of Telugu's is not known, that of Swahili's is.
    assert rows["both"]["effect"] == rows["lang:sw"]["effect"] != ""
    assert rows["lang:te"]["effect"] == ""


def test_families_of_the_correction(tmp_path):
    rng = np.random.default_rng(0)
    scores = {
        (model, strategy, 1): {"sw": rng.random(20), "te": rng.random(20)}
        for model in ("s", "m")
        for strategy in ("mono", "cross", "hybrid")
    }
    chosen, every = compared(tmp_path, scores, models=("s", "m"), baselines=["mono", "cross"])
    for rows, family in ((chosen, ("baseline",)), (every, ("model", "group"))):
        for key in {tuple(row[name] for name in family) for row in rows}:
            members = [row for row in rows if tuple(row[name] for name in family) == key]
            assert len(members) == (6 if family == ("baseline",) else 3)
            adjusted = holm(np.array([float(row["p"]) for row in members]))
            assert [float(row["p_holm"]) for row in members] == pytest.approx(list(adjusted), abs=1e-5)
    # The same test by two ways: hybrid against mono, mono against hybrid.
    one = next(r for r in chosen if (r["model"], r["group"], r["baseline"]) == ("s", "both", "mono"))
    other = next(
        r for r in every if (r["model"], r["group"], r["strategy"], r["baseline"]) == ("s", "both", "mono", "hybrid")
    )
    assert one["p"] == other["p"]
    assert float(one["difference"]) == pytest.approx(-float(other["difference"]), abs=2e-6)
    assert one["detectable"] == other["detectable"]


def test_groups_of_the_same_languages_are_one_test(tmp_path):
    rng = np.random.default_rng(0)
    mono = {lang: rng.random(20) for lang in ("sw", "te")}
    # One difference is clear, the others are in doubt: what is corrected for how many shows in all of them.
    scores = {
        ("s", "mono", 1): mono,
        ("s", "hybrid", 1): {"sw": mono["sw"] + rng.normal(0.1, 0.2, 20), "te": mono["te"] + rng.normal(0.2, 0.1, 20)},
    }
    others = {"the same": ["te", "sw"], "one": ["sw"], "and no scores": ["sw", "yo"]}
    plain, further = tmp_path / "plain", tmp_path / "further"
    (once, _), (again, every) = (
        compared(plain, scores),
        compared(further, scores, languages=["sw", "te", "yo"], groups=GROUPS | others),
    )
    corrected = {row["group"]: row["p_holm"] for row in again}
    assert {row["group"]: row["p_holm"] for row in once}.items() <= corrected.items()
    assert corrected["the same"] == corrected["both"]
    assert corrected["one"] == corrected["and no scores"] == corrected["lang:sw"]
    assert [row["languages"] for row in again] == ["sw te", "te sw", "sw", "sw", "sw", "te"]
    assert all(row["p_holm"] == row["p"] for row in every)  # two systems of a model, in one group: a family of one


def test_systems_without_a_counterpart_are_left_out():
    systems = [System(*pair) for pair in (("bm25", "bm25"), ("s", "mono"), ("s", "hybrid"), ("m", "hybrid"))]
    assert compared_systems(systems, "hybrid", ["mono"]) == [(systems[2], systems[1])]
    assert compared_systems(systems, "hybrid", ["bm25"]) == [(systems[2], systems[0]), (systems[3], systems[0])]
    assert all_pairs(systems) == [(systems[1], systems[2])]


def test_a_strategy_that_was_never_run_is_refused(tmp_path):
    scores = {("s", "mono", 1): {"sw": np.zeros(2), "te": np.zeros(2)}}
    with pytest.raises(InputError, match="'hybrid', which no score file holds"):
        compared(tmp_path, scores)


def test_detectable_difference():
    assert detectable_difference(1.0, 0.95) == pytest.approx(1.959964 + 0.841621, abs=1e-6)
    # The power of the two-sided z-test at that difference; its far tail is nil.
    assert 1 - NormalDist(detectable_difference(1.0, 0.9), 1).cdf(NormalDist().inv_cdf(0.95)) == pytest.approx(0.8)


def test_random_flips_agree_with_all_flips():
    differences = np.array([0.9, 0.4, -0.2, 0.7, 0.1, 0.3, -0.5, 0.8])
    observed = differences.mean()
    every = np.array(list(itertools.product((-1, 1), repeat=8))) @ differences / 8
    exact = (np.abs(every) >= abs(observed) - 1e-12).mean()
    signs = random_signs(8, 20_000, np.random.default_rng(0))
    assert set(np.unique(signs)) == {-1, 1}
    p = p_value(np.array([observed]), (signs @ differences / 8)[:, None])[0]
    # 20,000 draws of a probability near .08 have a standard error of .0019: .012 is more than six of them.
    assert p == pytest.approx(exact, abs=0.012)


def test_rounding_of_large_ranks_loses_no_tie(tmp_path):
    """Five queries that all differ one way: of 32 labellings two are as far from 0, whatever the size of the ranks."""
    rng = np.random.default_rng(0)
    scores, models = {}, [f"m{i}" for i in range(20)]
    for model, seed in itertools.product(models, (1, 2, 3)):
        ranks = {lang: rng.integers(50_000, 100_000, 5) for lang in ("sw", "te")}
        scores[model, "mono", seed] = ranks
        scores[model, "hybrid", seed] = {lang: values + rng.integers(1, 3, 5) for lang, values in ranks.items()}
    rows = compared(tmp_path, scores, models=models, draws=2000)[0]
    # 2 / 32 by 2,000 draws has a standard error of .0054.
    assert min(float(row["p"]) for row in rows if row["group"] != "both") > 0.02


def test_p_is_never_zero():
    assert p_value(np.array([5.0]), np.zeros((99, 1)))[0] == pytest.approx(0.01)


@pytest.mark.parametrize("tests", [1, 3, 20, 99])
def test_the_fewest_draws_are_those_with_which_the_first_test_can_fall_below_the_level(tests):
    needed = fewest_draws(tests, 1 - 0.95)
    assert tests / (needed + 1) < 0.05 <= tests / needed


def test_too_few_draws_are_told(tmp_path, caplog):
    rng = np.random.default_rng(0)
    runs = [(model, strategy, 1) for model in "sml" for strategy in ("mono", "hybrid")]
    scores = {run: {"sw": rng.random(5), "te": rng.random(5)} for run in runs}  # nine tests
    compared(tmp_path, scores, draws=180)
    assert not caplog.records
    compared(tmp_path, scores, draws=179)
    assert "statistics.draws: no p of 179 draws" in caplog.text and "of 9 tests; set 180 or more" in caplog.text


def test_holm_by_hand():
    # Ordered .005 .01 .03 .04 times 4 3 2 1 is .02 .03 .06 .04, then never below the one before.
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.6, 0.7])) == pytest.approx([1.0, 1.0])
    assert len(holm(np.array([]))) == 0
