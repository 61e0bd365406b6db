import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from synthetic_analysis import MODELS, STRATEGIES, settings, write_tables

from workflow_scripts.reporting.analysis_tables import COMPARISONS, COSTS, PER_GROUP, PER_LANGUAGE, read_analysis_table
from workflow_scripts.reporting.analysis_tables import MODELS as SIZES
from workflow_scripts.reporting.comparison_plot import draw_comparisons
from workflow_scripts.reporting.cost_plot import draw_cost
from workflow_scripts.reporting.figure_text import figure_labels, legend_columns, text_width, wrapped
from workflow_scripts.reporting.language_plot import draw_languages
from workflow_scripts.reporting.scaling_plot import draw_scaling
from workflow_scripts.reporting.style import COLUMN_WIDTH

LONG = "a label that somebody wrote who had tables in mind, which have room for it, and not figures: "


def test_wrapped_text_is_about_as_wide_as_its_place_and_loses_nothing():
    text = LONG * 2 + "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"
    for width in (1.0, 2.5, 6.0):
        lines = wrapped(text, width, 9, bold=True).split("\n")
        assert max(text_width(line, 9, bold=True) for line in lines) < 1.3 * width
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert wrapped("short\n(two lines)", 3.0, 9) == "short\n(two lines)"


def test_a_legend_has_as_many_columns_as_fit():
    assert legend_columns(["BM25", "mono", "cross", "hybrid"], 4) == 4
    assert legend_columns(["BM25", "mono", "cross", "hybrid"], 3) == 3
    assert legend_columns([LONG, "mono", "cross", "hybrid"], 4) == 2
    assert legend_columns([LONG, "mono", LONG, "hybrid"], 4) == 1


def _long_labels():
    labels = {
        "models": {name: f"{name}-{LONG[:45]}" for name in MODELS},
        "strategies": {name: f"{name}: {LONG}" for name in STRATEGIES},
    }
    return figure_labels(settings(labels=labels), "atlas")


@pytest.mark.parametrize("shown", ["scaling", "languages", "cost", "comparisons"])
def test_long_labels_stay_within_the_figure(tmp_path, shown):
    tables, labels = write_tables(tmp_path), _long_labels()
    chosen = {"collection": "atlas", "setting": "monolingual", "metric": "ndcg@10"}

    def rows(name, columns, **more):
        table = read_analysis_table(tables[name], columns)
        wanted = pd.Series(chosen | more)
        return table[(table[list(wanted.index)] == wanted).all(axis=1)]

    title = "nDCG@10 on languages\n(" + ", ".join([LONG] * 3) + ")"
    models = read_analysis_table(tables["models"], SIZES)
    if shown == "scaling":
        group = rows("per_group", PER_GROUP, group="all")
        figure = draw_scaling(group, models, labels, metric="ndcg@10", title=title, published=[])
    elif shown == "languages":
        languages = rows("per_language", PER_LANGUAGE)
        figure = draw_languages(languages, models, labels, metric="ndcg@10", group="low-resource", title=title)
    elif shown == "cost":
        costs = read_analysis_table(tables["costs"], COSTS)
        group, families = rows("per_group", PER_GROUP, group="all"), dict.fromkeys(MODELS, "a")
        figure = draw_cost(group, costs, families, labels, metric="ndcg@10", title=title)
    else:
        compared = rows("comparisons", COMPARISONS)
        figure = draw_comparisons(compared, labels, metric="ndcg@10", significance=0.05, title=title)
    FigureCanvasAgg(figure).draw()
    edge = COLUMN_WIDTH * figure.dpi + 1
    (legend,) = figure.legends
    extents = [legend.get_window_extent()]
    if figure._suptitle:
        extents.append(figure._suptitle.get_window_extent())
    extents += [axes._left_title.get_window_extent() for axes in figure.axes if axes.get_visible()]
    assert all(extent.x0 >= -1 and extent.x1 <= edge for extent in extents), [(e.x0, e.x1) for e in extents]
    widths = [axes.get_window_extent().width for axes in figure.axes if axes.get_visible()]
    assert min(widths) > 0.5 * figure.dpi


def test_a_label_that_the_font_cannot_write_gives_way_to_the_name(caplog):
    labels = {
        "models": {"atlas-s": "小模型", "atlas-m": "дом", "atlas-l": "نموذج كبير"},
        "strategies": {"mono": "α = 1", "hybrid": "मिश्रित"},
    }
    found = figure_labels(settings(labels=labels), "atlas")
    assert [found.model(name) for name in MODELS] == ["atlas-s", "дом", "نموذج كبير"]
    assert (found.strategy("mono"), found.strategy("hybrid")) == ("α = 1", "hybrid")
    assert ["小模型" in caplog.text, "मिश्रित" in caplog.text, "дом" in caplog.text] == [True, True, False]
