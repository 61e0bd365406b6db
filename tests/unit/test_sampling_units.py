import csv
import json

import numpy as np
import pyarrow as pa
import pytest
from synthetic_scores import analysis, monolingual, write_bias, write_scores

from workflow_scripts.aggregate import aggregate
from workflow_scripts.compare import compare
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import QRELS, write_table
from workflow_scripts.evaluation.analysis_settings import AnalysisSettings, CollectionDesign
from workflow_scripts.evaluation.sampling_units import SamplingUnits, read_sampling_units
from workflow_scripts.fit_scaling import fit_scaling


def units(ends: str, judged: dict[str, dict[str, int]], queries: str = "") -> list[str]:
    """Return the queries of each unit, as one word."""
    design = CollectionDesign("toy", ("sw",), False, {}, ends)
    found: dict[int, str] = {}
    asked = queries or judged
    for query, unit in zip(asked, SamplingUnits(design, {"sw": judged}).of("sw", asked), strict=True):
        found[unit] = found.get(unit, "") + query
    return sorted(found.values())


def test_units_are_what_the_passages_ids_say():
    judged = {"a": {"3.0.1": 1}, "b": {"3.1.0": 1}, "c": {"4.0.0": 1}, "d": {"4.0.0": 1}}
    assert units(".", judged) == ["ab", "cd"]
    assert units("", judged) == ["a", "b", "cd"]
    assert units("#", {"a": {"12#0": 1}, "b": {"12#4": 1}, "c": {"1#2": 1}}) == ["ab", "c"]


def test_only_what_answers_joins():
    assert units("#", {"a": {"1#0": 1, "2#0": 0}, "b": {"2#1": 1}}) == ["a", "b"]
    # A query without judgements, or with none that is relevant, is one observation.
    assert units("#", {"a": {"1#0": 0}, "b": {"1#1": 0}}, queries="abc") == ["a", "b", "c"]
    # An id that begins with what ends an article, or lacks it, names itself.
    assert units("#", {"a": {"#1": 1}, "b": {"#2": 1}, "c": {"3": 1}}) == ["a", "b", "c"]


def test_a_further_language_moves_no_unit_s_number():
    """Units are drawn by their numbers: another language's names for the same articles leave all intervals alone."""
    design = CollectionDesign("toy", ("sw", "te"), True, {}, "#")
    judged = {"sw": {f"q{i}": {f"{i // 2}#{i}": 1} for i in range(8)}}
    other = {"te": {f"q{i}": {f"{9 - i // 2}#{i}": 1} for i in range(8)}}
    asked = [f"q{i}" for i in range(8)]
    for known in (judged, judged | other, other | judged):
        assert SamplingUnits(design, known).of("sw", asked).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.fixture
def qrels(tmp_path):
    """Judgements by which q0 and q1, q2 and q3, … of Swahili are about one article; in Telugu each about its own."""
    paths = {}
    for lang, size in (("sw", 2), ("te", 1)):
        rows = [(f"q{i}", f"{i // size}#{i}", 1) for i in range(200)]
        paths[lang] = tmp_path / lang / "qrels.parquet"
        table = pa.table(dict(zip(QRELS.names, map(list, zip(*rows, strict=True)), strict=True)))
        write_table(table, paths[lang], QRELS)
    return [f"toy/{lang}={path}" for lang, path in paths.items()]


def told(**design) -> dict:
    settings = analysis(["sw", "te"], parallel=False, groups={"both": ["sw", "te"]}, draws=2000)
    settings["collections"]["toy"] |= design
    return settings


