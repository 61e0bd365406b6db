from pathlib import Path

import pandas as pd
import pytest

from workflow_scripts.evaluation.published_comparison import published_cells
from workflow_scripts.reporting.analysis_tables import PUBLISHED, read_analysis_table

PUBLISHED_RESULTS = read_analysis_table(Path(__file__).parents[2] / "resources/published_results.csv", PUBLISHED)
LANGUAGES = ["ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh"]


def row(model, strategy, mean, lang, setting="cross-lingual", metric="map", **more):
    place = {"collection": "sentences", "setting": setting, "metric": metric, "model": model, "strategy": strategy}
    return place | {"lang": lang, "mean": mean, "low": mean - 0.02, "high": mean + 0.02} | more


def cells(languages, groups=(), untuned=("untuned",), dataset="xquad-r"):
    per_group = pd.DataFrame(list(groups), columns=[*row("", "", 0.0, ""), "group"])
    found = published_cells(
        pd.DataFrame(languages),
        per_group,
        PUBLISHED_RESULTS,
        {"sentences": dataset},
        {"base": "XLM-R"},
        list(untuned),
    )
    return {(cell.model, cell.strategy, cell.setting, cell.metric, cell.lang): cell for cell in found}


def test_a_cell_that_both_have_is_compared():
    found = cells([row("base", "mono", 0.62, "ar"), row("base", "mono", 0.60, "sw"), row("other", "mono", 0.6, "ar")])
    (cell,) = found.values()
    assert (cell.model, cell.strategy, cell.lang, cell.published) == ("base", "mono", "ar", 0.6064)
    assert cell.difference == pytest.approx(0.0136)
    assert cell.within_interval == "yes" and cell.source == "arXiv 2408.10536"
    assert cells([row("base", "mono", 0.55, "ar")]).popitem()[1].within_interval == "no"
    nothing = {"low": float("nan"), "high": float("nan")}  # our language has a single observation
    assert cells([row("base", "mono", 0.55, "ar", **nothing)]).popitem()[1].within_interval == ""


def test_a_mean_is_compared_over_the_same_languages_alone():
    group = row("base", "mono", 400.0, "", "multilingual", "rank_distance", group="all")
    key = ("base", "mono", "multilingual", "rank_distance", "mean")
    every = [row("base", "mono", 0.6, lang) for lang in LANGUAGES]
    assert cells(every, [group])[key].published == 410.2
    assert key not in cells(every[1:], [group])


def test_a_dataset_of_which_means_alone_are_published_is_compared():
    group = row("base", "mono", 0.6, "", "monolingual", group="all")
    key = ("base", "mono", "monolingual", "map", "mean")
    every = [row("base", "mono", 0.6, lang, "monolingual") for lang in ("ar", "de", "en", "es", "hi", "vi", "zh")]
    assert cells(every, [group], dataset="mlqa-r")[key].published == 0.6475
    assert cells(every[1:], [group], dataset="mlqa-r") == {}


def test_the_mean_of_values_by_language_is_compared_over_our_languages():
    # The paper's 15 languages of MIRACL, of which it prints .4148 as the mean.
    paper = PUBLISHED_RESULTS.query("dataset == 'miracl' and system == 'XLM-R' and metric == 'ndcg@10'")
    languages = sorted(set(paper["lang"]))
    assert len(languages) == 15

    def found(languages):
        monolingual = {"setting": "monolingual", "metric": "ndcg@10"}
        systems = (("base", "mono"), ("bm25", "bm25"))
        rows = [row(*system, 0.4, lang, **monolingual) for system in systems for lang in languages]
        groups = [row(*system, 0.4, "", **monolingual, group="all") for system in systems]
        means = cells(rows, groups, dataset="miracl")
        return {cell.system: cell for cell in means.values() if cell.lang == "mean"}

    mean = found(languages)["XLM-R"]
    assert round(mean.published, 4) == 0.4148
    assert mean.source == "arXiv 2408.10536 (mean of its values by language)"
    bm25 = PUBLISHED_RESULTS.query("dataset == 'miracl' and system == 'BM25' and metric == 'ndcg@10'")
    few = bm25[bm25["lang"].isin(["sw", "yo"])]["value"].mean()
    assert set(found(["sw", "yo"])) == {"BM25"}  # the paper has no Yoruba
    assert found(["sw", "yo"])["BM25"].published == pytest.approx(few)
    assert found(["sw"]) == {}  # one language's value stands there as it is


def test_bm25_and_models_as_they_are_answer_to_their_published_names():
    languages = [
        row("bm25", "bm25", 0.4, "sw", "monolingual", "ndcg@10"),
        row("base", "untuned", 0.1, "sw", "monolingual", "ndcg@10"),
    ]
    found = published_cells(
        pd.DataFrame(languages),
        pd.DataFrame(columns=[*row("", "", 0.0, ""), "group"]),
        PUBLISHED_RESULTS,
        {"sentences": "miracl"},
        {"base": "LaBSE"},
        ["untuned"],
    )
    assert {(cell.model, cell.system) for cell in found} == {("bm25", "BM25"), ("base", "LaBSE (not fine-tuned)")}
