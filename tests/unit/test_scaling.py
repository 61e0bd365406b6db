import csv
import json

import numpy as np
import pytest
from synthetic_scores import analysis, monolingual, write_scores

from workflow_scripts.data.errors import InputError
from workflow_scripts.evaluation.model_sizes import read_model_sizes
from workflow_scripts.evaluation.scaling import slope_weights
from workflow_scripts.fit_scaling import fit_scaling

SIZES = {"s": 10_000, "m": 100_000, "l": 1_000_000}


def _not_json(name: str):
    raise AssertionError(f"verdict.json holds {name}, which strict readers of JSON refuse")


def fitted(
    folder,
    gaps: dict[str, float],
    *,
    noise=0.02,
    wobble=0.0,
    families=None,
    sizes=SIZES,
    metric="ndcg@10",
    queries=60,
    **told,
):
    """Fit scores in which mono gains .1 a decade and hybrid - mono is ``gaps[model]``: scaling rows, verdict."""
    rng = np.random.default_rng(0)
    paths = [
        str(
            write_scores(
                folder, "bm25", "bm25", 0, monolingual({lang: np.full(queries, 0.3) for lang in ("sw", "te")}, metric)
            )
        )
    ]
    hardness = {lang: rng.normal(0, 0.1, queries) for lang in ("sw", "te")}
    scale = 1000 if metric == "rank_distance" else 1
    for model, gap in gaps.items():
        level = 0.2 + 0.1 * (np.log10(SIZES[model]) - 4)
        for strategy, mean in (("mono", level), ("hybrid", level + gap)):
            for seed in (1, 2):
                swing = wobble * (strategy == "hybrid") * np.resize([1, -1], queries)  # moves queries, not their mean
                scores = {
                    lang: scale * (mean + hard + swing + rng.normal(0, noise, queries))
                    for lang, hard in hardness.items()
                }
                paths.append(str(write_scores(folder, model, strategy, seed, monolingual(scores, metric))))
    models = folder / "models.csv"
    families = families or {}
    lines = [f"{name},{name.upper()},{families.get(name, 'f')},{size}" for name, size in sizes.items()]
    models.write_text("model,label,family,non_embedding\n" + "\n".join(lines) + "\n")
    settings = analysis(["sw", "te"], parallel=False, models=gaps, **told)
    settings["report"]["metric"] = metric
    fit_scaling(
        paths_to_scores=paths,
        path_to_models=models,
        settings=settings,
        path_to_output=folder / "scaling.csv",
        path_to_verdict=folder / "verdict.json",
    )
    with open(folder / "scaling.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)), json.loads(
            (folder / "verdict.json").read_text(encoding="utf-8"), parse_constant=_not_json
        )


def test_slopes_are_found(tmp_path):
    rows, _ = fitted(tmp_path, {"s": 0.0, "m": 0.05, "l": 0.1}, noise=1e-6)
    found = {(row["strategy"], row["left_out"]): row for row in rows}
    assert set(found) == {(name, out) for name in ("mono", "hybrid", "hybrid - mono") for out in ("", *SIZES)}
    for name, slope, at_one in (("mono", 0.1, -0.2), ("hybrid", 0.15, -0.4), ("hybrid - mono", 0.05, -0.2)):
        row = found[name, ""]
        assert float(row["slope"]) == pytest.approx(slope, abs=1e-5)
        assert row["models"] == "3" and found[name, "m"]["models"] == "2"
        assert float(row["low"]) <= float(row["slope"]) <= float(row["high"])
        if name == "hybrid - mono":  # the hardness of the queries is in neither
            assert float(row["intercept"]) == pytest.approx(at_one, abs=1e-4)


GROWTH = {"s": -0.1, "m": 0.0, "l": 0.1}  # 10 points a decade, against some .3 points of standard error


