"""What the page says: every fact that its template names, gathered from the experiment's files."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import git_commit
from workflow_scripts.reporting import code_switching, provenance, result_tables
from workflow_scripts.reporting.analysis_tables import (
    BIAS,
    COMPARISONS,
    COSTS,
    INDEX_RECALL,
    MODELS,
    PER_GROUP,
    PER_LANGUAGE,
    PUBLISHED_CELLS,
    SCALING,
    read_analysis_table,
    select_rows,
)
from workflow_scripts.reporting.few_draws import fewest_draws
from workflow_scripts.reporting.few_queries import FEWEST_QUERIES, few_queries
from workflow_scripts.reporting.html_table import HtmlTable, make_table, text
from workflow_scripts.reporting.labels import BM25, Labels, group_label, metric_label, setting
from workflow_scripts.reporting.licences import Licences
from workflow_scripts.reporting.page import (
    COLLECTION_FIGURES,
    FIGURES,
    FurtherCollection,
    contents,
    embed_figure,
    read_verdict,
)

_TABLES = {
    "models": MODELS,
    "per_group": PER_GROUP,
    "per_language": PER_LANGUAGE,
    "comparisons": COMPARISONS,
    "scaling": SCALING,
    "bias": BIAS,
    "published": PUBLISHED_CELLS,
    "costs": COSTS,
    "index_recall": INDEX_RECALL,
}
_NEEDED = ("models", "per_group", "per_language")


@dataclass(frozen=True)
class PageInputs:
    """Paths of the files that a page is made from; a list may be empty, and then its section says so.

    ``logs`` is the folder of the logs of ``benchmarks``'s jobs.
    """

    figures: dict[str, Path]
    tables: dict[str, Path]
    verdict: Path
    licences: Path
    benchmarks: list[Path]
    manifests: list[Path]
    yields: list[Path]
    overlap_reports: list[Path]
    lexicon_coverage: list[Path]
    switching_rates: list[Path]
    dropped: list[Path]
    logs: Path | None = None


def page_facts(inputs: PageInputs, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the facts for ``page.render_page``.

    Raises InputError where a needed table is missing or a figure or table has a name that the page does not know.
    """
    report, config = setting(settings, "report", dict), setting(settings, "config", dict)
    collections = config["experiment"]["collections"]
    of_collections = tuple(f"{name}/{figure}" for name in collections for figure in COLLECTION_FIGURES)
    _check_names("--figure", inputs.figures, FIGURES + of_collections, ("scaling",))
    _check_names("--table", inputs.tables, tuple(_TABLES), _NEEDED)
    chosen = {key: setting(report, key, str) for key in ("collection", "setting", "metric")}
    labels = Labels.from_settings(settings, chosen["collection"])
    group, compare = setting(report, "group", str), setting(report, "compare", dict)
    confidence = setting(setting(settings, "statistics", dict), "confidence", float)
    frames = {name: read_analysis_table(path, _TABLES[name]) for name, path in inputs.tables.items()}
    headline = select_rows(frames["per_group"], inputs.tables["per_group"], group=group, **chosen)
    answer, further = read_verdict(inputs.verdict)
    manifests = provenance.read_manifests(inputs.manifests)
    figures = {name: embed_figure(path) for name, path in inputs.figures.items()}
    further_collections = [
        _further_collection(name, frames, figures, settings) for name in collections if name != chosen["collection"]
    ]
    return {
        "title": setting(report, "title", str),
        "report": {**chosen, "group": group},
        "metric": metric_label(chosen["metric"]),
        "parallel": setting(settings["collections"][chosen["collection"]], "parallel", bool),
        "group_label": group_label(group),
        "group_is_all": set(labels.languages) <= set(labels.members(group)),
        "group_languages": ", ".join(labels.language(lang) for lang in labels.members(group)),
        "compared": f"{labels.strategy(compare['strategy'])} against {_either(labels, compare['baselines'])}",
        "confidence": f"{100 * confidence:g} %",
        "significance": f"{1 - confidence:.3g}",
        "repetitions": _repetitions(headline, settings),
        "resampled_languages": settings["statistics"].get("languages") == "resampled",
        "fewest_queries": FEWEST_QUERIES,
        "sampling_units": _sampling_units(frames["per_language"], settings, chosen["collection"], chosen["metric"]),
        "few_queries": _few_queries(frames["per_language"], labels, chosen["collection"], chosen["metric"]),
        "few_draws": _few_draws(frames, chosen, settings["statistics"]),
        "answer": answer,
        "further": further,
        "figures": {**figures, **_figures_of(chosen["collection"], figures)},
        "contents": contents(further_collections, "index_recall" in frames),
        "collections": further_collections,
        "tables": {
            **_result_tables(frames, labels, chosen, group, compare["strategy"], confidence),
            "metrics": _metric_tables(frames["per_group"], labels, chosen["collection"], settings),
            **_provenance(inputs, manifests, labels, config),
        },
        "software": provenance.software(manifests),
        "machines": provenance.machines(manifests),
        "commit": git_commit(),
        "config": config,
        "config_text": yaml.safe_dump(config, allow_unicode=True, sort_keys=True, width=100),
    }


