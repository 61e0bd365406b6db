import json
import math
from dataclasses import replace

import pytest

from workflow_scripts.evaluation.comparisons import Comparison
from workflow_scripts.evaluation.model_sizes import ModelSize
from workflow_scripts.evaluation.scaling import ScalingFit
from workflow_scripts.evaluation.verdict import Quantity, difference_sentence, listing, trend_sentence

QUANTITY = Quantity("monolingual", "ndcg@10", "low-resource", ("sw", "te"))
SIZES = {
    name: ModelSize(name, name.upper(), "f", size) for name, size in (("s", 25_000), ("m", 156_000), ("l", 890_000))
}


def fit(slope: float, low: float, high: float, left_out: str = "") -> ScalingFit:
    return ScalingFit("c", "monolingual", "ndcg@10", "g", "hybrid - mono", 3, slope, low, high, 0.0, left_out)


def row(model: str, difference: float, low: float, high: float) -> Comparison:
    where = ("c", "monolingual", "ndcg@10", model, "g", "sw te", "hybrid", "mono", 9, 9)
    return Comparison(*where, difference, low, high, *[0.1] * 6)


def said(*fits: ScalingFit, sizes=SIZES, quantity=QUANTITY) -> str:
    return trend_sentence("hybrid", "mono", fits, sizes, quantity)["sentence"]


def test_the_issue_s_own_sentence():
    assert said(fit(-0.008, -0.019, 0.003)) == (
        "hybrid − mono shrinks by 0.8 points a decade of non-embedding parameters [−1.9, 0.3]: no evidence of a change."
    )


def test_robustness_is_told():
    without = [fit(0.02, 0.01, 0.03, "s"), fit(0.02, 0.01, 0.03, "m"), fit(0.01, -0.01, 0.03, "l")]
    assert said(fit(0.02, 0.01, 0.03), *without) == (
        "hybrid − mono grows by 2.0 points a decade of non-embedding parameters [1.0, 3.0]: hybrid gains on mono as "
        "models grow, but this needs L: without it the data do not show it."
    )
    all_hold = [fit(-0.01, -0.02, -0.001, name) for name in SIZES]
    assert said(fit(-0.01, -0.02, -0.001), *all_hold).endswith(
        "shrinks by 1.0 point a decade of non-embedding parameters [−2.0, −0.1]: hybrid loses ground to mono as models "
        "grow, whichever model is left out."
    )


def test_an_end_at_zero_is_no_evidence():
    assert said(fit(0.01, 0.0, 0.02)).endswith("[0.0, 2.0]: no evidence of a change.")


def test_an_interval_that_excludes_zero_does_not_seem_to_reach_it():
    assert compare(row("s", 0.037, 0.0002, 0.0795))["sentence"].endswith(
        "is 3.7 points [0.02, 7.95] at S (25 k): hybrid is ahead at S."
    )
    assert "[−2.0000, −0.0004]" in said(fit(-0.01, -0.02, -0.000004))
    assert "[0.0, 8.0]" in compare(row("s", 0.037, -0.0002, 0.08))["sentence"]
    ranks = replace(QUANTITY, metric="rank_distance")
    assert ranks.interval(0.03, 2) == "[0.03, 2.00]"


def test_a_slope_that_rounds_to_nothing_has_no_direction():
    assert said(fit(0.0, 0.0, 0.0)) == (
        "hybrid − mono changes by less than 0.1 points a decade of non-embedding parameters [0.0, 0.0]: no evidence of "
        "a change."
    )
    assert said(fit(0.0004, -0.002, 0.003)).startswith("hybrid − mono changes by less than 0.1 points a decade")


def test_an_interval_without_width_is_no_evidence():
    # All queries differ alike.
    assert said(fit(0.01, 0.01, 0.01)).endswith("no evidence of a change.")
    assert compare(row("s", 0.2, 0.2, 0.2))["status"] == "unclear"


def test_a_single_observation_has_no_interval_and_is_no_evidence():
    assert said(fit(0.01, math.nan, math.nan)) == (
        "hybrid − mono grows by 1.0 point a decade of non-embedding parameters [no interval]: no evidence of a change."
    )
    found = compare(row("s", 0.2, math.nan, math.nan))
    assert found["status"] == "unclear"
    assert found["sentence"].endswith("is 20.0 points [no interval] at S (25 k): no clear difference.")


@pytest.mark.parametrize(
    ("names", "words"), [((), "0 model sizes"), (("s",), "1 model size "), (("s", "m"), "2 model sizes")]
)
def test_too_few_sizes(names, words):
    few = {name: SIZES[name] for name in names}
    assert said(fit(0.5, 0.4, 0.6), sizes=few).startswith(f"Too little data: {words}")


