"""The tiny experiment from its first rule to its report."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from workflow_scripts.planning.job_costs import read_rates

ROOT = Path(__file__).resolve().parents[2]


def test_every_result_is_there_and_not_empty(tiny):
    expected = [
        "report.html",
        "tables/per_language.csv",
        "tables/per_group.csv",
        "tables/comparisons.csv",
        "tables/scaling.csv",
        "tables/verdict.json",
        "tables/models.csv",
        "tables/tiny-atlas.md",
        "tables/tiny-atlas.tex",
        "plots/scaling.svg",
        "plots/scaling.png",
        "plots/training.svg",
    ]
    missing = [
        name for name in expected if not (tiny.results / name).is_file() or not (tiny.results / name).stat().st_size
    ]
    assert missing == []


def test_nothing_half_written_stays(tiny):
    state = tiny.results / ".partial"
    assert [path for path in tiny.results.rglob("*.partial") if path != state] == []
    assert [path for path in state.rglob("*") if path.is_file()] == []


def test_every_run_has_a_manifest_that_names_its_making(tiny):
    manifests = sorted(tiny.results.glob("models/*/*/*/manifest.json"))
    assert len(manifests) == 6
    for path in manifests:
        manifest = json.loads(path.read_text())
        assert {"files", "inputs", "versions", "git_commit", "wall_seconds", "peak_memory_mb", "seed", "device"} <= set(
            manifest
        )


def test_the_plan_of_a_finished_run_has_nothing_left(tiny):
    said = tiny.snakemake("plan").stdout
    assert re.search(r"^(\d+) jobs, \1 done, 0 left\.$", said, re.MULTILINE), said


def test_a_finished_run_gives_rates_of_the_processor_at_one_factor_to_ours(tiny):
    command = [sys.executable, ROOT / "benchmarks/plan.py", ROOT / "experiments/tiny.yaml", "--rates"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tiny.folder, env=environment, capture_output=True, text=True, check=True)
    (tiny.folder / "rates.csv").write_text(done.stdout)
    ours, own = (read_rates(path) for path in (ROOT / "resources/rates.csv", tiny.folder / "rates.csv"))
    factors = [rate / ours[rule][unit] for rule, units in own.items() for unit, rate in units.items()]
    assert factors == pytest.approx([factors[0]] * len(factors), rel=0.01) and factors[0] > 0
    assert not any(unit.startswith("gpu_") for units in own.values() for unit in units) and "fetch_model" not in own


def test_a_run_is_exported_for_other_tools(tiny):
    run, mteb = "results/tiny/runs/tiny-s/hybrid/1/tiny-atlas", "results/tiny/mteb/tiny-s/hybrid/1/tiny-atlas.json"
    tiny.snakemake(run, mteb)
    for setting in ("monolingual", "cross-lingual", "multilingual"):
        hits, judgements = (
            (tiny.folder / run / f"{setting}.{kind}.txt").read_text().splitlines() for kind in ("run", "qrels")
        )
        assert {len(line.split()) for line in hits} == {6} and {len(line.split()) for line in judgements} == {4}
        topics = {line.split()[0] for line in judgements}
        assert {line.split()[0] for line in hits} <= topics
    assert json.loads((tiny.folder / mteb).read_text())["scores"]


def test_snakemakes_own_report_carries_figures_tables_page_and_captions(tiny):
    command = tiny.command("--report", "own.zip")
    at = command.index("--cores")
    del command[at : at + 2]  # the README's command names none
    subprocess.run(command, cwd=tiny.folder, env=tiny.environment(), check=True, capture_output=True)
    with ZipFile(tiny.folder / "own.zip") as own:
        names = own.namelist()
        held = {own.read(name) for name in names}
        page = own.read("own/report.html").decode("utf-8")
    figures, tables = sorted(tiny.results.glob("plots/**/*.svg")), ["per_group", "comparisons", "scaling", "models"]
    assert len(figures) >= 10
    expected = [tiny.results / "report.html", *figures, *(tiny.results / f"tables/{name}.csv" for name in tables)]
    assert [path.name for path in expected if path.read_bytes() not in held] == []
    told = " ".join(page.replace("\\n", " ").split())
    for caption in (
        "hollow ones are not: there the data exclude only what lies outside the interval",
        "The diagonal is monolingual retrieval",
        "What the batches really held",
        "What became of the pairs that were drawn for machine translation",
        "Everything on one page that needs no network",
    ):
        assert caption in told
