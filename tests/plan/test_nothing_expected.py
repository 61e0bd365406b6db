"""Checking an experiment of which nobody has written down what it should give stops in one line, before any job."""

from workflow_copy import copy_of_the_workflow


def test_check_without_expected_values_says_so_and_makes_nothing(tmp_path):
    workflow = copy_of_the_workflow(tmp_path / "tree", "tiny")
    done = workflow.snakemake("check", check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "expected/tiny.yaml: no such file, so nothing is known to check: write there" in said
    assert "MissingInputException" not in said and "Traceback" not in said
    assert not list(workflow.results.rglob("*.parquet"))


def test_expected_values_are_an_input_where_there_are_some(tmp_path):
    workflow = copy_of_the_workflow(tmp_path / "tree", "tiny")
    (workflow.folder / "expected/mini.yaml").rename(workflow.folder / "expected/tiny.yaml")
    done = workflow.snakemake("check", "--dry-run", "--printshellcmds")
    assert "--expected expected/tiny.yaml" in done.stdout + done.stderr
