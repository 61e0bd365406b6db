import csv

import pytest
from synthetic_analysis import GROUPS, LANGUAGES, METRICS, MODELS, SETTINGS, STRATEGIES, settings, write_tables

from workflow_scripts.data.errors import InputError
from workflow_scripts.format_tables import format_tables
from workflow_scripts.reporting.analysis_tables import COMPARISONS, PER_GROUP, PER_LANGUAGE, read_analysis_table
from workflow_scripts.reporting.labels import Labels
from workflow_scripts.reporting.tables import ResultTable, latex_text, result_tables, to_latex, to_markdown


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    return write_tables(tmp_path_factory.mktemp("tables"))


def made(paths, level=0.05, **display) -> list[ResultTable]:
    return result_tables(
        read_analysis_table(paths["per_language"], PER_LANGUAGE),
        read_analysis_table(paths["per_group"], PER_GROUP),
        read_analysis_table(paths["comparisons"], COMPARISONS),
        Labels.from_settings(settings() | display, "atlas"),
        collection="atlas",
        metrics=["map"],
        level=level,
    )


def test_one_table_a_setting_and_metric_in_the_order_asked_for(paths):
    tables = made(paths)
    order = ["map", "ndcg@10", "recall@100"]
    multilingual = [*order, "rank_distance", "rank_distance_share"]
    assert [(table.setting, table.metric) for table in tables] == [
        (setting, metric) for setting in SETTINGS for metric in (multilingual if setting == "multilingual" else order)
    ]
    assert all(table.columns == (*LANGUAGES, *GROUPS) for table in tables)
    assert set(METRICS) <= set(multilingual)


def test_rows_carry_labels_means_and_spread(paths):
    table = next(t for t in made(paths) if (t.setting, t.metric) == ("monolingual", "ndcg@10"))
    assert len(table.rows) == len(MODELS) * len(STRATEGIES) + 1
    first = table.rows[0]
    assert (first.model_label, first.strategy_label, first.seeds) == ("S", "not fine-tuned", 1)
    assert first.cells[0].sd is None and first.cells[0].mean == pytest.approx(0.1)
    bm25 = table.rows[-1]
    assert (bm25.model_label, bm25.strategy_label) == ("BM25", "")
    assert not any(cell.best or cell.near_best for cell in bm25.cells)


def test_marks_follow_the_tests(paths):
    # The made-up comparisons: hybrid - mono has a corrected p of 1, hybrid - cross of .03; mono is best.
    table = next(t for t in made(paths) if (t.setting, t.metric) == ("monolingual", "ndcg@10"))
    marks = {row.strategy: (row.cells[0].best, row.cells[0].near_best) for row in table.rows if row.model == "atlas-m"}
    assert marks == {
        "untuned": (False, False),
        "english": (False, False),
        "mono": (True, False),
        "cross": (False, False),  # no test of mono against cross was made
        "hybrid": (False, True),
    }


def test_the_lowest_rank_distance_is_best(paths):
    table = next(t for t in made(paths) if t.metric == "rank_distance")
    small = [row for row in table.rows if row.model == "atlas-s"]
    for i in range(len(table.columns)):
        lowest = min(row.cells[i].mean for row in small)
        assert {row.strategy for row in small if row.cells[i].best} == {
            row.strategy for row in small if row.cells[i].mean == lowest
        }
    assert "lower is better" in table.title
    assert table.shown(1234.56) == "1234.6"


def test_markdown_is_aligned_and_escaped(paths):
    labels = {"models": {"atlas-s": "S|1_*"}, "strategies": STRATEGIES}
    text = to_markdown(made(paths, labels=labels)[1])
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(line) for line in lines}) == 1
    assert r"S\|1\_\*" in text and "S|1" not in text
    assert "**50.0** ±1.0" in text and "48.0† ±1.0" in text


def test_latex_is_escaped_and_balanced(paths):
    labels = {"models": {"atlas-s": r"S_1 & 50% #{\x}"}, "strategies": STRATEGIES}
    table = made(paths, labels=labels)[1]
    text = to_latex(table, "p > 0.05 ±")
    assert r"S\_1 \& 50\% \#\{\textbackslash{}x\}" in text
    assert r"p \textgreater{} 0.05 $\pm$" in text
    body = [line for line in text.splitlines() if line.endswith(r"\\")]
    columns = len(table.columns) + 2
    for line in body[1:]:  # all but the heads that span columns
        assert line.replace(r"\&", "").count("&") == columns - 1
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    assert text.count(r"\begin{") == text.count(r"\end{") == 2
    for rule in ("toprule", "midrule", "bottomrule"):
        assert rf"\{rule}" in text


def test_latex_text_has_no_bare_special_character():
    assert latex_text("a~b^c$") == r"a\textasciitilde{}b\textasciicircum{}c\$"


def run(paths, folder, collection="atlas"):
    format_tables(
        path_to_per_language=paths["per_language"],
        path_to_per_group=paths["per_group"],
        path_to_comparisons=paths["comparisons"],
        collection=collection,
        settings=settings()
        if collection == "atlas"
        else settings(collections={collection: settings()["collections"]["atlas"]}),
        path_to_markdown=folder / "t.md",
        path_to_latex=folder / "t.tex",
        path_to_csv=folder / "t.csv",
    )


def test_files(paths, tmp_path):
    run(paths, tmp_path)
    assert (tmp_path / "t.md").read_text().startswith("# Results on atlas\n")
    assert (tmp_path / "t.tex").read_text().startswith(r"% Needs \usepackage{booktabs,graphicx}.")
    with open(tmp_path / "t.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    mono = next(r for r in rows if (r["setting"], r["metric"], r["model"], r["strategy"]) == (
        "monolingual", "ndcg@10", "atlas-s", "mono",
    ))  # fmt: skip
    assert (mono["en"], mono["en sd"], mono["seeds"]) == ("0.500000", "0.010000", "2")
    assert float(mono["low-resource"]) == pytest.approx(0.455, abs=1e-6)


def test_a_collection_without_rows_is_refused(paths, tmp_path):
    with pytest.raises(InputError, match="no row of the collection other"):
        run(paths, tmp_path, collection="other")
