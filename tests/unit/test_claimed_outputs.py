"""Two processes never claim the same file, and a claim ends with its process."""

import asyncio
import logging
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from snakemake.exceptions import WorkflowError, print_exception
from snakemake.io import IOFile
from snakemake.logging import logger

from workflow_scripts.planning.claimed_outputs import explain_what_went

ROOT = Path(__file__).resolve().parents[2]
# Claims what it is told to, says what another has, and stays until its input ends.
CLAIM = """
import sys
from pathlib import Path
from workflow_scripts.planning.claimed_outputs import claim_outputs
print(claim_outputs(Path(sys.argv[1]), sys.argv[2:]), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def claim(tmp_path):
    """Start a process that claims names; return it and what it found."""
    started = []

    def start(*names):
        process = subprocess.Popen(
            [sys.executable, "-c", CLAIM, str(tmp_path / "claims"), *names],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def found(process):
    return process.stdout.readline().strip()


def test_a_file_is_claimed_once_and_others_are_free(claim):
    assert found(claim("a", "b")) == "None"
    assert found(claim("b", "c")) == "b"
    assert found(claim("c")) == "None"


def test_of_many_that_start_at_once_one_has_the_file(claim):
    processes = [claim("a") for _ in range(8)]
    assert sorted(map(found, processes)) == ["None", "a", "a", "a", "a", "a", "a", "a"]


def test_a_killed_process_leaves_no_claim(claim, tmp_path):
    process = claim("a")
    assert found(process) == "None"
    process.kill()
    process.wait()
    assert found(claim("a")) == "None"
    assert len(list((tmp_path / "claims").glob("*.outputs"))) == 1


def test_a_claim_in_a_group_s_folder_can_be_read_by_the_group(claim, tmp_path):
    before = os.umask(0o002)
    try:
        process = claim("a")
    finally:
        os.umask(before)
    assert found(process) == "None"
    (path,) = (tmp_path / "claims").glob("*.outputs")
    assert path.stat().st_mode & 0o777 == 0o664


def logged_of_a_file_that_went(folder, path, caplog):
    """Let Snakemake log what it says of a file that went while it looked; return that."""
    explain = partial(explain_what_went, folder)
    logger.addFilter(explain)
    try:
        with pytest.raises(WorkflowError) as raised:
            asyncio.run(IOFile(path).mtime_uncached())
        with caplog.at_level(logging.ERROR, logger.name):
            print_exception(raised.value)
    finally:
        logger.removeFilter(explain)
    return caplog.messages[-1]


def test_who_made_a_file_go_is_said_in_place_of_a_guess(claim, tmp_path, caplog):
    gone = str(tmp_path / "a b.jsonl")
    assert found(claim(gone)) == "None"
    said = logged_of_a_file_that_went(tmp_path / "claims", gone, caplog)
    assert said == f"{gone}: another Snakemake process is making it: wait until that has ended and run again"


def test_of_a_file_that_nobody_makes_snakemakes_own_words_stay(claim, tmp_path, caplog):
    process = claim(str(tmp_path / "a"))
    assert found(process) == "None"
    said = logged_of_a_file_that_went(tmp_path / "claims", str(tmp_path / "b"), caplog)
    assert "although it existed before" in said
    process.kill()
    process.wait()
    said = logged_of_a_file_that_went(tmp_path / "claims", str(tmp_path / "a"), caplog)
    assert "although it existed before" in said
