"""Cluster jobs that an earlier Snakemake process submitted and did not live to see end.

Snakemake that is killed (not stopped: Ctrl-C cancels its jobs) leaves its jobs in the queue, and the Slurm plugin does
not take up jobs that it finds there: it would submit each again, and two would write the same files.
"""

import shutil
import subprocess
from collections.abc import Iterable


def still_queued(job_ids: Iterable[str]) -> list[str]:
    """Return those of the Slurm job ids that wait or run now, sorted; none where Slurm is not installed or not up."""
    wanted = set(job_ids)
    if not wanted or shutil.which("squeue") is None:
        return []
    queue = subprocess.run(
        ["squeue", "--noheader", "--me", "--array", "--format=%i"], capture_output=True, text=True, check=False
    )
    return sorted(wanted & set(queue.stdout.split()))
