import re
from pathlib import Path

import pandas as pd
import pytest
from synthetic_analysis import GROUPS, LANGUAGES, figure_files, settings, value, write_means, write_tables

from workflow_scripts.data.errors import InputError
from workflow_scripts.plot_alpha import plot_alpha
from workflow_scripts.plot_comparisons import plot_comparisons
from workflow_scripts.plot_heatmap import plot_heatmap
from workflow_scripts.plot_language_bias import plot_language_bias
from workflow_scripts.plot_languages import plot_languages
from workflow_scripts.plot_scaling import plot_scaling
from workflow_scripts.reporting.alpha_plot import _model_style, draw_alpha
from workflow_scripts.reporting.analysis_tables import (
    BIAS,
    COMPARISONS,
    MODELS,
    PER_GROUP,
    PER_LANGUAGE,
    PUBLISHED,
    read_analysis_table,
    select_rows,
)
from workflow_scripts.reporting.bias_plot import draw_bias, with_pool_share
from workflow_scripts.reporting.comparison_plot import draw_comparisons
from workflow_scripts.reporting.heatmap_plot import draw_heatmap
from workflow_scripts.reporting.intervals import fitting
from workflow_scripts.reporting.labels import Labels
from workflow_scripts.reporting.language_plot import draw_languages
from workflow_scripts.reporting.published_results import PublishedMean, published_means
from workflow_scripts.reporting.scaling_plot import draw_scaling

