"""Write the report: one self-contained HTML page with the answer, figures, tables, method and provenance."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.reporting.benchmark_files import benchmark_files
from workflow_scripts.reporting.page import PageFiles, render_page
from workflow_scripts.reporting.page_facts import PageInputs, page_facts


def report(
    *,
    inputs: PageInputs,
    path_to_template: str | Path,
    path_to_style: str | Path,
    path_to_script: str | Path,
    settings: dict[str, Any],
    path_to_output: str | Path,
) -> None:
    """Write the page. ``settings`` are the display settings, and ``config``: the whole resolved config."""
    files = PageFiles.read(path_to_template, path_to_style, path_to_script)
    page = render_page(files, page_facts(inputs, settings))
    with atomic_file(path_to_output) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _named(argument: str) -> tuple[str, Path]:
    """Read one ``NAME=PATH``."""
    name, equals, path = argument.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError(f"{argument!r} is not of the form NAME=PATH")
    return name, Path(path)


def main() -> None:
    """Parse the command line and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--figure", nargs="*", default=[], type=_named, metavar="NAME=SVG", help="scaling, <collection>/heatmap, …"
    )
    parser.add_argument("--table", nargs="*", default=[], type=_named, metavar="NAME=CSV", help="per_group, models, …")
    parser.add_argument("--verdict", required=True, type=Path, help="verdict.json")
    parser.add_argument("--licences", required=True, type=Path, help="licences.csv")
    parser.add_argument("--benchmarks", type=Path, metavar="FOLDER", help="of Snakemake's benchmark files")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="of the logs of the same jobs")
    parser.add_argument("--manifests", nargs="*", default=[], type=Path, help="manifest.json of the fine-tuned runs")
    parser.add_argument("--yield", nargs="*", default=[], type=Path, dest="yields", help="yield tables of translate")
    parser.add_argument("--lexicon-coverage", nargs="*", default=[], type=Path, help="table of measure_lexicons")
    parser.add_argument("--switching-rates", nargs="*", default=[], type=Path, help="tables of codeswitch")
    parser.add_argument("--overlap-reports", nargs="*", default=[], type=Path, help="overlaps/<lang>.csv")
    parser.add_argument("--dropped", nargs="*", default=[], type=Path, help="tables of rows that the readers dropped")
    parser.add_argument("--template", required=True, help="page.html.j2")
    parser.add_argument("--style", required=True, help="style.css")
    parser.add_argument("--script", required=True, help="tables.js")
    parser.add_argument("--settings", required=True, type=settings, help="display settings and config as JSON")
    parser.add_argument("--output", required=True, help="report.html")
    arguments = parser.parse_args()
    folder = arguments.benchmarks
    report(
        inputs=PageInputs(
            figures=dict(arguments.figure),
            tables=dict(arguments.table),
            verdict=arguments.verdict,
            licences=arguments.licences,
            benchmarks=benchmark_files(folder, arguments.settings["jobs"]) if folder else [],
            manifests=arguments.manifests,
            yields=arguments.yields,
            overlap_reports=arguments.overlap_reports,
            lexicon_coverage=arguments.lexicon_coverage,
            switching_rates=arguments.switching_rates,
            dropped=arguments.dropped,
            logs=arguments.logs,
        ),
        path_to_template=arguments.template,
        path_to_style=arguments.style,
        path_to_script=arguments.script,
        settings=arguments.settings,
        path_to_output=arguments.output,
    )


if __name__ == "__main__":
    run(main)
