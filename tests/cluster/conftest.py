"""One Slurm for all tests of this folder, and the tiny experiment run through it."""

import shutil
import tempfile
from pathlib import Path

import pytest
from cluster_workflow import ClusterWorkflow
from local_slurm import LocalSlurm, why_not
from workflow_copy import copy_of_the_workflow


@pytest.fixture(scope="session")
def slurm():
    """A running Slurm of one node; skips where none can be started."""
    if reason := why_not():
        pytest.skip(reason)
    # munged refuses a socket below a folder that only its owner may enter, as pytest's own are.
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    folder.chmod(0o755)
    with LocalSlurm(folder / "cluster") as cluster:
        yield cluster
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def clustered(slurm, tmp_path_factory) -> ClusterWorkflow:
    """The tiny experiment, made by Slurm's jobs, with the states of all. Tests that take something away put it back."""
    copy = copy_of_the_workflow(tmp_path_factory.mktemp("clustered") / "tree", "tiny")
    workflow = ClusterWorkflow(copy.folder, copy.experiment)
    workflow.snakemake("all")
    workflow.states = {job["state"] for job in slurm.jobs()}
    return workflow
