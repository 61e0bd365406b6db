"""Sentences that say what the numbers say, whichever way they fall.

A difference counts as seen where its interval excludes zero, and not otherwise. An interval without width is none: it
excludes nothing. A single observation has no interval at all.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from workflow_scripts.evaluation.comparisons import Comparison
from workflow_scripts.evaluation.model_sizes import ModelSize
from workflow_scripts.evaluation.scaling import ScalingFit, difference_name
from workflow_scripts.reporting.few_queries import FEWEST_QUERIES
from workflow_scripts.reporting.labels import count_label, metric_label

GROWS, SHRINKS, UNCHANGED, TOO_LITTLE = "grows", "shrinks", "no evidence of a change", "too little data"
FEWEST_SIZES = 3  # of one family: two points always lie on a line
_MOST_IN_A_SENTENCE = 4  # models whose numbers a sentence can hold
LOWER_IS_BETTER = ("rank_distance", "rank_distance_share")
_MINUS = "−"
_ROUNDING = 1e-12
_MOST_DECIMALS = 4  # the tables' six, in points


@dataclass(frozen=True)
class Quantity:
    """What the sentences are about: a metric in a setting, over the languages of a group.

    ``few`` are those of the languages that have too few queries for an interval (``reporting/few_queries.py``).
    """

    setting: str
    metric: str
    group: str
    languages: tuple[str, ...]
    few: tuple[str, ...] = ()

    @property
    def higher_is_better(self) -> bool:
        """Whether more of the metric is better."""
        return self.metric not in LOWER_IS_BETTER

    @property
    def scale(self) -> float:
        """The factor from the tables' values to the sentences' unit."""
        return 1.0 if self.metric == "rank_distance" else 100.0

    def amount(self, value: float) -> str:
        """Return a size without its sign, with the unit: ``0.8 points``."""
        number = f"{abs(value) * self.scale:.1f}"
        unit = "rank" if self.metric == "rank_distance" else "point"
        return f"{number} {unit}" if number == "1.0" else f"{number} {unit}s"

    def number(self, value: float, decimals: int = 1) -> str:
        """Return a signed number in the sentences' unit, never a negative zero."""
        number = f"{value * self.scale:+.{decimals}f}"
        return number.lstrip("+-") if float(number) == 0 else number.replace("-", _MINUS).removeprefix("+")

    def interval(self, low: float, high: float) -> str:
        """Return ``[−1.9, 0.3]``; one that excludes zero does not seem to reach it: ``[0.02, 7.95]``."""
        if math.isnan(low):
            return "[no interval]"
        decimals = 1
        if not _is_open(low, high):
            nearest = min(abs(low), abs(high)) * self.scale
            while decimals < _MOST_DECIMALS and float(f"{nearest:.{decimals}f}") == 0:
                decimals += 1
        return f"[{self.number(low, decimals)}, {self.number(high, decimals)}]"


def listing(names: Sequence[str]) -> str:
    """Join names as a sentence does: ``S, M and L``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def telling_sizes(sizes: Iterable[ModelSize]) -> int:
    """Return how many different sizes of one family would tell as much about a slope as ``sizes`` of several.

    Each family has its own intercept, which takes one of its sizes; each further one tells about the common slope.
    """
    families: dict[str, set[int]] = {}
    for size in sizes:
        families.setdefault(size.family, set()).add(size.non_embedding)
    return 1 + sum(len(different) - 1 for different in families.values())


def trend(fit: ScalingFit | None, sizes: int) -> str:
    """Classify a difference of slopes by its interval; too little data below three ``telling_sizes``."""
    if fit is None or sizes < FEWEST_SIZES:
        return TOO_LITTLE
    if _is_open(fit.low, fit.high):
        return UNCHANGED
    return GROWS if fit.low > 0 else SHRINKS


def trend_sentence(
    strategy: str, baseline: str, fits: Sequence[ScalingFit], sizes: Mapping[str, ModelSize], quantity: Quantity
) -> dict:
    """Say how strategy - baseline changes with size.

    ``fits`` are those of this difference, on all models and without each; ``sizes`` are the models that have both.
    """
    name = f"{strategy} {_MINUS} {baseline}"
    whole = next((fit for fit in fits if not fit.left_out), None)
    without = [fit for fit in fits if fit.left_out]
    status = trend(whole, telling_sizes(sizes.values()))
    if whole is None or status == TOO_LITTLE:
        distinct = len({size.non_embedding for size in sizes.values()})
        many = f"{distinct} model size" + ("" if distinct == 1 else "s")
        reason = " of one family, or two of each of two," if distinct >= FEWEST_SIZES else ""
        text = (
            f"Too little data: {many} cannot show whether {name} changes as models grow "
            f"(at least {FEWEST_SIZES}{reason} are needed)."
        )
    else:
        direction = GROWS if whole.slope > 0 else SHRINKS
        change = f"{direction} by {quantity.amount(whole.slope)}"
        if quantity.number(whole.slope) == "0.0":
            change = f"changes by less than {quantity.amount(0.1 / quantity.scale)}"
        text = f"{name} {change} a decade of non-embedding parameters {quantity.interval(whole.low, whole.high)}: "
        if status == UNCHANGED:
            text += "no evidence of a change."
        else:
            gains = (status == GROWS) == quantity.higher_is_better
            text += f"{strategy} {'gains on' if gains else 'loses ground to'} {baseline} as models grow"
            text += _robustness(status, without, sizes) + "."
    numbers = {
        "difference": difference_name(strategy, baseline),
        "fit": None if whole is None else json_numbers(whole),
        "without_one_model": [json_numbers(fit) for fit in without],
    }
    return {"about": "trend", "baseline": baseline, "status": status, "sentence": text, "numbers": numbers}


def json_numbers(record: ScalingFit | Comparison) -> dict[str, Any]:
    """Return a record's fields, None for what is not a finite number: JSON has no word for NaN."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in asdict(record).items()
    }


