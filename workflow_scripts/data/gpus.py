"""Which of a machine's GPUs is a job's own: Snakemake starts as many jobs as there are GPUs and tells none which."""

import fcntl
import os
import tempfile
from functools import cache
from pathlib import Path


@cache
def take_gpu(count: int) -> int:
    """Return the number, among ``count`` visible GPUs, of one that no other process has taken, and take it.

    It is this process's until that ends, however it ends. Where all are taken, or nothing can be locked, the process's
    number among those that torchrun started decides. Jobs of a cluster are given GPUs of their own, and so do not look
    at each other's.
    """
    for number, name in enumerate(_names(count)):
        if _take(name):
            return number
    return int(os.environ.get("LOCAL_RANK", "0")) % count


def _names(count: int) -> list[str]:
    """Return what the visible GPUs are called by all processes of the machine."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    names = [name.strip().replace("/", "_") for name in visible.split(",")] if visible else []
    return names if len(names) == count else list(map(str, range(count)))


def _take(name: str) -> bool:
    """Take the GPU ``name``; return whether nobody else had."""
    whose = f"{os.getuid()}-{os.environ.get('SLURM_JOB_ID', 'local')}"
    path = Path(tempfile.gettempdir(), f"hybrid-batch-gpu-{whose}-{name}.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return False
    try:
        # The file is never closed: the lock is this process's, and ends with it.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # another process has it, or the file system knows no locks
        os.close(descriptor)
        return False
    return True