def test_errors_that_an_article_shares_widen_its_language_alone(tmp_path, qrels):
    """Two questions an article with one score each: half as many observations, so errors are √2 times as large."""
    rng = np.random.default_rng(0)
    scores, bias = [], []
    for strategy in ("mono", "hybrid"):
        values = {lang: np.repeat(rng.random(100), 2) for lang in ("sw", "te")}
        scores.append(str(write_scores(tmp_path, "s", strategy, 1, monolingual(values))))
        bias.append(str(write_bias(tmp_path, "s", strategy, 1, {})))
    found = {}
    for name, design, judged in (("query", {}, []), ("article", {"article_ends": "#"}, qrels)):
        out = [tmp_path / f"{name}{i}.csv" for i in range(7)]
        compare(
            paths_to_scores=scores,
            paths_to_qrels=judged,
            settings=told(**design),
            path_to_output=out[0],
            path_to_all_pairs=out[1],
        )
        aggregate(
            paths_to_scores=scores,
            paths_to_bias=bias,
            paths_to_qrels=judged,
            settings=told(**design),
            path_to_means=out[2],
            path_to_per_language=out[3],
            path_to_per_passage_language=out[4],
            path_to_per_group=out[5],
            path_to_bias_table=out[6],
        )
        found[name] = {}
        for path, key in ((out[0], "group"), (out[3], "lang")):
            with open(path, encoding="utf-8", newline="") as file:
                found[name] |= {row[key]: row for row in csv.DictReader(file)}
    width = {
        name: {key: float(row["high"]) - float(row["low"]) for key, row in rows.items()} for name, rows in found.items()
    }
    # Of 2,000 draws an interval's width is known to some 3 %: a fifth is more than six of that.
    for one in ("lang:sw", "sw"):
        assert width["article"][one] == pytest.approx(np.sqrt(2) * width["query"][one], rel=0.2)
        assert found["article"][one]["queries"] == "200" and found["article"][one]["units"] == "100"
        assert found["query"][one]["units"] == "200"
    for one in ("lang:te", "te"):
        assert width["article"][one] == pytest.approx(width["query"][one], rel=0.2)
    assert found["article"]["both"]["units"] == "300"
    # Neither the estimate nor the size of the effect is about how queries were drawn.
    for column in ("difference", "effect"):
        assert found["article"]["lang:sw"][column] == found["query"]["lang:sw"][column]
    assert float(found["article"]["lang:sw"]["detectable"]) > 1.2 * float(found["query"]["lang:sw"]["detectable"])


def analysed(folder, scores: dict[tuple[str, str, int], list], judged: dict[str, list], settings: dict) -> dict:
    """Return the rows of the tables and the verdict; ``judged``: language → (query, passage)."""
    paths, bias, flags = [], [], []
    for run, rows in scores.items():
        paths.append(str(write_scores(folder, *run, rows)))
        bias.append(str(write_bias(folder, *run, {})))
    for lang, pairs in judged.items():
        columns = ([query for query, _ in pairs], [passage for _, passage in pairs], [1] * len(pairs))
        flags.append(f"toy/{lang}={folder / lang / 'qrels.parquet'}")
        write_table(pa.table(dict(zip(QRELS.names, columns, strict=True))), folder / lang / "qrels.parquet", QRELS)
    (folder / "models.csv").write_text("model,label,family,non_embedding\ns,S,f,10\nm,M,f,100\nl,L,f,1000\n")
    names = ("comparisons", "every", "per_language", "per_passage_language", "per_group", "bias", "scaling")
    out = {name: folder / f"{name}.csv" for name in names}
    told = {"paths_to_scores": paths, "paths_to_qrels": flags, "settings": settings}
    compare(**told, path_to_output=out["comparisons"], path_to_all_pairs=out["every"])
    aggregate(
        **told,
        paths_to_bias=bias,
        path_to_means=folder / "means.parquet",
        path_to_per_language=out["per_language"],
        path_to_per_passage_language=out["per_passage_language"],
        path_to_per_group=out["per_group"],
        path_to_bias_table=out["bias"],
    )
    fit_scaling(
        **told,
        path_to_models=folder / "models.csv",
        path_to_output=out["scaling"],
        path_to_verdict=folder / "verdict.json",
    )
    found = {"verdict": json.loads((folder / "verdict.json").read_text(encoding="utf-8"))}
    for name, path in out.items():
        with open(path, encoding="utf-8", newline="") as file:
            found[name] = list(csv.DictReader(file))
    return found


