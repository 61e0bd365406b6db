"""Jobs that run at once on one machine take different GPUs; no GPU is needed to see that."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

import pytest

from workflow_scripts.data import gpus
from workflow_scripts.training import launch

ROOT = Path(__file__).resolve().parents[2]
DECIDING = ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID", "LOCAL_RANK")
JOB = "from workflow_scripts.data.gpus import take_gpu; print(take_gpu({count}), flush=True); input()"


@pytest.fixture
def start(tmp_path):
    """Start a job that sees so many GPUs and return it with the number that it took; all end with the test."""
    with ExitStack() as ends:

        def start_job(count, **environment):
            inherited = {name: value for name, value in os.environ.items() if name not in DECIDING}
            job = subprocess.Popen(
                [sys.executable, "-c", JOB.format(count=count)],
                cwd=ROOT,
                env=inherited | {"TMPDIR": str(tmp_path)} | environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            ends.callback(job.wait)
            ends.callback(job.kill)
            return job, int(job.stdout.readline())

        yield start_job


def test_each_job_takes_a_gpu_of_its_own_until_it_ends(start):
    (first, number), (_, other) = start(2), start(2)
    assert {number, other} == {0, 1}
    assert start(2)[1] == 0 and start(2, LOCAL_RANK="3")[1] == 1  # more jobs than GPUs share
    first.kill()
    first.wait()
    assert start(2, LOCAL_RANK="0" if number else "1")[1] == number


def test_a_gpu_is_known_by_the_name_that_all_processes_have_for_it(start):
    assert start(1, CUDA_VISIBLE_DEVICES="1")[1] == 0
    assert [start(2)[1], start(2, CUDA_VISIBLE_DEVICES="1,0", LOCAL_RANK="1")[1]] == [0, 1]


def test_jobs_of_a_cluster_have_gpus_of_their_own(start):
    assert [start(1, SLURM_JOB_ID=job)[1] for job in ("7", "8")] == [0, 0]
    assert [start(2, SLURM_JOB_ID="7")[1], start(2, SLURM_JOB_ID="9")[1]] == [1, 0]


def test_without_locks_the_number_of_the_process_decides(start, tmp_path):
    for number in range(2):
        (tmp_path / f"hybrid-batch-gpu-{os.getuid()}-local-{number}.lock").mkdir()
    assert start(2, LOCAL_RANK="1")[1] == 1


ENTRIES = ("compare_translations", "encode", "finetune", "pretrain", "translate_shard", "try_learning_rate")


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_job_that_was_given_no_gpu_hides_all_before_it_asks_for_one(entry, monkeypatch):
    """Every job that computes on a GPU; flags beyond ``--gpus`` are made up."""

    class Hidden(Exception):
        pass

    def keep_to(given):
        assert given == 0
        gpus.keep_to_gpus(given)
        raise Hidden

    module = import_module(f"workflow_scripts.{entry}")
    caller = launch if entry in ("finetune", "try_learning_rate") else module
    monkeypatch.setattr(caller, "keep_to_gpus", keep_to)
    monkeypatch.setattr(ArgumentParser, "error", lambda *_: None)  # the flags that are missing
    monkeypatch.setattr(sys, "argv", [entry, "--gpus", "0"])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with pytest.raises(Hidden):
        module.main()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ""


@pytest.mark.parametrize("given", [None, 1, 4])
def test_a_job_that_was_given_gpus_sees_what_it_saw(given, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    gpus.keep_to_gpus(given)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"
