"""The process of a job that a Snakemake runs, found by /proc."""

import subprocess
import time
from pathlib import Path

PROC = Path("/proc")


def wait_for_job(entry: str, snakemake: subprocess.Popen, seconds: float = 300) -> int | None:
    """Return the process id of the job that runs an entry module, once it is there; None where it was not seen."""
    end = time.monotonic() + seconds
    while snakemake.poll() is None and time.monotonic() < end:
        for folder in PROC.glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().split(b"\0")
                if command[1:3] == [b"-m", f"workflow_scripts.{entry}".encode()] and _descends(
                    int(folder.name), snakemake.pid
                ):
                    return int(folder.name)
            except (OSError, IndexError):
                continue
        time.sleep(0.005)
    return None


def _descends(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        pid = int((PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[1])
    return False