def test_two_sizes_of_each_of_two_families_are_enough():
    sizes = {name: ModelSize(name, name, name[0], 10 ** int(name[1])) for name in ("a4", "a5", "b4", "b5")}
    assert trend_sentence("hybrid", "mono", [fit(0.5, 0.4, 0.6)], sizes, QUANTITY)["status"] == "grows"
    del sizes["b5"]
    assert trend_sentence("hybrid", "mono", [fit(0.5, 0.4, 0.6)], sizes, QUANTITY)["status"] == "too little data"


def test_equal_sizes_are_one():
    same = {name: ModelSize(name, name, "f", 10) for name in "abc"}
    assert said(sizes=same).startswith("Too little data: 1 model size ")


def compare(*rows: Comparison, quantity=QUANTITY) -> dict:
    return difference_sentence("hybrid", "mono", rows, SIZES, quantity)


def test_a_difference_at_each_size_smallest_first():
    found = compare(row("l", -0.02, -0.03, -0.01), row("s", 0.03, 0.01, 0.05), row("m", 0.0, -0.01, 0.01))
    assert found["sentence"] == (
        "In the group “low-resource” (sw, te; monolingual nDCG@10), hybrid − mono is "
        "3.0 points [1.0, 5.0] at S (25 k), 0.0 [−1.0, 1.0] at M (156 k) and "
        "−2.0 [−3.0, −1.0] at L (890 k): hybrid is ahead at S; hybrid is behind at L; "
        "no clear difference at M."
    )
    assert found["status"] == "mixed"
    assert [number["model"] for number in found["numbers"]] == ["s", "m", "l"]


@pytest.mark.parametrize(
    ("rows", "status", "end"),
    [
        ([row("s", 0.03, 0.01, 0.05), row("m", 0.03, 0.01, 0.05)], "ahead", "hybrid is ahead at every size."),
        ([row("s", -0.03, -0.05, -0.01)], "behind", "hybrid is behind at S."),
        ([row("s", 0.0, -0.05, 0.01), row("l", 0.0, -0.01, 0.01)], "unclear", "no clear difference at any size."),
        ([row("s", 0.0, -0.05, 0.01)], "unclear", "no clear difference."),
    ],
)
def test_what_the_differences_add_up_to(rows, status, end):
    found = compare(*rows)
    assert found["status"] == status
    assert found["sentence"].endswith(": " + end)


def test_a_number_that_is_missing_is_null_in_json():
    one = replace(row("s", 0.1, 0.0, 0.2), p_holm=math.nan, effect=math.inf)
    (numbers,) = compare(one)["numbers"]
    assert (numbers["p_holm"], numbers["effect"], numbers["difference"]) == (None, None, 0.1)
    trend = trend_sentence("hybrid", "mono", [fit(0.1, math.nan, math.nan)], SIZES, QUANTITY)["numbers"]
    assert trend["fit"]["low"] is None and trend["fit"]["slope"] == 0.1
    json.dumps([numbers, trend], allow_nan=False)


def test_no_model_with_both():
    assert compare()["sentence"].endswith("no model has both hybrid and mono, so they cannot be compared.")


def test_ranks():
    ranks = Quantity("multilingual", "rank_distance", "all", ("sw",))
    assert compare(row("s", -120.0, -150.0, -90.0), quantity=ranks)["sentence"] == (
        "In the group “all” (sw; multilingual rank distance), hybrid − mono is "
        "−120.0 ranks [−150.0, −90.0] at S (25 k): hybrid is ahead at S."
    )


def test_listing():
    assert [listing(names) for names in (["S"], ["S", "M"], ["S", "M", "L"])] == ["S", "S and M", "S, M and L"]


def test_many_sizes_are_summed_up():
    sizes = {f"m{i}": ModelSize(f"m{i}", f"M{i}", "f", 10 ** (i + 4)) for i in range(7)}
    rows = [row(name, 0.01 * i, 0.01 * i - 0.015, 0.01 * i + 0.015) for i, name in enumerate(sizes)]
    found = difference_sentence("hybrid", "mono", rows, sizes, QUANTITY)
    assert found["sentence"].endswith(
        "hybrid − mono goes from 0.0 points [−1.5, 1.5] at M0 (10 k) to 6.0 [4.5, 7.5] at M6 (10 G): "
        "hybrid is ahead at 5 of 7 models; no clear difference at M0 and M1."
    )
    assert len(found["numbers"]) == 7
