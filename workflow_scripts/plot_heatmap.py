"""Draw a collection's cross-lingual retrieval by the largest model: language of the query by that of the passage."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.errors import InputError
from workflow_scripts.reporting.analysis_tables import MODELS, read_analysis_table, read_means
from workflow_scripts.reporting.figure_files import FigureFiles
from workflow_scripts.reporting.figure_text import figure_labels
from workflow_scripts.reporting.heatmap_plot import draw_heatmap
from workflow_scripts.reporting.labels import metric_label, setting


def plot_heatmap(
    *,
    path_to_means: str | Path,
    path_to_models: str | Path,
    collection: str,
    settings: dict[str, Any],
    files: FigureFiles,
) -> None:
    """Draw ``report.metric`` of every ordered pair of languages, the diagonal being monolingual, mean over seeds."""
    metric = setting(setting(settings, "report", dict), "metric", str)
    labels = figure_labels(settings, collection)
    means = read_means(path_to_means)
    means = means[(means["collection"] == collection) & (means["metric"] == metric)]
    means = means[means["setting"].isin(("monolingual", "cross-lingual"))]
    means = means.assign(model=means["model"].replace(settings.get("replicates", {})))
    models = read_analysis_table(path_to_models, MODELS).sort_values(["non_embedding", "model"])
    models = models[models["model"].isin(means["model"])]
    if models.empty or not (means["setting"] == "cross-lingual").any():
        raise InputError(f"{path_to_means}: no cross-lingual {metric} on {collection}; this figure needs that setting")
    largest = models["model"].iloc[-1]
    cells = means[means["model"] == largest].groupby(["strategy", "query_lang", "passage_lang"], as_index=False)
    figure = draw_heatmap(
        cells["mean"].mean(),
        labels,
        metric=metric,
        title=f"{collection}: {metric_label(metric)} by language pair × 100, largest model ({labels.model(largest)})",
    )
    files.save(figure)


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--means", required=True, help="means.parquet")
    parser.add_argument("--models", required=True, help="models.csv")
    parser.add_argument("--collection", required=True, help="the collection that is drawn")
    parser.add_argument("--settings", required=True, type=settings, help="display settings as JSON")
    FigureFiles.add_flags(parser)
    arguments = parser.parse_args()
    plot_heatmap(
        path_to_means=arguments.means,
        path_to_models=arguments.models,
        collection=arguments.collection,
        settings=arguments.settings,
        files=FigureFiles.of(arguments),
    )


if __name__ == "__main__":
    run(main)