def _count_of(number: int, name: str) -> str:
    """Return ``1 seed``, ``2 seeds``."""
    return f"{number} {name}" + ("" if number == 1 else "s")


def _repetitions(headline: pd.DataFrame, settings: dict[str, Any]) -> str:
    """Say over what the means are taken, besides queries: ``2 seeds``, or runs of several pre-trainings."""
    runs = int(headline.loc[headline["model"] != BM25, "seeds"].max())
    further = Counter(settings.get("replicates", {}).values())
    return f"{runs} runs of {1 + max(further.values())} pre-trainings" if further else _count_of(runs, "seed")


def _sampling_units(per_language: pd.DataFrame, settings: dict[str, Any], collection: str, metric: str) -> str:
    """Say that queries of one article or passage count as one observation, and how many; empty where each is one.

    Other metrics may have fewer: rank distance has none of a query whose relevant passages are all in one language.
    """
    ends = settings["collections"][collection].get("article_ends")
    if ends is None:
        return ""
    rows = per_language[(per_language["collection"] == collection) & (per_language["metric"] == metric)]
    queries, units = (_from_to(rows[column]) for column in ("queries", "units"))
    unit = "article" if ends else "passage"
    return (
        f"Queries that are answered by one {unit}, or hang together through other queries, share a system's errors, so "
        f"intervals and tests take them for one observation (queries of a language: {queries}; observations: {units})."
    )


def _from_to(numbers: pd.Series) -> str:
    """Return ``48``, or ``105 to 842`` where languages differ."""
    least, most = f"{numbers.min():,}", f"{numbers.max():,}"
    return least if least == most else f"{least} to {most}"


def _few_queries(per_language: pd.DataFrame, labels: Labels, collection: str, metric: str) -> str:
    """Return ``Swahili (5), Telugu (1)``, the languages of a collection with too few queries; empty for none."""
    rows = per_language[(per_language["collection"] == collection) & (per_language["metric"] == metric)]
    few = few_queries(rows.groupby("lang", sort=False)["effective_units"].min().to_dict())
    return ", ".join(f"{labels.language(lang)} ({few[lang]})" for lang in labels.languages if lang in few)


def _few_draws(frames: dict[str, pd.DataFrame], chosen: dict[str, str], statistics: dict[str, Any]) -> int:
    """Return how many draws the largest family of the comparisons shown needs, 0 where it has as many.

    ``chosen`` has the collection and metric that they are about, and the setting where only one is shown.
    """
    if "comparisons" not in frames:
        return 0
    rows = frames["comparisons"]
    rows = rows[(rows[list(chosen)] == pd.Series(chosen)).all(axis=1)]
    family = ["setting", "baseline"]
    tests = rows.drop_duplicates([*family, "model", "languages"]).groupby(family).size().max()
    needed = 0 if rows.empty else fewest_draws(int(tests), 1 - statistics["confidence"])
    return needed if setting(statistics, "draws", int) < needed else 0


