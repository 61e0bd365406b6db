"""What a reader sees in place of the names that code and tables use, and in which order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflow_scripts.data.errors import InputError

_METRICS = {
    "ndcg": "nDCG",
    "recall": "Recall",
    "map": "MAP",
    "mrr": "MRR",
    "precision": "Precision",
    "comprehensiveness": "Comprehensiveness",
    "mrc": "MRC",
    "rank_distance": "rank distance",
    "rank_distance_share": "rank distance / pool size",
}
BM25 = "bm25"  # model and strategy of the lexical baseline


def metric_label(metric: str) -> str:
    """Return a metric's usual spelling: ``ndcg@10`` is nDCG@10; an unknown name stays as it is."""
    name, at, cutoff = metric.partition("@")
    return _METRICS.get(name, name) + at + cutoff


def count_label(count: float) -> str:
    """Return a number of parameters in three digits and a unit: 156,000 is 156 k."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= 0.9995 * limit:  # 999,700 in three digits is 1 M
            return f"{count / limit:.3g} {unit}"
    return f"{count:.0f}"


def group_label(group: str) -> str:
    """Return how a sentence names a group's languages: ``low-resource languages``."""
    return f"{group} languages" if group in ("all", "low-resource") else f"languages of the group “{group}”"


@dataclass(frozen=True)
class Labels:
    """Labels of models, strategies and the languages of one collection, in display order; members of its groups.

    ``names`` are the English names of languages, by code; it may name more than the collection has.
    """

    models: Mapping[str, str]
    strategies: Mapping[str, str]
    languages: Mapping[str, str]
    groups: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]

    @classmethod
    def from_settings(cls, settings: dict[str, Any], collection: str) -> "Labels":
        """Read the display settings that the plan makes for tables, plots and the report.

        ``models`` and ``strategies`` are lists in display order, ``labels`` and ``languages`` name them,
        ``collections`` gives each collection's languages and groups. Raises InputError where a key is missing.
        """
        labels, names = setting(settings, "labels", dict), setting(settings, "languages", dict)
        collections = setting(settings, "collections", dict)
        design = setting(collections, collection, dict)
        ordered = {}
        for key in ("models", "strategies"):
            known = setting(labels, key, dict)
            ordered[key] = {name: str(known.get(name, name)) for name in setting(settings, key, list)}
        languages = {code: str(names.get(code, code)) for code in setting(design, "languages", list)}
        groups = {name: tuple(members) for name, members in setting(design, "groups", dict).items()}
        return cls(**ordered, languages=languages, groups=groups, names=names)

    def model(self, name: str) -> str:
        """Return a model's label."""
        return "BM25" if name == BM25 else self.models.get(name, name)

    def strategy(self, name: str) -> str:
        """Return a strategy's label."""
        return "BM25" if name == BM25 else self.strategies.get(name, name)

    def language(self, code: str) -> str:
        """Return a language's English name, its code where it has none."""
        return str(self.names.get(code, code))

    def members(self, group: str) -> tuple[str, ...]:
        """Return the languages of a group; raise InputError for a name that no group bears."""
        if group not in self.groups:
            raise InputError(f"settings: group {group!r} is unknown; the groups are {', '.join(self.groups)}")
        return self.groups[group]


def setting(settings: dict[str, Any], key: str, kind: type | tuple[type, ...]) -> Any:
    """Return ``settings[key]``; raise InputError where it is missing or not of ``kind``."""
    if key not in settings:
        raise InputError(f"settings: key {key!r} is missing; there are {', '.join(sorted(settings)) or 'none'}")
    if not isinstance(settings[key], kind):
        raise InputError(f"settings: key {key!r} has the value {settings[key]!r}, which is of the wrong type")
    return settings[key]