def _robustness(status: str, without: Sequence[ScalingFit], sizes: Mapping[str, ModelSize]) -> str:
    hinges = [fit.left_out for fit in without if trend(fit, FEWEST_SIZES) != status]
    labels = [sizes[model].label for model in hinges]
    if len(without) < len(sizes):
        return ""
    if not hinges:
        return ", whichever model is left out"
    without_them = "it" if len(labels) == 1 else "any one of them"
    return f", but this needs {listing(labels)}: without {without_them} the data do not show it"


def difference_sentence(
    strategy: str, baseline: str, found: Sequence[Comparison], sizes: Mapping[str, ModelSize], quantity: Quantity
) -> dict:
    """Say how strategy compares with baseline at each size; ``found`` has one comparison a model."""
    found = sorted(found, key=lambda row: (sizes[row.model].non_embedding, row.model))
    measured = f"{', '.join(quantity.languages)}; {quantity.setting} {metric_label(quantity.metric)}"
    where = f"In the group “{quantity.group}” ({measured})"
    if not found:
        text = f"{where}, no model has both {strategy} and {baseline}, so they cannot be compared."
        return {"about": "difference", "baseline": baseline, "status": TOO_LITTLE, "sentence": text, "numbers": []}
    sides: dict[str, list[str]] = {"ahead": [], "behind": [], "unclear": []}
    for row in found:
        sides[side(row, quantity)].append(sizes[row.model].label)
    text = f"{where}, {strategy} {_MINUS} {baseline} {_course(found, sizes, quantity)}: {_standing(strategy, sides)}."
    if quantity.few:
        few = ", ".join(quantity.few)
        text += f" Fewer than {FEWEST_QUERIES} independent observations ({few}) make intervals too narrow."
    numbers = [{**json_numbers(row), "non_embedding": sizes[row.model].non_embedding} for row in found]
    status = next((name for name, labels in sides.items() if len(labels) == len(found)), "mixed")
    return {"about": "difference", "baseline": baseline, "status": status, "sentence": text, "numbers": numbers}


def _course(found: Sequence[Comparison], sizes: Mapping[str, ModelSize], quantity: Quantity) -> str:
    """Say the difference at each size, or at the smallest and the largest where the sizes are many."""
    parts = []
    for row in found if len(found) <= _MOST_IN_A_SENTENCE else (found[0], found[-1]):
        size = sizes[row.model]
        unit = "" if parts else " ranks" if quantity.metric == "rank_distance" else " points"
        parts.append(
            f"{quantity.number(row.difference)}{unit} {quantity.interval(row.low, row.high)} "
            f"at {size.label} ({count_label(size.non_embedding)})"
        )
    return f"is {listing(parts)}" if len(parts) == len(found) else f"goes from {parts[0]} to {parts[1]}"


def side(row: Comparison, quantity: Quantity) -> str:
    """Return whether the strategy is ahead of the baseline, behind it, or neither can be told."""
    if _is_open(row.low, row.high):
        return "unclear"
    return "ahead" if (row.low > 0) == quantity.higher_is_better else "behind"


def _is_open(low: float, high: float) -> bool:
    """Whether an interval leaves open on which side of zero the truth lies."""
    return not (low > 0 or high < 0) or high - low < _ROUNDING


def _standing(strategy: str, sides: Mapping[str, list[str]]) -> str:
    total = sum(map(len, sides.values()))
    if len(sides["unclear"]) == total:
        return "no clear difference" + (" at any size" if total > 1 else "")
    clauses = [
        f"{strategy} is {name} at " + ("every size" if len(sides[name]) == total > 1 else _models(sides[name], total))
        for name in ("ahead", "behind")
        if sides[name]
    ]
    if sides["unclear"]:
        clauses.append(f"no clear difference at {_models(sides['unclear'], total)}")
    return "; ".join(clauses)


def _models(labels: Sequence[str], total: int) -> str:
    """Name models, or count them where the sentence would be a list of most of many."""
    many = total > _MOST_IN_A_SENTENCE and len(labels) > _MOST_IN_A_SENTENCE
    return f"{len(labels)} of {total} models" if many else listing(labels)
