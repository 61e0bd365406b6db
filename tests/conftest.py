"""The tiny experiment, run once to its end, for the tests that look at a finished run."""

import pytest
from hypothesis import settings
from workflow_copy import Workflow, copy_of_the_workflow

# A property holds or not; how long a draw takes on a busy machine says nothing.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Workflow:
    """The tiny experiment, finished. Tests that change it put it back."""
    workflow = copy_of_the_workflow(tmp_path_factory.mktemp("tiny") / "tree", "tiny")
    # A strategy that is not among the experiment's: its pairs alone.
    workflow.snakemake("all", "results/tiny/pairs/codeswitched/codeswitch/tiny-atlas.parquet")
    return workflow
