"""A workflow in a folder whose name Snakemake would read as its own says so in one line."""

from workflow_copy import copy_of_the_workflow


def test_a_folder_with_a_brace_is_refused(tmp_path):
    workflow = copy_of_the_workflow(tmp_path / "{lang}", "tiny")
    done = workflow.snakemake("--dry-run", "all", check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert f"error: {workflow.folder}: the folder's name holds '{{', which Snakemake reads as its own" in said
    assert "Traceback" not in said