def _result_tables(
    frames: dict[str, pd.DataFrame],
    labels: Labels,
    chosen: dict[str, str],
    group: str,
    strategy: str,
    confidence: float,
) -> dict[str, Any]:
    collection, chosen_setting, metric = chosen["collection"], chosen["setting"], chosen["metric"]
    per_group, per_language = frames["per_group"], frames["per_language"]
    ours = per_group[(per_group["collection"] == collection) & (per_group["metric"] == metric)]
    spoken = set(per_language.loc[per_language["collection"] == collection, "lang"])
    results: dict[str, Any] = {
        "models": result_tables.model_table(frames["models"], labels),
        "groups": {
            name: result_tables.group_table(per_group, labels, collection, name, metric)
            for name in dict.fromkeys(ours["setting"])
        },
        "languages": result_tables.language_table(per_language, labels, collection, chosen_setting, metric),
        "each_language": [
            (
                lang,
                labels.language(lang),
                result_tables.one_language_table(per_language, labels, collection, lang, metric),
            )
            for lang in labels.languages
            if lang in spoken
        ],
        "comparisons": None,
        "scaling": None,
        "scaling_without": None,
    }
    if "comparisons" in frames:
        results["comparisons"] = result_tables.comparison_table(
            frames["comparisons"], labels, collection, chosen_setting, metric, strategy, 1 - confidence
        )
    if "scaling" in frames:
        results["scaling"], results["scaling_without"] = result_tables.scaling_tables(
            frames["scaling"], labels, collection, chosen_setting, metric, group
        )
    results["bias"] = _bias_table(frames, labels, collection)
    results["costs"] = result_tables.costs_table(frames["costs"], labels) if "costs" in frames else None
    results["index_recall"] = (
        result_tables.index_recall_table(frames["index_recall"], labels) if "index_recall" in frames else None
    )
    results["published"] = result_tables.published_table(frames["published"], labels) if "published" in frames else None
    return {name: None if isinstance(made, HtmlTable) and not made.rows else made for name, made in results.items()}


def _further_collection(
    name: str, frames: dict[str, pd.DataFrame], figures: dict[str, str], settings: dict[str, Any]
) -> FurtherCollection:
    labels, report = Labels.from_settings(settings, name), settings["report"]
    tables = _metric_tables(frames["per_group"], labels, name, settings)
    comparisons = {
        searched: result_tables.comparison_table(
            frames["comparisons"],
            labels,
            name,
            searched,
            report["metric"],
            report["compare"]["strategy"],
            1 - settings["statistics"]["confidence"],
        )
        for searched in (tables if "comparisons" in frames else ())
    }
    return FurtherCollection(
        name=name,
        languages=", ".join(labels.language(lang) for lang in labels.languages),
        parallel=setting(settings["collections"][name], "parallel", bool),
        tables=tables,
        comparisons={searched: table for searched, table in comparisons.items() if table.rows},
        figures=_figures_of(name, figures),
        bias=_bias_table(frames, labels, name),
        sampling_units=_sampling_units(frames["per_language"], settings, name, report["metric"]),
        few_queries=_few_queries(frames["per_language"], labels, name, report["metric"]),
        few_draws=_few_draws(frames, {"collection": name, "metric": report["metric"]}, settings["statistics"]),
    )


def _figures_of(collection: str, figures: dict[str, str]) -> dict[str, str]:
    """Return a collection's own figures by their names without the collection's."""
    return {name: figures[f"{collection}/{name}"] for name in COLLECTION_FIGURES if f"{collection}/{name}" in figures}