@pytest.mark.parametrize(
    ("gaps", "status", "said"),
    [
        (GROWTH, "grows", "hybrid gains on mono as models grow, whichever model is left out."),
        (
            {name: -gap for name, gap in GROWTH.items()},
            "shrinks",
            "hybrid loses ground to mono as models grow, whichever model is left out.",
        ),
    ],
)
def test_the_verdict_knows_the_truth(tmp_path, gaps, status, said):
    _, verdict = fitted(tmp_path, gaps)
    trend = verdict["sentences"][1]
    assert (trend["about"], trend["status"]) == ("trend", status)
    assert trend["sentence"].startswith(f"hybrid − mono {status} by ")
    assert trend["sentence"].endswith(said)
    assert abs(abs(trend["numbers"]["fit"]["slope"]) - 0.1) < 0.02
    assert verdict["summary"] == " ".join(sentence["sentence"] for sentence in verdict["sentences"])


def test_no_change_is_not_called_one(tmp_path):
    # Queries differ by ±.1 around a gap that is the same at every size, so the slope is 0 whatever is drawn
    # to make them (up to 1e-6 of noise), and its standard error some .01.
    _, verdict = fitted(tmp_path, dict.fromkeys(SIZES, 0.02), noise=1e-6, wobble=0.1)
    trend = verdict["sentences"][1]
    fit = trend["numbers"]["fit"]
    assert abs(fit["slope"]) < 1e-5
    assert trend["status"] == "no evidence of a change"
    assert trend["sentence"].endswith(": no evidence of a change.")


def test_lower_ranks_are_better(tmp_path):
    _, verdict = fitted(tmp_path, GROWTH, metric="rank_distance")
    difference, trend = verdict["sentences"]
    assert "hybrid loses ground to mono" in trend["sentence"]
    assert " ranks a decade" in trend["sentence"]
    assert "hybrid is ahead at S" in difference["sentence"] and "behind at L" in difference["sentence"]


def test_two_sizes_are_too_few(tmp_path):
    rows, verdict = fitted(tmp_path, {"s": 0.1, "m": 0.1})
    assert {row["left_out"] for row in rows} == {""}
    difference, trend = verdict["sentences"]
    assert trend["status"] == "too little data"
    assert trend["sentence"] == (
        "Too little data: 2 model sizes cannot show whether hybrid − mono changes as models grow "
        "(at least 3 are needed)."
    )
    assert difference["status"] == "ahead"
    assert "hybrid is ahead at every size" in difference["sentence"]


def test_sizes_of_different_families_do_not_make_a_line(tmp_path):
    rows, verdict = fitted(tmp_path, GROWTH, families={name: name for name in SIZES})
    assert rows == []
    trend = verdict["sentences"][1]
    assert trend["sentence"].startswith("Too little data: 3 model sizes cannot show")
    assert trend["sentence"].endswith("(at least 3 of one family, or two of each of two, are needed).")


def test_a_size_alone_in_its_family_is_no_third_size(tmp_path):
    # Its family's intercept makes its value fit any line: the slope is that through the other family's two.
    rows, verdict = fitted(tmp_path, GROWTH, families={"l": "g"})
    assert {row["left_out"] for row in rows} == {"", "l"}
    assert verdict["sentences"][1]["status"] == "too little data"


def test_few_queries_are_told_beside_what_their_intervals_say(tmp_path):
    difference = fitted(tmp_path, GROWTH, noise=1e-6, queries=5)[1]["sentences"][0]
    said = " Fewer than 30 independent observations (sw, te) make intervals too narrow."
    assert difference["sentence"].endswith(said)
    difference = fitted(tmp_path, GROWTH, noise=1e-6, queries=30)[1]["sentences"][0]
    assert "too narrow" not in difference["sentence"]


def test_a_model_without_a_size_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"models\.csv has no row for 'l'"):
        fitted(tmp_path, GROWTH, sizes={"s": 10_000, "m": 100_000})


