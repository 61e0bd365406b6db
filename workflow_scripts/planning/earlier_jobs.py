"""Cluster jobs that an earlier Snakemake process submitted and did not live to see end.

Snakemake that is killed (not stopped: Ctrl-C cancels its jobs) leaves its jobs in the queue, and the Slurm plugin does
not take up jobs that it finds there: it would submit each again, and two would write the same files.
"""

import shutil
import subprocess
from pathlib import Path


def jobs_left_behind(folder: Path) -> list[str]:
    """Return the ids of Slurm jobs that a dead Snakemake process started in ``folder`` left in the queue, sorted.

    Call it while this process holds Snakemake's lock. Where another process holds one as well, its jobs cannot be told
    from those of a dead one, and Snakemake sees to it that the two make different files: none are returned. Nor are
    there any where Slurm is not installed or does not answer.
    """
    if shutil.which("squeue") is None or len(list(folder.glob(".snakemake/locks/*.output.lock"))) > 1:
        return []
    # Number, folder, and the comment in which the plugin names rule and wildcards.
    command = ["squeue", "--noheader", "--me", "--array", "--format=%i|%Z|%k"]
    try:
        queue = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
    except (subprocess.SubprocessError, OSError):
        return []
    rows = [line.split("|", 2) for line in queue.splitlines() if line.count("|") >= 2]
    return sorted(
        number
        for number, place, comment in rows
        if comment.startswith("rule_") and Path(place).resolve() == folder.resolve()
    )
