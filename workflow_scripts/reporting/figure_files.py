"""The files that a figure becomes, their flags on the command line, and how they are written."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from matplotlib.figure import Figure

from workflow_scripts.data.atomic import atomic_file

# What would change with the hour or the version is left out, so that the same figure gives the same bytes.
_METADATA = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@dataclass(frozen=True)
class FigureFiles:
    """One path a format."""

    svg: str | Path
    png: str | Path
    pdf: str | Path

    @staticmethod
    def add_flags(parser: ArgumentParser) -> None:
        """Add ``--output-svg``, ``--output-png`` and ``--output-pdf``."""
        for form in _METADATA:
            parser.add_argument(f"--output-{form}", required=True, metavar=f"F.{form}")

    @classmethod
    def of(cls, arguments: Namespace) -> Self:
        """Take them out of the parsed flags."""
        return cls(arguments.output_svg, arguments.output_png, arguments.output_pdf)

    def save(self, figure: Figure) -> None:
        """Write ``figure`` in every format, each file whole or not at all."""
        for form, metadata in _METADATA.items():
            with atomic_file(getattr(self, form)) as temporary:
                figure.savefig(temporary, format=form, metadata=metadata)