def test_an_article_that_languages_share_is_counted_once(tmp_path):
    """Of a parallel collection's articles 0, 1 and 2, Swahili has queries about 0 and 1, Telugu about 0 and 2."""
    judged = {"sw": [("a", "0#0"), ("b", "0#1"), ("c", "1#0")], "te": [("a", "0#0"), ("d", "2#0")]}
    rows = [
        ("monolingual", lang, lang, query, "ndcg@10", 0.1 * i)
        for lang, pairs in judged.items()
        for i, (query, _) in enumerate(pairs)
    ]
    scores = {("s", strategy, 1): rows for strategy in ("mono", "hybrid")}
    for design, units in (({"article_ends": "#"}, "223"), ({}, "324")):
        settings = analysis(["sw", "te"], parallel=True)
        settings["collections"]["toy"] |= design
        folder = tmp_path / units
        found = analysed(folder, scores, judged if design else {}, settings)
        expected = {"sw": units[0], "te": units[1], "lang:sw": units[0], "lang:te": units[1], "all": units[2]}
        for name, key in (("per_language", "lang"), ("per_group", "group"), ("comparisons", "group")):
            assert found[name]
            assert all(row["units"] == expected[row[key]] for row in found[name])
        assert {row["queries"] for row in found["per_group"]} == {"5"}


def test_an_article_of_most_queries_makes_observations_few(tmp_path):
    """Thirty articles of one query each are enough; as many again, and one of ninety queries decides their mean."""
    rng = np.random.default_rng(0)
    scores = {("s", strategy, 1): monolingual({"sw": rng.random(120)}) for strategy in ("mono", "hybrid")}
    settings = analysis(["sw"], parallel=False)
    settings["collections"]["toy"] |= {"article_ends": "#"}
    for largest, effective, few in ((4, 30.0, False), (90, 120**2 / (90**2 + 30), True)):
        folder = tmp_path / str(largest)
        judged = [(f"q{i}", f"{0 if i < largest else 1 + i % 30 if few else i // 4}#{i}") for i in range(120)]
        found = analysed(folder, scores, {"sw": judged}, settings)
        assert {row["units"] for row in found["per_language"]} == {"31" if few else "30"}
        assert float(found["per_language"][0]["effective_units"]) == pytest.approx(effective, abs=1e-3)
        assert ("Fewer than 30" in found["verdict"]["sentences"][0]["sentence"]) == few


def test_of_one_article_nothing_is_known_of_chance(tmp_path):
    """Forty queries about one article, two seeds: what the seeds tell is no interval over queries."""
    rng = np.random.default_rng(0)
    scores = {
        (model, strategy, seed): monolingual({"sw": level + rng.normal(0, 0.02, 40)})
        for model in "sml"
        for strategy, level in (("mono", 0.2), ("hybrid", 0.5))
        for seed in (1, 2)
    }
    settings = analysis(["sw"], parallel=False)
    settings["collections"]["toy"] |= {"article_ends": "#"}
    found = analysed(tmp_path, scores, {"sw": [(f"q{i}", f"0#{i}") for i in range(40)]}, settings)
    for name in ("comparisons", "every", "per_language", "per_group", "scaling"):
        assert found[name]
        assert all(row["low"] == row["high"] == "" for row in found[name])
    for row in found["comparisons"]:
        assert (row["units"], row["detectable"], row["effect_low"], row["p"]) == ("1", "", "", "1.000000")
    difference, trend = found["verdict"]["sentences"]
    assert (difference["status"], trend["status"]) == ("unclear", "no evidence of a change")
    assert "points [no interval] at S" in difference["sentence"]
    assert difference["sentence"].endswith("Fewer than 30 independent observations (sw) make intervals too narrow.")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda paths: paths[:1], "group the queries of toy by article; name its judgements in te"),
        (lambda paths: [*paths, "toy/yo=F"], "toy/yo is none whose queries are grouped"),
        (lambda paths: [paths[0].replace("toy/sw=", "sw=")], "is not collection/lang=file"),
        (lambda paths: [*paths, "other/sw=F"], "collections has no 'other'"),
    ],
)
def test_judgements_that_are_not_those_of_the_units_are_refused(qrels, change, said):
    with pytest.raises(InputError, match=said):
        read_sampling_units(change(qrels), AnalysisSettings.from_settings(told(article_ends="#")))
    with pytest.raises(InputError, match="leave it out"):
        read_sampling_units(qrels, AnalysisSettings.from_settings(told()))
