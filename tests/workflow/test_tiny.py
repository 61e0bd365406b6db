"""The tiny experiment from its first rule to its report."""

import json

import pytest

pytestmark = pytest.mark.xdist_group("tiny")


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
