import csv

import numpy as np
import pyarrow.parquet as pq
import pytest
from synthetic_scores import analysis, monolingual, write_bias, write_scores

from workflow_scripts.aggregate import aggregate
from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.data.tables import MEANS

NAMES = ("means", "per_language", "per_passage_language", "per_group", "bias_table")


def aggregated(folder, scores, bias, settings) -> dict[str, list[dict]]:
    out = {name: folder / (f"{name}.parquet" if name == "means" else f"{name}.csv") for name in NAMES}
    aggregate(
        paths_to_scores=[str(path) for path in scores],
        paths_to_bias=[str(path) for path in bias],
        settings=settings,
        **{f"path_to_{name}": path for name, path in out.items()},
    )
    found = {"means": pq.read_table(out["means"]).to_pylist()}
    for name in NAMES[1:]:
        with open(out[name], encoding="utf-8", newline="") as file:
            found[name] = list(csv.DictReader(file))
    return found


@pytest.fixture
def tables(tmp_path):
    scores, bias = [], []
    for seed, shift in ((1, 0.0), (2, 0.2)):
        rows = monolingual({"sw": [0.1 + shift, 0.3 + shift], "te": [0.5, 0.5]})
        rows += [
            ("cross-lingual", ours, theirs, f"q{i}", "ndcg@10", value)
            for ours, theirs, value in (("sw", "te", 0.25), ("te", "sw", 0.75))
            for i in range(2)
        ]
        scores.append(write_scores(tmp_path, "s", "mono", seed, rows))
        bias.append(write_bias(tmp_path, "s", "mono", seed, {("gold_rank", "te", "sw"): 3 + 2 * seed}))
    settings = analysis(["te", "sw"], parallel=True, groups={"both": ["te", "sw"], "one": ["sw"]})
    return aggregated(tmp_path, scores, bias, settings)


def test_means_hold_every_run_and_pair(tables):
    assert list(tables["means"][0]) == MEANS.names
    assert [(row["seed"], row["query_lang"], round(row["mean"], 6)) for row in tables["means"][:4]] == [
        (1, "te", 0.5), (1, "sw", 0.2), (2, "te", 0.5), (2, "sw", 0.4),
    ]  # fmt: skip
    assert len(tables["means"]) == 8
    assert {row["queries"] for row in tables["means"]} == {2}


def test_languages_by_hand(tables):
    te, sw = tables["per_language"][:2]
    assert [te[name] for name in ("lang", "mean", "sd", "low", "high")] == [
        "te",
        "0.500000",
        "0.000000",
        *["0.500000"] * 2,
    ]
    assert (sw["lang"], sw["queries"], sw["seeds"], sw["mean"]) == ("sw", "2", "2", "0.300000")
    assert float(sw["sd"]) == pytest.approx(np.sqrt(0.02), abs=1e-6)
    assert float(sw["low"]) < 0.3 < float(sw["high"])


def test_passage_languages_have_their_own_table(tables):
    assert [(row["setting"], row["lang"], row["mean"]) for row in tables["per_passage_language"]] == []
    assert [row["mean"] for row in tables["per_language"][2:]] == ["0.750000", "0.250000"]


def test_groups_are_means_of_languages(tables):
    both, one = tables["per_group"][:2]
    assert (both["group"], both["languages"], both["queries"], both["mean"]) == ("both", "te sw", "4", "0.400000")
    assert (one["group"], one["languages"], one["mean"]) == ("one", "sw", "0.300000")


def test_bias_is_averaged_over_seeds(tables):
    (row,) = tables["bias_table"]
    assert (row["measure"], row["query_lang"], row["passage_lang"], row["seeds"]) == ("gold_rank", "te", "sw", "2")
    assert (row["mean"], row["sd"]) == ("6.000000", "1.414214")


def test_three_languages_give_rows_by_passage_language(tmp_path):
    langs = ["sw", "te", "yo"]
    rows = [("cross-lingual", a, b, "q", "map", (langs.index(b) + 1) / 10) for a in langs for b in langs if a != b]
    path = write_scores(tmp_path, "s", "mono", 1, rows)
    bias = write_bias(tmp_path, "s", "mono", 1, {("gold_rank", "sw", "te"): 1.0})
    found = aggregated(tmp_path, [path], [bias], analysis(langs, parallel=True))
    assert [row["mean"] for row in found["per_passage_language"]] == ["0.100000", "0.200000", "0.300000"]
    assert [row["mean"] for row in found["per_language"]] == ["0.250000", "0.200000", "0.150000"]
    assert found["per_language"][0]["sd"] == ""


def test_same_scores_in_another_order_give_the_same_bytes(tmp_path):
    rng = np.random.default_rng(0)
    settings = analysis(["sw", "te"], parallel=True)
    paths, bias = [], []
    for model in ("s", "m"):
        for seed in (1, 2):
            paths.append(
                write_scores(tmp_path, model, "mono", seed, monolingual({"sw": rng.random(9), "te": rng.random(9)}))
            )
            bias.append(write_bias(tmp_path, model, "mono", seed, {("gold_rank", "sw", "te"): rng.random()}))
    made = []
    for order in (1, -1):
        folder = tmp_path / f"order{order}"
        aggregated(folder, paths[::order], bias[::order], settings)
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert made[0] == made[1]


def test_numbers_in_csv(tmp_path):
    write_csv(tmp_path / "a.csv", ["a", "b", "c", "d"], [("x, y", None, float("nan"), -1e-9), (1, 0.1, 2.0, 1e-7)])
    assert (tmp_path / "a.csv").read_text() == 'a,b,c,d\n"x, y",,,0.000000\n1,0.100000,2.000000,0.000000\n'
    with pytest.raises(ValueError, match="2 values for 1 columns"):
        write_csv(tmp_path / "a.csv", ["a"], [(1, 2)])


def test_pretrainings_of_a_model_are_one_system(tmp_path):
    scores, bias = [], []
    for model, mean in (("s", 0.2), ("s-2", 0.4), ("s-3", 0.6)):
        scores.append(write_scores(tmp_path, model, "mono", 1, monolingual({"sw": [mean, mean]})))
        bias.append(write_bias(tmp_path, model, "mono", 1, {("gold_rank", "sw", "sw"): 10 * mean}))
    settings = analysis(["sw"], parallel=True, models=["s"]) | {"replicates": {"s-2": "s", "s-3": "s"}}
    tables = aggregated(tmp_path, scores, bias, settings)
    (row,) = tables["per_group"]
    assert [row[name] for name in ("model", "seeds", "mean", "sd")] == ["s", "3", "0.400000", "0.200000"]
    # Student's t with 2 degrees of freedom: .4 ± 4.30 · .2 / √3; the quantiles of 400 draws are good to a third.
    assert float(row["high"]) - 0.4 == pytest.approx(0.497, rel=0.4)
    assert [(row["model"], row["mean"]) for row in tables["means"]] == [("s", 0.2), ("s-2", 0.4), ("s-3", 0.6)]
    (row,) = tables["bias_table"]
    assert (row["model"], row["seeds"], row["mean"]) == ("s", "3", "4.000000")