RESOURCES = Path(__file__).parents[2] / "resources"


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return write_tables(tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def labels():
    return Labels.from_settings(settings(), "atlas")


def _scaling(tables, folder, **changes):
    files = {"files": figure_files(folder)}
    plot_scaling(
        **{
            "path_to_per_group": tables["per_group"],
            "path_to_models": tables["models"],
            "path_to_published": None,
            "settings": settings(),
            **files,
            **changes,
        }
    )
    return tuple((folder / f"a.{form}").read_bytes() for form in ("svg", "png", "pdf"))


def test_same_inputs_give_the_same_bytes(tables, tmp_path):
    assert _scaling(tables, tmp_path) == _scaling(tables, tmp_path)


def test_files_are_an_svg_without_date_and_a_png(tables, tmp_path):
    svg, png, pdf = _scaling(tables, tmp_path)
    assert b"<svg" in svg[:2000] and not re.search(rb"dc:date|Matplotlib v", svg)
    assert png.startswith(b"\x89PNG")
    assert pdf.startswith(b"%PDF") and b"CreationDate" not in pdf
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.png", "a.svg"]


def test_headline_lines_pass_through_the_means_at_the_models_sizes(tables, labels):
    rows = select_rows(
        read_analysis_table(tables["per_group"], PER_GROUP),
        "per_group.csv",
        collection="atlas",
        setting="monolingual",
        metric="ndcg@10",
        group="low-resource",
    )
    models = read_analysis_table(tables["models"], MODELS)
    axes = draw_scaling(rows, models, labels, metric="ndcg@10", title="", published=[]).axes[0]
    containers = {bars.get_label(): bars.lines[0] for bars in axes.containers}
    assert set(containers) == set(labels.strategies.values())
    hybrid = containers["hybrid batches"]
    members = GROUPS["low-resource"]
    expected = [sum(value(model, "hybrid", "monolingual", lang) for lang in members) / 4 for model in labels.models]
    assert hybrid.get_ydata() == pytest.approx(expected)
    # Moved aside by less than a fifth of a decade, so that each point still belongs to its model.
    assert hybrid.get_xdata() == pytest.approx([25_000, 156_000, 890_000], rel=0.25)
    assert axes.get_xscale() == "log"
    baseline = sum(value("bm25", "bm25", "monolingual", lang) for lang in members) / 4
    assert any(
        list(line.get_ydata()) == pytest.approx([baseline] * 2) for line in axes.lines if len(line.get_ydata()) == 2
    )


def test_published_means_cover_every_language_of_the_group_and_name_training_on_miracl():
    published = read_analysis_table(RESOURCES / "published_results.csv", PUBLISHED)
    low = {
        mean.system: mean
        for mean in published_means(published, "miracl", "monolingual", "ndcg@10", ("sw", "te", "bn", "yo"))
    }
    assert low["bge-m3 (dense)"].trained_on_miracl and low["multilingual-e5-large"].trained_on_miracl
    assert not low["BM25"].trained_on_miracl and not low["mDPR"].trained_on_miracl
    rows = published[(published["system"] == "BM25") & (published["metric"] == "ndcg@10")].set_index("lang")["value"]
    assert low["BM25"].value == pytest.approx((rows["sw"] + rows["te"] + rows["bn"] + rows["yo"]) / 4)
    # No published system has Turkish on MIRACL, so none has the mean of this group.
    assert published_means(published, "miracl", "monolingual", "ndcg@10", ("sw", "tr")) == []


def test_published_lines_are_marked(tables, labels):
    rows = read_analysis_table(tables["per_group"], PER_GROUP)
    rows = select_rows(rows, "", collection="atlas", setting="monolingual", metric="ndcg@10", group="all")
    models = read_analysis_table(tables["models"], MODELS)
    published = [PublishedMean("seen", 0.7, "paper", True), PublishedMean("unseen", 0.4, "paper", False)]
    figure = draw_scaling(rows, models, labels, metric="ndcg@10", title="", published=published)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["seen † 0.700", "unseen 0.400"]
    # Who published them stands below.
    assert figure.legends[0].get_title().get_text() == "Published: seen, unseen: paper"


def test_every_figure_is_drawn(tables, tmp_path):
    out = {"files": figure_files(tmp_path)}
    models = {"path_to_models": tables["models"]}
    calls = [
        lambda: plot_languages(path_to_per_language=tables["per_language"], **models, settings=settings(), **out),
        lambda: plot_language_bias(
            path_to_per_group=tables["per_group"],
            path_to_bias=tables["bias"],
            **models,
            collection="atlas",
            settings=settings(),
            **out,
        ),
        lambda: plot_alpha(
            path_to_per_group=tables["per_group"], **models, collection="atlas", settings=settings(), **out
        ),
        lambda: plot_comparisons(path_to_comparisons=tables["comparisons"], settings=settings(), **out),
        lambda: plot_heatmap(path_to_means=tables["means"], **models, collection="atlas", settings=settings(), **out),
    ]
    for call in calls:
        call()
        assert (tmp_path / "a.svg").stat().st_size > 10_000
        (tmp_path / "a.svg").unlink()


def test_a_collection_that_is_not_searched_across_languages_has_no_heatmap(tables, tmp_path):
    means = pd.read_parquet(tables["means"])
    write_means(means[means["setting"] == "monolingual"], tmp_path / "means.parquet")
    with pytest.raises(InputError, match="no cross-lingual ndcg@10 on atlas"):
        plot_heatmap(
            path_to_means=tmp_path / "means.parquet",
            path_to_models=tables["models"],
            collection="atlas",
            settings=settings(),
            files=figure_files(tmp_path),
        )
    assert not (tmp_path / "a.svg").exists()


def test_a_figure_is_of_the_collection_that_is_asked_for(tables, tmp_path):
    """Another collection with two languages, whose figure stays the same whatever the headline is."""
    wanted = settings()
    wanted["collections"]["small"] = {**wanted["collections"]["atlas"], "languages": ["en", "sw"]}
    means = pd.read_parquet(tables["means"])
    small = means[means["query_lang"].isin(("en", "sw")) & means["passage_lang"].isin(("en", "sw"))]
    drawn = []
    for folder, rows in (
        ("both", [means, small.assign(collection="small")]),
        ("one", [small.assign(collection="small")]),
    ):
        (tmp_path / folder).mkdir()
        write_means(pd.concat(rows), tmp_path / folder / "means.parquet")
        plot_heatmap(
            path_to_means=tmp_path / folder / "means.parquet",
            path_to_models=tables["models"],
            collection="small",
            settings=wanted,
            files=figure_files(tmp_path / folder),
        )
        drawn.append((tmp_path / folder / "a.svg").read_bytes())
    assert drawn[0] == drawn[1]


def test_heatmap_shows_queries_in_lines_and_passages_in_columns(labels):
    means = pd.DataFrame(
        [
            {"strategy": "mono", "query_lang": "en", "passage_lang": "sw", "mean": 0.25},
            {"strategy": "mono", "query_lang": "sw", "passage_lang": "en", "mean": 0.5},
        ]
    )
    panel = draw_heatmap(means, labels, metric="ndcg@10", title="").axes[0]
    cells = {(round(text.get_position()[1]), round(text.get_position()[0])): text.get_text() for text in panel.texts}
    assert [label.get_text() for label in panel.get_yticklabels()] == ["English", "Swahili"]
    assert cells == {(0, 1): "25", (1, 0): "50"}


def test_shares_of_the_top_10_stand_beside_shares_of_the_pool(tables):
    shares = with_pool_share(read_analysis_table(tables["bias"], BIAS))
    assert len(shares) == 16 * len(LANGUAGES) ** 2
    assert (shares["pool"] == 0.1).all()
    sums = shares.groupby(["model", "strategy", "query_lang"])["top10"].sum()
    assert sums.to_numpy() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"metric": "p@5"}, "no row with .*metric p@5"),
        ({"group": "tonal"}, "no row with .*group tonal"),
    ],
)
def test_what_was_not_measured_is_an_input_error(tables, tmp_path, change, complaint):
    wanted = settings()
    wanted["report"] = {**wanted["report"], **change}
    with pytest.raises(InputError, match=complaint):
        _scaling(tables, tmp_path, settings=wanted)
    assert list(tmp_path.iterdir()) == []


