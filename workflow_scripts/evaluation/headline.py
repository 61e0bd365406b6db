"""The experiment's answer: how the strategy compares with its baselines at each size, and as models grow."""

from collections.abc import Mapping
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.evaluation.analysis_settings import AnalysisSettings, required
from workflow_scripts.evaluation.comparisons import BM25, PairedComparisons, compared_systems
from workflow_scripts.evaluation.groups import named_groups
from workflow_scripts.evaluation.model_sizes import ModelSize
from workflow_scripts.evaluation.scaling import ScalingFit, difference_name
from workflow_scripts.evaluation.score_files import ScoreSlice
from workflow_scripts.evaluation.verdict import Quantity, difference_sentence, trend_sentence
from workflow_scripts.reporting.few_queries import few_queries


def headline_verdict(
    slices: list[ScoreSlice], fits: list[ScalingFit], sizes: Mapping[str, ModelSize], settings: AnalysisSettings
) -> dict[str, Any]:
    """Return the content of verdict.json.

    ``headline`` names what it is about, ``summary`` answers in two sentences (the first baseline),
    ``sentences`` has two for every baseline (``about`` difference, then trend), each with the numbers behind
    it in the tables' unit. Raises InputError where the scores lack what ``report`` names.
    """
    names = {key: required(settings.report, key) for key in ("collection", "setting", "metric", "group")}
    key = (names["collection"], names["setting"], names["metric"])
    part = next((part for part in slices if (part.collection, part.setting, part.metric) == key), None)
    if part is None:
        raise InputError(
            f"settings: report names {' '.join(key)}, which no score file holds; name what the experiment measures"
        )
    groups = named_groups(settings.collection(part.collection), part.query_languages)
    group = next((group for group in groups if group.name == names["group"]), None)
    if group is None:
        raise InputError(
            f"settings: report.group is {names['group']!r}, but the groups of {part.collection} are "
            f"{', '.join(group.name for group in groups)}"
        )
    few = few_queries(
        {lang: part.by_query.effective_units(i) for lang, i in zip(group.languages, group.members, strict=True)}
    )
    quantity = Quantity(part.setting, part.metric, group.name, group.languages, tuple(few))
    strategy, baselines = settings.compared()
    pairs = compared_systems(part.by_query.systems(), strategy, baselines)
    compared = [row for row in PairedComparisons(settings).compare(part, pairs) if row.group == group.name]
    sentences = []
    for baseline in baselines:
        rows = [row for row in compared if row.baseline == baseline]
        sentences.append(difference_sentence(strategy, baseline, rows, sizes, quantity))
        if baseline != BM25.strategy:
            ours = [
                fit
                for fit in fits
                if (fit.collection, fit.setting, fit.metric) == key
                and fit.group == group.name
                and fit.strategy == difference_name(strategy, baseline)
            ]
            common = {row.model: sizes[row.model] for row in rows}
            sentences.append(trend_sentence(strategy, baseline, ours, common, quantity))
    return {
        "headline": {
            **names,
            "languages": list(group.languages),
            "strategy": strategy,
            "baselines": list(baselines),
            "confidence": settings.statistics.confidence,
        },
        "summary": " ".join(entry["sentence"] for entry in sentences if entry["baseline"] == baselines[0]),
        "sentences": sentences,
    }
