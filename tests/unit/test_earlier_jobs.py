"""Jobs that a killed Snakemake left in Slurm's queue are found by their folder and comment."""

import os

import pytest

from workflow_scripts.planning.earlier_jobs import jobs_left_behind


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """A squeue that prints what the test says, first on the path; and a folder in which Snakemake holds its lock."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "tree/.snakemake/locks").mkdir(parents=True)
    (tmp_path / "tree/.snakemake/locks/0.output.lock").touch()

    def says(*lines, status=0):
        script = "\n".join(["#!/bin/sh", *(f"echo '{line}'" for line in lines), f"exit {status}"])
        (programs / "squeue").write_text(script)
        (programs / "squeue").chmod(0o755)
        return tmp_path / "tree"

    return says


def test_only_jobs_of_rules_in_this_folder_count(queue, tmp_path):
    tree = queue(
        f"12|{tmp_path}/tree|rule_finetune_wildcards_s_mono_1",
        f"9_3|{tmp_path}/tree|rule_index_wildcards_s",
        f"7|{tmp_path}/other|rule_finetune_wildcards_s_mono_1",
        f"5|{tmp_path}/tree|(null)",  # the job in which Snakemake itself runs, say
    )
    assert jobs_left_behind(tree) == ["12", "9_3"]


def test_an_empty_queue_and_a_slurm_that_does_not_answer_stop_nothing(queue):
    assert jobs_left_behind(queue()) == []
    assert jobs_left_behind(queue("slurm_load_jobs error: Unable to contact slurm controller", status=1)) == []


def test_beside_another_living_process_nothing_is_said(queue, tmp_path):
    tree = queue(f"12|{tmp_path}/tree|rule_finetune_wildcards_s_mono_1")
    (tree / ".snakemake/locks/1.output.lock").touch()
    assert jobs_left_behind(tree) == []
