"""Which of a machine's GPUs is a job's own: Snakemake starts as many jobs as there are GPUs and tells none which."""

import fcntl
import os
import tempfile
from argparse import ArgumentParser
from functools import cache
from pathlib import Path


def gpus_flag(parser: ArgumentParser) -> None:
    """Add ``--gpus`` to a job's flags; ``keep_to_gpus`` takes what it says."""
    parser.add_argument(
        "--gpus",
        type=int,
        metavar="N",
        help="how many the job was given; with 0 it computes on the CPU, whatever is there",
    )


def keep_to_gpus(given: int | None) -> None:
    """Let this process and those that it starts see no GPU where the job was ``given`` none; call it before CUDA is.

    Else the small models' jobs, which ask for none, would crowd onto one and take it from who asks.
    """
    if given == 0:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


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