@pytest.mark.parametrize("key", ["collection", "setting", "metric", "group"])
def test_a_headline_that_was_not_measured_is_refused(tmp_path, key):
    rows = monolingual({"sw": np.zeros(3), "te": np.zeros(3)})
    paths = [str(write_scores(tmp_path, "s", strategy, 1, rows)) for strategy in ("mono", "hybrid")]
    (tmp_path / "models.csv").write_text("model,label,family,non_embedding\ns,S,f,10\n")
    settings = analysis(["sw", "te"], parallel=False)
    settings["report"][key] = "other"
    with pytest.raises(InputError, match="other"):
        fit_scaling(
            paths_to_scores=paths,
            path_to_models=tmp_path / "models.csv",
            settings=settings,
            path_to_output=tmp_path / "scaling.csv",
            path_to_verdict=tmp_path / "verdict.json",
        )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model,label,family,non_embedding\ns,S,f,0\n", "line 2: non_embedding is '0'"),
        ("model,label,family,non_embedding\ns,S,f,12\nm,M,,12\n", "line 3: family is missing"),
        ("model,label\ns,S\n", "line 2: family, non_embedding is missing"),
    ],
)
def test_wrong_sizes_are_refused(tmp_path, text, said):
    (tmp_path / "models.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        read_model_sizes(tmp_path / "models.csv")
    with pytest.raises(InputError, match="no such file"):
        read_model_sizes(tmp_path / "absent.csv")


def test_slope_is_least_squares_over_models_and_seeds_with_families():
    sizes, families = np.array([1e4, 1e5, 4e5, 1e6, 3e6]), ["a", "a", "b", "b", "b"]
    seeds = np.array([2, 3, 1, 2, 2])
    weights = slope_weights(sizes, families, seeds)
    rng = np.random.default_rng(0)
    scores = [rng.random(count) for count in seeds]
    x = np.repeat(np.log10(sizes), seeds)
    dummies = np.repeat([[name == "a", name == "b"] for name in families], seeds, axis=0)
    solution = np.linalg.lstsq(np.column_stack([x, dummies]), np.concatenate(scores), rcond=None)[0]
    assert weights @ [values.mean() for values in scores] == pytest.approx(solution[0])
    assert slope_weights(np.array([1e4, 1e5]), ["a", "b"], np.array([1, 1])) is None


def test_pretrainings_of_one_size_widen_the_slope_and_do_not_move_it(tmp_path):
    """Three pre-trainings a size, whose gaps lie −.04, 0, +.04 of chance around one that does not grow."""
    rng = np.random.default_rng(0)
    hardness, paths, rungs = rng.normal(0, 0.1, 60), [], {}
    for model in SIZES:
        for i, luck in enumerate((-0.04, 0.0, 0.04)):
            name = f"{model}-{i}" if i else model
            rungs |= {name: model} if i else {}
            for strategy, mean in (("mono", 0.3), ("hybrid", 0.32 + luck)):
                scores = monolingual({"sw": mean + hardness + rng.normal(0, 1e-3, 60)})
                paths.append(str(write_scores(tmp_path, name, strategy, 1, scores)))
    models = tmp_path / "models.csv"
    lines = [f"{name},{name},f,{SIZES[rungs.get(name, name)]}" for name in (*SIZES, *rungs)]
    models.write_text("model,label,family,non_embedding\n" + "\n".join(lines) + "\n")
    for further in ({}, {"replicates": rungs}):
        fit_scaling(
            paths_to_scores=paths if further else [path for path in paths if "-" not in path.split("/")[-4]],
            path_to_models=models,
            settings=analysis(["sw"], parallel=False, models=SIZES) | further,
            path_to_output=tmp_path / f"scaling{len(further)}.csv",
            path_to_verdict=tmp_path / f"verdict{len(further)}.json",
        )
    whole = {}
    for few in (0, 1):
        with open(tmp_path / f"scaling{few}.csv", encoding="utf-8", newline="") as file:
            (row,) = [r for r in csv.DictReader(file) if (r["strategy"], r["left_out"]) == ("hybrid - mono", "")]
        assert row["models"] == "3"
        whole[few] = {name: float(row[name]) for name in ("slope", "low", "high")}
    assert abs(whole[0]["slope"]) < 0.01 and abs(whole[1]["slope"]) < 0.01
    # The slope's standard error from pre-trainings alone: .04 / √3 at either end of two decades, √2 / 2 · .023 = .016.
    assert whole[0]["high"] - whole[0]["low"] < 0.01
    assert whole[1]["high"] - whole[1]["low"] > 2 * 1.96 * 0.016
