"""Results that may not be written to: the first line says so, and what to do; what writes nothing goes on."""

import contextlib
import os
import subprocess

import pytest
from workflow_copy import copy_of_the_workflow

REMEDY = "make it writable and run again"
OUTPUT = "sources/atlas/texts-sw.jsonl"


@contextlib.contextmanager
def read_only(folder):
    """Root may write to any folder, but for a file system that is read-only."""
    if os.geteuid():
        paths = [folder, *folder.rglob("*")]
        modes = [path.stat().st_mode for path in paths]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            yield
        finally:
            for path, mode in zip(paths, modes, strict=True):
                path.chmod(mode)
        return
    mounts = ["mount", "--bind", folder, folder], ["mount", "-o", "remount,bind,ro", folder]
    for number, command in enumerate(mounts):
        if subprocess.run(command, capture_output=True).returncode:
            if number:
                subprocess.run(["umount", folder], check=True)
            pytest.skip("root that may not mount cannot make a folder read-only")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    """The tiny experiment with one output, which --force would replace."""
    workflow = copy_of_the_workflow(tmp_path_factory.mktemp("read-only") / "tree", "tiny")
    output = workflow.results / OUTPUT
    output.parent.mkdir(parents=True)
    output.write_text("{}\n")
    return workflow


def said_by(workflow, *arguments):
    done = workflow.snakemake(*arguments, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_run_says_first_what_to_do(workflow):
    with read_only(workflow.results):
        status, said = said_by(workflow, "--force", f"results/tiny/{OUTPUT}")
    assert status != 0
    remedies = [line for line in said.splitlines() if REMEDY in line]
    assert remedies and remedies[0].startswith(f"{workflow.results}: may not be written to")
    assert said.index(REMEDY) < said.index("Write-protected output files")
    assert "Traceback" not in said


def test_a_run_stops_where_nothing_is_to_be_replaced_yet(workflow):
    with read_only(workflow.results):
        status, said = said_by(workflow, "results/tiny/texts/tiny-atlas/sw.parquet")
    assert status != 0
    assert REMEDY in said and "Traceback" not in said
    assert not (workflow.results / "texts").exists()


def test_what_writes_nothing_goes_on(workflow):
    with read_only(workflow.results):
        status, said = said_by(workflow, "--dry-run", "results/tiny/texts/tiny-atlas/sw.parquet")
        assert status == 0 and REMEDY not in said, said[-2000:]
        status, said = said_by(workflow, "--summary", "all")
        assert status == 0, said[-2000:]
