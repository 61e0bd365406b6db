"""The tables a person reads: one row a system, one column a language or group; as Markdown, LaTeX and CSV rows."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from workflow_scripts.reporting.clear_differences import is_clear
from workflow_scripts.reporting.labels import BM25, Labels, metric_label

LOWER_IS_BETTER = ("rank_distance", "rank_distance_share")
OF_THE_POOL = (*LOWER_IS_BETTER, "mrc@10")  # measured in every pool of a parallel collection, not asked for by name
NEAR_BEST = "†"
_IN_RANKS = ("rank_distance",)  # every other metric lies between 0 and 1 and is shown in points
_LANGUAGE = "lang:"
_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A mean over seeds and its standard deviation (None for one seed), both in the metric's own unit.

    ``best`` marks the best strategy of a model, ``near_best`` those that are not significantly worse.
    """

    mean: float
    sd: float | None
    best: bool = False
    near_best: bool = False


@dataclass(frozen=True)
class Row:
    """One system: its names, labels and number of seeds, and a cell a column (None where it has no value)."""

    model: str
    strategy: str
    model_label: str
    strategy_label: str
    seeds: int
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class ResultTable:
    """One collection, setting and metric; ``languages`` and ``groups`` are the heads of the columns, in this order."""

    collection: str
    setting: str
    metric: str
    languages: tuple[str, ...]
    groups: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The heads of the columns behind model and strategy."""
        return self.languages + self.groups

    @property
    def title(self) -> str:
        """What the table shows, and in which unit."""
        unit = "in ranks, lower is better" if self.metric in _IN_RANKS else "× 100"
        if self.metric in LOWER_IS_BETTER and self.metric not in _IN_RANKS:
            unit += ", lower is better"
        return f"{self.collection}, {self.setting}: {metric_label(self.metric)} ({unit})"

    def shown(self, value: float) -> str:
        """Return a value of this table in the unit of its title."""
        return f"{value:.1f}" if self.metric in _IN_RANKS else f"{100 * value:.1f}"


def result_tables(
    per_language: pd.DataFrame,
    per_group: pd.DataFrame,
    comparisons: pd.DataFrame,
    labels: Labels,
    *,
    collection: str,
    metrics: Sequence[str],
    level: float,
) -> list[ResultTable]:
    """Return one table a setting and metric of a collection, in the order of settings in the data, then of ``metrics``.

    ``comparisons`` are those of every two strategies of a model (``compare --all-pairs``). Metrics that
    ``metrics`` does not name come last. A strategy is near the best of its model if their difference is not clear
    (``is_clear``) at ``level``.
    """
    language_rows, group_rows = _by_slice(per_language, collection), _by_slice(per_group, collection)
    differ = {
        (
            *(row["setting"], row["metric"], row["model"], row["group"]),
            frozenset((row["strategy"], row["baseline"])),
        ): is_clear(row, level)
        for row in comparisons[comparisons["collection"] == collection].to_dict("records")
    }
    settings = list(dict.fromkeys(setting for setting, _ in language_rows))
    ordered = dict.fromkeys([*metrics, *(metric for _, metric in language_rows)])
    return [
        _table(collection, *key, language_rows[key], group_rows.get(key, []), differ, labels)
        for key in ((setting, metric) for setting in settings for metric in ordered)
        if key in language_rows
    ]


def _by_slice(frame: pd.DataFrame, collection: str) -> dict[tuple[str, str], list[dict]]:
    slices: dict[tuple[str, str], list[dict]] = {}
    for row in frame[frame["collection"] == collection].to_dict("records"):
        slices.setdefault((row["setting"], row["metric"]), []).append(row)
    return slices


def _table(
    collection: str,
    setting: str,
    metric: str,
    language_rows: list[dict],
    group_rows: list[dict],
    differ: dict[tuple, bool],
    labels: Labels,
) -> ResultTable:
    languages = tuple(dict.fromkeys(row["lang"] for row in language_rows))
    groups = tuple(dict.fromkeys(row["group"] for row in group_rows))
    found = {(row["model"], row["strategy"], _LANGUAGE + row["lang"]): row for row in language_rows}
    found |= {(row["model"], row["strategy"], row["group"]): row for row in group_rows}
    columns = (*(_LANGUAGE + lang for lang in languages), *groups)
    systems = dict.fromkeys((row["model"], row["strategy"]) for row in language_rows)
    cells: dict[tuple[str, str], list[Cell | None]] = {system: [] for system in systems}
    sign = -1 if metric in LOWER_IS_BETTER else 1
    for column in columns:
        for model in dict.fromkeys(model for model, _ in systems):
            rivals = {name: found.get((model, name, column)) for owner, name in systems if owner == model}
            best = max((sign * row["mean"] for row in rivals.values() if row), default=None)
            winners = [name for name, row in rivals.items() if row and sign * row["mean"] == best]
            for name, row in rivals.items():
                worse = [differ.get((setting, metric, model, column, frozenset((name, win))), True) for win in winners]
                cells[model, name].append(
                    Cell(
                        mean=row["mean"],
                        sd=None if pd.isna(row["sd"]) else row["sd"],
                        best=len(rivals) > 1 and name in winners,
                        near_best=len(rivals) > 1 and name not in winners and not all(worse),
                    )
                    if row
                    else None
                )
    seeds = {(row["model"], row["strategy"]): int(row["seeds"]) for row in language_rows}
    rows = tuple(
        Row(
            model=model,
            strategy=strategy,
            model_label=labels.model(model),
            strategy_label="" if model == BM25 else labels.strategy(strategy),
            seeds=seeds[model, strategy],
            cells=tuple(cells[model, strategy]),
        )
        for model, strategy in systems
    )
    return ResultTable(collection, setting, metric, languages, groups, rows)


def legend(level: float) -> str:
    """Return the sentence that explains the marks of every table."""
    return (
        "One row a model and strategy: mean ± standard deviation over seeds (none for a single seed). "
        "Per language, the mean is over its queries; per group, over the means of its languages. "
        f"Bold: the best strategy of a model; {NEAR_BEST}: not clearly worse than it (paired randomisation test, "
        f"Holm-corrected within the model and column, p > {level:g}; or the difference's interval holds 0)."
    )


def to_markdown(table: ResultTable) -> str:
    """Return a heading and an aligned Markdown table."""
    lines = [["model", "strategy", *map(_markdown_text, table.columns)]]
    for row in table.rows:
        lines.append(
            [_markdown_text(row.model_label), _markdown_text(row.strategy_label)]
            + [_markdown_cell(table, cell) for cell in row.cells]
        )
    widths = [max(3, *(len(line[i]) for line in lines)) for i in range(len(lines[0]))]
    rule = ["-" * width if i < 2 else "-" * (width - 1) + ":" for i, width in enumerate(widths)]

    def aligned(line: list[str]) -> str:
        cells = [
            text.ljust(width) if i < 2 else text.rjust(width)
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        return f"| {' | '.join(cells)} |"

    body = "\n".join(aligned(line) for line in [lines[0], rule, *lines[1:]])
    return f"## {_markdown_text(table.title)}\n\n{body}\n"


def _markdown_text(text: str) -> str:
    for special in ("\\", "|", "*", "_", "`", "<", "["):
        text = text.replace(special, "\\" + special)
    return text


def _markdown_cell(table: ResultTable, cell: Cell | None) -> str:
    if cell is None:
        return "–"
    mean = f"**{table.shown(cell.mean)}**" if cell.best else table.shown(cell.mean)
    spread = "" if cell.sd is None else f" ±{table.shown(cell.sd)}"
    return mean + (NEAR_BEST if cell.near_best else "") + spread


def latex_text(text: str) -> str:
    """Return text with LaTeX's special characters escaped, ± and × and the dagger as commands."""
    escaped = "".join(_LATEX.get(character, character) for character in text)
    return escaped.replace("±", r"$\pm$").replace("×", r"$\times$").replace(NEAR_BEST, r"\textsuperscript{\dag}")


