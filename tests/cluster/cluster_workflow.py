"""The workflow with its jobs in Slurm's queue, and what a test asks the queue for."""

import subprocess

import pytest
from local_slurm import LocalSlurm, wait_until
from workflow_copy import Workflow


class ClusterWorkflow(Workflow):
    """A copy of the workflow whose Snakemake hands its jobs to Slurm."""

    states: set[str]

    def command(self, *arguments: str) -> list[str]:
        local = super().command(*arguments)
        place = local.index("--cores")
        # A queue of one's own may be asked as often as one likes.
        often = ["--slurm-init-seconds-before-status-checks", "2"]
        return [*local[:place], "--workflow-profile", "profiles/slurm", *often, *local[place + 2 :]]

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start Snakemake and return at once."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def finish(process: subprocess.Popen) -> str:
    """Wait for a Snakemake and return what it said; fail where it failed."""
    said, _ = process.communicate(timeout=400)
    if process.returncode:
        pytest.fail(f"snakemake failed:\n{said[-8000:]}")
    return said


def job_in_state(slurm: LocalSlurm, rule: str, state: str, known: set[str]) -> str:
    """Wait until a job of ``rule`` that is not among the ``known`` ids is in ``state``; return its id."""
    found: list[str] = []

    def is_there() -> bool:
        found[:] = [
            job["id"]
            for job in slurm.jobs()
            if job["id"] not in known and rule in job["comment"] and job["state"] == state
        ]
        return bool(found)

    wait_until(is_there, f"a job of {rule} is {state}", 120)
    return found[0]
