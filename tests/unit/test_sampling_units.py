import csv

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