def to_latex(table: ResultTable, note: str) -> str:
    """Return a floating table as wide as the line, with the packages ``booktabs`` and ``graphicx``."""
    many, more = len(table.languages), len(table.groups)
    spans = ((many, "languages"), (more, "groups of languages"))
    heads = [rf"\multicolumn{{{columns}}}{{c}}{{{name}}}" for columns, name in spans if columns]
    rules = rf"\cmidrule(lr){{3-{2 + many}}}" + (rf" \cmidrule(lr){{{3 + many}-{2 + many + more}}}" if more else "")
    body, previous = [], None
    for row in table.rows:
        if previous is not None and row.model != previous:
            body.append(r"\midrule")
        label = latex_text(row.model_label) if row.model != previous else ""
        cells = [label, latex_text(row.strategy_label), *(_latex_cell(table, cell) for cell in row.cells)]
        body.append(" & ".join(cells) + r" \\")
        previous = row.model
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering\setlength{\tabcolsep}{3pt}",
            rf"\caption{{{latex_text(table.title)}. {latex_text(note)}}}",
            rf"\label{{tab:{'-'.join((table.collection, table.setting, table.metric)).replace('_', '-')}}}",
            r"\resizebox{\linewidth}{!}{%",
            r"\begin{tabular}{@{}ll" + "r" * len(table.columns) + r"@{}}",
            r"\toprule",
            rf"& & {' & '.join(heads)} \\",
            rules,
            " & ".join(["model", "strategy", *map(_latex_head, table.columns)]) + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}}",
            r"\end{table}",
            "",
        ]
    )


def _latex_head(name: str) -> str:
    lines = [latex_text(line) for line in textwrap.wrap(name, 14, break_on_hyphens=False, break_long_words=False)] or [
        ""
    ]
    return lines[0] if len(lines) == 1 else r"\shortstack[r]{" + r"\\".join(lines) + "}"


def _latex_cell(table: ResultTable, cell: Cell | None) -> str:
    if cell is None:
        return "--"
    mean = rf"\textbf{{{table.shown(cell.mean)}}}" if cell.best else table.shown(cell.mean)
    mark = r"\textsuperscript{\dag}" if cell.near_best else ""
    spread = "" if cell.sd is None else rf"\,{{\tiny$\pm${table.shown(cell.sd)}}}"
    return mean + mark + spread


def csv_columns(tables: Sequence[ResultTable]) -> list[str]:
    """Return the columns of ``csv_rows``: what a row is about, then mean and standard deviation of every column."""
    columns = dict.fromkeys([lang for table in tables for lang in table.languages])
    columns |= dict.fromkeys([group for table in tables for group in table.groups])
    values = [name for column in columns for name in (column, f"{column} sd")]
    return ["collection", "setting", "metric", "model", "strategy", "seeds", *values]


def csv_rows(tables: Sequence[ResultTable]) -> list[list[str | int | float | None]]:
    """Return one row a table's row, with the columns of ``csv_columns``, in the metrics' own units."""
    columns = csv_columns(tables)[6::2]
    rows: list[list[str | int | float | None]] = []
    for table in tables:
        for row in table.rows:
            found = dict(zip(table.columns, row.cells, strict=True))
            values: list[float | None] = []
            for column in columns:
                cell = found.get(column)
                values += [cell.mean, cell.sd] if cell else [None, None]
            rows.append([table.collection, table.setting, table.metric, row.model, row.strategy, row.seeds, *values])
    return rows