def _metric_tables(
    per_group: pd.DataFrame, labels: Labels, collection: str, settings: dict[str, Any]
) -> dict[str, HtmlTable]:
    """Return one table a setting in which the collection was searched."""
    metrics = setting(settings, "metrics", list)
    searched = dict.fromkeys(per_group.loc[per_group["collection"] == collection, "setting"])
    return {name: result_tables.metric_table(per_group, labels, collection, name, metrics) for name in searched}


def _bias_table(frames: dict[str, pd.DataFrame], labels: Labels, collection: str) -> HtmlTable | None:
    if "bias" not in frames:
        return None
    # Ties are measured in every search, the rest in the pool of all languages.
    pooled = (frames["bias"]["collection"] == collection) & (frames["bias"]["measure"] == "top10_share")
    if not pooled.any():
        return None
    return result_tables.bias_table(frames["per_group"], frames["bias"], labels, collection)


def _provenance(
    inputs: PageInputs, manifests: list[dict[str, Any]], labels: Labels, config: dict[str, Any]
) -> dict[str, HtmlTable | None]:
    return {
        "cost": provenance.cost_table(inputs.benchmarks, inputs.logs) if inputs.benchmarks else None,
        "runs": provenance.run_table(manifests) if manifests else None,
        "yield": provenance.yield_table(inputs.yields, labels) if inputs.yields else None,
        "overlaps": provenance.overlap_table(inputs.overlap_reports, labels) if inputs.overlap_reports else None,
        "coverage": code_switching.coverage_table(inputs.lexicon_coverage, labels) if inputs.lexicon_coverage else None,
        "rates": code_switching.rate_table(inputs.switching_rates, labels) if inputs.switching_rates else None,
        "dropped": provenance.dropped_table(inputs.dropped) if inputs.dropped else None,
        "licences": _licence_table(inputs.licences, config),
    }


def _licence_table(path: Path, config: dict[str, Any]) -> HtmlTable:
    """Return the licence of all that the experiment reads: what the config says, else what is known of the format."""
    licences = Licences(path)
    used: dict[tuple[str, str], list[str]] = {}  # by format and licence
    for role, entry in _data_read(config):
        used.setdefault((entry["format"], licences.of(entry)), []).append(role)
    rows = [
        [
            text(licences.row(name)["name"], head=True),
            text(", ".join(roles)),
            text(licence),
            text(licences.row(name)["origin"]),
        ]
        for (name, licence), roles in used.items()
    ]
    return make_table("licences", "What the experiment reads", ["data", "used as", "licence", "origin"], rows)


def _data_read(config: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what each entry of the config is used as, and the entry."""
    for section in ("sources", "collections"):
        for name in config["experiment"][section]:
            yield f"{section.removesuffix('s')} {name}", config[section][name]
    if name := config.get("training", {}).get("held_out", {}).get("source"):
        yield f"held-out source {name}", config["sources"][name]
    for name, entry in _lexicons(config).items():
        # An induced one has the licences of what it was learned from.
        for of in [config["sources"][source] for source in entry.get("sources", [])] or [entry]:
            yield f"lexicon {name}", of


def _lexicons(config: dict[str, Any]) -> dict[str, Any]:
    """Return the lexicons of the experiment's strategies."""
    switching = [config.get("strategies", {}).get(name, {}) for name in config["experiment"].get("strategies", [])]
    names = [name for entry in switching for name in entry.get("codeswitch", {}).get("lexicons", [])]
    return {name: config["lexicons"][name] for name in names}


def _either(labels: Labels, strategies: list[str]) -> str:
    return " or ".join(labels.strategy(name) for name in strategies)


def _check_names(flag: str, given: dict[str, Path], known: tuple[str, ...], needed: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            raise InputError(f"{flag}: the page has no place for {name!r}; it knows {', '.join(known)}")
    for name in needed:
        if name not in given:
            raise InputError(f"{flag}: {name} is missing; give {name}=PATH")