def test_a_model_without_parameter_counts_is_named(tables, tmp_path):
    models = tmp_path / "models.csv"
    pd.read_csv(tables["models"]).iloc[1:].to_csv(models, index=False)
    with pytest.raises(InputError, match="atlas-s"):
        _scaling(tables, tmp_path, path_to_models=models)


def test_every_model_has_a_line_through_its_alphas_and_no_other_strategy(tables, labels):
    rows = read_analysis_table(tables["per_group"], PER_GROUP)
    rows = select_rows(rows, "", collection="atlas", group="all")
    models = read_analysis_table(tables["models"], MODELS)
    figure = draw_alpha(rows, models, settings()["alphas"], labels, metric="ndcg@10", title="")
    titles = ["Monolingual nDCG@10", "Cross-lingual nDCG@10", "Multilingual nDCG@10"]
    assert [axes.get_title(loc="left") for axes in figure.axes] == [*titles, "Rank distance (lower is less biased)"]
    for axes in figure.axes:
        assert len(axes.containers) == len(models)
        for container in axes.containers:
            assert [round(x, 1) for x in container.lines[0].get_xdata()] == pytest.approx([0.0, 0.5, 1.0])
    ours = rows[(rows["metric"] == "ndcg@10") & (rows["setting"] == "monolingual")].set_index(["model", "strategy"])
    smallest = models.sort_values("non_embedding")["model"].iloc[0]
    drawn = figure.axes[0].containers[0].lines[0].get_ydata()
    assert list(drawn) == [ours.loc[(smallest, name), "mean"] for name in ("cross", "hybrid", "mono")]


def test_labels_that_would_overlap_are_left_out_but_for_the_ends():
    assert fitting([0.5, 1.5, 2.5], ["25 k", "156 k", "890 k"]) == {0, 1, 2}
    assert fitting([0.1, 0.2, 0.6, 1.0], ["11 M", "21 M", "86 M", "9.7 G"]) == {0, 2, 3}
    assert fitting([0.1], ["11 M"]) == {0}


def test_ten_models_are_drawn_in_as_many_panels(tmp_path):
    names = [f"m{i}" for i in range(10)]
    rows = pd.DataFrame(
        [
            {
                "model": name, "group": group, "strategy": "hybrid", "baseline": "mono",
                "difference": 0.01, "low": -0.01, "high": 0.03, "p_holm": 0.2,
            }
            for name in names
            for group in ("all", "lang:sw")
        ]
    )  # fmt: skip
    labels = Labels.from_settings(settings(models=names), "atlas")
    figure = draw_comparisons(rows, labels, metric="ndcg@10", significance=0.05, title="")
    shown = [panel.get_title(loc="left") for panel in figure.axes if panel.get_visible()]
    assert shown == names


def _headline(tables, group="low-resource"):
    rows = read_analysis_table(tables["per_group"], PER_GROUP)
    return select_rows(rows, "", collection="atlas", setting="monolingual", metric="ndcg@10", group=group)


def test_bias_in_one_language_has_no_panel_of_other_languages(tables, labels):
    bias = read_analysis_table(tables["bias"], BIAS)
    models = read_analysis_table(tables["models"], MODELS)
    assert len(draw_bias(None, bias, models, labels, title="").axes) == 2
    alone = bias[(bias["query_lang"] == "sw") & (bias["passage_lang"] == "sw")]
    (axes,) = draw_bias(None, alone, models, labels, title="").axes
    assert axes.get_title(loc="left") == "Own-language passages in the top 10"


