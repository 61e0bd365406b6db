"""The tiny experiment, run once to its end, for the tests that look at a finished run."""

import fcntl
import os
import shutil

import pytest
from hypothesis import settings
from workflow_copy import Workflow, copy_of_the_workflow

# A property holds or not; how long a draw takes on a busy machine says nothing.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Workflow:
    """The tiny experiment, finished. Tests that change it put it back.

    Of several workers one runs it, and each has a copy of its own.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    finished, own = shared / "finished-tiny", tmp_path_factory.mktemp("tiny") / "tree"
    with open(shared / "finished-tiny.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (finished / "done").exists():
            shutil.rmtree(finished, ignore_errors=True)  # of a worker whose run failed
            workflow = copy_of_the_workflow(finished / "tree", "tiny")
            # A strategy that is not among the experiment's: its pairs alone.
            workflow.snakemake("all", "results/tiny/pairs/codeswitched/codeswitch/tiny-atlas.parquet")
            (finished / "done").touch()
    shutil.copytree(finished / "tree", own, symlinks=True)
    return Workflow(own, "tiny")
