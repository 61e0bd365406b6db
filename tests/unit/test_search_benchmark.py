"""The benchmark of search keeps step with what it measures."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PASSAGES, DIMENSION = 3000, 96  # as many components as a product quantiser has pieces


@pytest.fixture
def benchmark(tmp_path):
    def run(*arguments):
        sizes = ["--folder", tmp_path / "vectors", "--passages", PASSAGES, "--queries", 20, "--dimension", DIMENSION]
        command = [sys.executable, ROOT / "benchmarks/search.py", *arguments, *sizes, "--repetitions", 1]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [*map(str, command)], check=True, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
        )
        return done.stdout

    run("prepare")
    return run


def test_every_kind_that_it_measures_finds_hits(benchmark):
    rows = [line for line in benchmark("kinds", "--kinds", "flat", "ivf-flat").splitlines() if line.startswith("| ")]
    cells = {row[0]: row for row in ([cell.strip() for cell in row.strip("|").split("|")] for row in rows)}
    assert cells["exact"][6:9] == cells["flat"][6:9] == ["1.0000"] * 3
    assert float(cells["ivf-flat"][6]) > 0


def test_the_comparison_with_faiss_ends_in_a_table(benchmark):
    assert "| ours, to the file of hits |" in benchmark("compare")