def test_points_of_a_narrow_range_far_above_0_keep_off_the_edge(tables, labels):
    rows = read_analysis_table(tables["per_group"], PER_GROUP)
    rows = select_rows(rows, "", collection="atlas", metric="rank_distance_share", group="all")
    rows = rows.assign(mean=0.7, low=0.7, high=0.7)
    models = read_analysis_table(tables["models"], MODELS)
    axes = draw_bias(rows, read_analysis_table(tables["bias"], BIAS), models, labels, title="").axes
    distance = next(each for each in axes if each.get_title(loc="left").startswith("Rank distance"))
    assert distance.get_ylim()[0] == 0 and distance.get_ylim()[1] >= 1.05 * 0.7


def test_where_nothing_was_found_every_cell_has_one_colour(labels):
    means = pd.DataFrame(
        [
            {"strategy": strategy, "query_lang": query, "passage_lang": passage, "mean": 0.0}
            for strategy in ("mono", "hybrid")
            for query in ("en", "sw")
            for passage in ("en", "sw")
        ]
    )
    figure = draw_heatmap(means, labels, metric="ndcg@10", title="")
    images = [panel.images[0] for panel in figure.axes if panel.images]
    colours = {tuple(image.cmap(image.norm(0.0))) for image in images}
    assert len(images) == 2 and len(colours) == 1


def test_where_all_is_zero_no_axis_is_one_of_rounding(tables, labels):
    models = read_analysis_table(tables["models"], MODELS)
    rows = _headline(tables).assign(mean=0.0, low=0.0, high=0.0)
    axes = draw_scaling(rows, models, labels, metric="ndcg@10", title="", published=[]).axes[0]
    assert axes.get_ylim()[1] - axes.get_ylim()[0] > 1e-3
    compared = read_analysis_table(tables["comparisons"], COMPARISONS).assign(difference=0.0, low=0.0, high=0.0)
    panels = draw_comparisons(compared, labels, metric="ndcg@10", significance=0.05, title="").axes
    assert all(panel.get_xlim()[1] - panel.get_xlim()[0] > 1e-3 for panel in panels)


def test_models_of_one_size_are_named_beside_their_lines(tables, labels):
    models = read_analysis_table(tables["models"], MODELS)
    drawn = {"metric": "ndcg@10", "title": "", "published": []}
    assert not draw_scaling(_headline(tables), models, labels, **drawn).axes[0].texts
    alike = models.assign(non_embedding=[25_000, 25_000, 890_000], family=["a", "b", "b"])
    axes = draw_scaling(_headline(tables), alike, labels, **drawn).axes[0]
    assert [text.get_text() for text in axes.texts] == ["S", "M", "L"]
    assert [tick.get_text().split("\n")[0] for tick in axes.get_xticklabels()] == ["S, M", "L"]


def test_points_of_close_sizes_stay_nearest_to_their_own(tables, labels):
    models = read_analysis_table(tables["models"], MODELS).assign(non_embedding=[100_000, 120_000, 150_000])
    axes = draw_scaling(_headline(tables), models, labels, metric="ndcg@10", title="", published=[]).axes[0]
    for bars in axes.containers:
        for place, size in zip(bars.lines[0].get_xdata(), models["non_embedding"], strict=True):
            assert abs(models["non_embedding"] - place).idxmin() == list(models["non_embedding"]).index(size)


def test_a_dozen_models_differ_in_the_figure_of_alphas():
    looks = [(style.color, style.marker, style.linestyle) for style in map(_model_style, range(30))]
    assert len(set(looks)) == 30


@pytest.mark.parametrize(("group", "tinted"), [("low-resource", 4), ("all", 0)])
def test_a_tint_of_all_panels_is_left_out(tables, labels, group, tinted):
    rows = read_analysis_table(tables["per_language"], PER_LANGUAGE)
    rows = select_rows(rows, "", collection="atlas", setting="monolingual", metric="ndcg@10")
    models = read_analysis_table(tables["models"], MODELS)
    figure = draw_languages(rows, models, labels, metric="ndcg@10", group=group, title="")
    assert sum(axes.get_facecolor() != (1.0, 1.0, 1.0, 1.0) for axes in figure.axes) == tinted
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert ("low-resource languages" in names) == bool(tinted) and len(names) == 6 + bool(tinted)
