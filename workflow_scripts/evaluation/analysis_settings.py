"""What the analysis is told: collections with their languages and groups, statistics, what is compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workflow_scripts.data.errors import InputError

FIXED, RESAMPLED = "fixed", "resampled"


@dataclass(frozen=True)
class Statistics:
    """How intervals and tests are computed (``statistics`` in the config).

    ``draws`` counts bootstrap draws and random sign flips; ``resample_languages`` treats a group's
    languages as a sample of more languages instead of the very languages that are asked about.
    """

    draws: int
    confidence: float
    seed: int
    resample_languages: bool = False


@dataclass(frozen=True)
class CollectionDesign:
    """One collection: its languages in display order, named groups of them, whether query ids are shared.

    ``article_ends`` is None where each query is a sampling unit; else see ``SamplingUnits``.
    """

    name: str
    languages: tuple[str, ...]
    parallel: bool
    groups: Mapping[str, tuple[str, ...]]
    article_ends: str | None = None


@dataclass(frozen=True)
class AnalysisSettings:
    """Settings of ``aggregate``, ``compare`` and ``fit_scaling``; ``models`` and ``strategies`` in display order.

    ``replicates``: a further pre-training of a model → that model, under whose name its runs are analysed.
    """

    collections: Mapping[str, CollectionDesign]
    models: tuple[str, ...]
    strategies: tuple[str, ...]
    statistics: Statistics
    report: Mapping[str, Any]
    replicates: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> "AnalysisSettings":
        """Check and read one JSON object; raise InputError that names the key where it is missing or wrong."""
        collections = {
            name: _design(name, required(settings, "collections", name)) for name in required(settings, "collections")
        }
        return cls(
            collections=collections,
            models=_names(settings, "models"),
            strategies=_names(settings, "strategies"),
            statistics=_statistics(required(settings, "statistics")),
            report=settings.get("report", {}),
            replicates=settings.get("replicates", {}),
        )

    def collection(self, name: str) -> CollectionDesign:
        """Return a collection's design; raise InputError for one that the settings do not name."""
        if name not in self.collections:
            raise InputError(f"settings: collections has no {name!r}, which a score file is about; add it")
        return self.collections[name]

    def compared(self) -> tuple[str, tuple[str, ...]]:
        """Return ``report.compare``: the strategy and the baselines that it is compared with."""
        strategy = required(self.report, "compare", "strategy")
        baselines = tuple(required(self.report, "compare", "baselines"))
        if strategy in baselines:
            raise InputError(f"settings: report.compare.baselines names {strategy!r}, the strategy itself; remove it")
        return strategy, baselines

    def system_order(self, model: str, strategy: str) -> tuple[int, int, str, str]:
        """Return a sort key: unlisted models (BM25) first, then models and strategies as the settings order them."""
        rank = {name: i for i, name in enumerate(self.models)}
        strategy_rank = {name: i for i, name in enumerate(self.strategies)}
        return rank.get(model, -1), strategy_rank.get(strategy, -1), model, strategy


def required(settings: Mapping[str, Any], *keys: str) -> Any:
    """Return ``settings[keys[0]][keys[1]]…``; raise InputError that names the first missing key."""
    value: Any = settings
    for i, key in enumerate(keys):
        if not isinstance(value, Mapping) or key not in value:
            raise InputError(f"settings: key {'.'.join(keys[: i + 1])} is missing; add it")
        value = value[key]
    return value


def _names(settings: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = required(settings, key)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError(f"settings: {key} is {names!r}, but must be a list of names")
    return tuple(names)


def _design(name: str, entry: Mapping[str, Any]) -> CollectionDesign:
    where = f"collections.{name}"
    for key, kind in (("languages", list), ("parallel", bool), ("groups", dict)):
        if not isinstance(entry.get(key), kind):
            raise InputError(f"settings: {where}.{key} is {entry.get(key)!r}, but must be a {kind.__name__}")
    if not isinstance(entry.get("article_ends", ""), str):
        raise InputError(f"settings: {where}.article_ends is {entry['article_ends']!r}, but must be text")
    groups = {group: tuple(members) for group, members in entry["groups"].items()}
    for group, members in groups.items():
        unknown = [lang for lang in members if lang not in entry["languages"]]
        if unknown or not members or len(set(members)) < len(members):
            raise InputError(
                f"settings: {where}.groups.{group} is {list(members)}, but must name different languages "
                f"of {', '.join(entry['languages'])}"
            )
    return CollectionDesign(name, tuple(entry["languages"]), entry["parallel"], groups, entry.get("article_ends"))


def _statistics(entry: Mapping[str, Any]) -> Statistics:
    draws, confidence, seed = (required(entry, key) for key in ("draws", "confidence", "seed"))
    languages = entry.get("languages", FIXED)
    if not isinstance(draws, int) or draws < 100:
        raise InputError(f"settings: statistics.draws is {draws!r}, but must be a whole number of 100 or more")
    if not isinstance(confidence, float) or not 0.5 <= confidence < 1:
        raise InputError(f"settings: statistics.confidence is {confidence!r}, but must lie between 0.5 and 1")
    if not isinstance(seed, int) or seed < 0:
        raise InputError(f"settings: statistics.seed is {seed!r}, but must be a whole number of 0 or more")
    if languages not in (FIXED, RESAMPLED):
        raise InputError(f"settings: statistics.languages is {languages!r}, but must be {FIXED} or {RESAMPLED}")
    return Statistics(draws, confidence, seed, languages == RESAMPLED)
