"""Draw what became of the pairs that were drawn for translation: kept, or dropped and why, per language."""

import argparse
from collections import defaultdict
from pathlib import Path

from workflow_scripts.command_line import run
from workflow_scripts.data.errors import InputError
from workflow_scripts.reporting.figure_files import FigureFiles
from workflow_scripts.reporting.figure_text import draw_legend
from workflow_scripts.reporting.style import (
    BLACK,
    BLUE,
    COLUMN_WIDTH,
    GREEN,
    GREY,
    LIGHT_GREY,
    ORANGE,
    PURPLE,
    SKY_BLUE,
    VERMILLION,
    YELLOW,
    new_figure,
)
from workflow_scripts.translation.reasons import KEPT, NOT_DRAWN, REASONS
from workflow_scripts.translation.yield_table import read_yield

_LABELS = {
    KEPT: "kept",
    "empty": "empty",
    "cut_off": "cut off",
    "length_ratio": "length ratio",
    "copied": "copied",
    "script": "script",
    "repeated": "repeated",
    "language": "language",
    "round_trip": "round trip",
    "similarity": "similarity",
}
# Hatches tell neighbouring reasons apart in a grey print.
_LOOKS = {
    KEPT: (BLUE, ""),
    "empty": (GREY, ""),
    "cut_off": (YELLOW, "...."),
    "length_ratio": (ORANGE, ""),
    "copied": (SKY_BLUE, "////"),
    "script": (VERMILLION, ""),
    "repeated": (PURPLE, "\\\\\\\\"),
    "language": (GREEN, ""),
    "round_trip": (LIGHT_GREY, "xxxx"),
    "similarity": (BLACK, ""),
}


def plot_translation_yield(*, path_to_yields: list[Path], files: FigureFiles) -> None:
    """Draw one stacked horizontal bar a source and language from the yield tables of ``translate``.

    A bar is the share of the drawn pairs that were kept or dropped for each reason (their sides taken together); the
    numbers beside it are pairs. Raises InputError where a table is broken or two name the same source and language.
    """
    counts = _read_counts(path_to_yields)
    sources = {source for source, _ in counts}
    names = [lang if len(sources) == 1 else f"{lang} ({source})" for source, lang in counts]
    drawn = [sum(reasons[reason] for reason in (KEPT, *REASONS)) for reasons in counts.values()]

    figure = new_figure(COLUMN_WIDTH, 1.3 + 0.3 * len(names))
    axes = figure.add_subplot()
    left = [0.0] * len(names)
    for reason in (KEPT, *REASONS):
        shares = [
            100 * reasons[reason] / total if total else 0.0
            for reasons, total in zip(counts.values(), drawn, strict=True)
        ]
        if not any(shares):
            continue
        color, hatch = _LOOKS[reason]
        axes.barh(
            names,
            shares,
            left=left,
            height=0.66,
            color=color,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.5,
            label=_LABELS[reason],
        )
        left = [start + share for start, share in zip(left, shares, strict=True)]
    for row, (reasons, total) in enumerate(zip(counts.values(), drawn, strict=True)):
        text = f"{reasons[KEPT]:,} of {total:,}"
        if reasons[NOT_DRAWN]:
            text += f"; {reasons[NOT_DRAWN]:,} not drawn"
        axes.annotate(text, (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=8)
    axes.set(xlim=(0, 100), xlabel="pairs drawn for translation (%)", ylabel="language", title="Yield of translation")
    axes.set_ylim(len(names) - 0.5, -0.5)  # the first language on top
    axes.grid(axis="x", color=LIGHT_GREY)
    axes.grid(visible=False, axis="y")
    draw_legend(figure, *axes.get_legend_handles_labels(), 7)
    files.save(figure)


def _read_counts(path_to_yields: list[Path]) -> dict[tuple[str, str], dict[str, int]]:
    """Return the counts of pairs by reason for each source and language, in the order of both names."""
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for path in path_to_yields:
        here: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys((KEPT, *REASONS, NOT_DRAWN), 0))
        for row in read_yield(path):
            if row.side != "pair":
                continue
            if row.reason not in _LOOKS and row.reason != NOT_DRAWN:
                raise InputError(f"{path}: no filter is called {row.reason!r}; rerun translate")
            here[row.source, row.lang][row.reason] += row.count
        if not here:
            raise InputError(f"{path}: has no row of side pair; rerun translate")
        if twice := sorted(set(here) & set(counts)):
            raise InputError(f"{path}: {' '.join(twice[0])} stands in another of the tables as well")
        counts.update(here)
    return dict(sorted(counts.items()))


def main() -> None:
    """Parse the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--yield", required=True, nargs="+", type=Path, dest="path_to_yields", help="yield tables")
    FigureFiles.add_flags(parser)
    arguments = parser.parse_args()
    plot_translation_yield(
        path_to_yields=arguments.path_to_yields,
        files=FigureFiles.of(arguments),
    )


if __name__ == "__main__":
    run(main)
