"""The device that a benchmark computes on: its time, its peak memory and its bare matrix products."""

import argparse
import os
import platform
import resource
import sys
import time
from collections.abc import Callable

import torch


def add_device(parser: argparse.ArgumentParser) -> None:
    """Let the command line say ``--device``."""
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="cuda: the first GPU that is visible")


def take_device(device: str) -> None:
    """Hide every GPU but the first, or with ``cpu`` all, from this process and those that it starts.

    So nothing that is compared takes another device, or several. Call it before anything looks for GPUs; ends the
    program with one line where ``cuda`` is asked for and there is none.
    """
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0")
    os.environ["CUDA_VISIBLE_DEVICES"] = visible.split(",")[0] if device == "cuda" else ""
    if device == "cuda" and not torch.cuda.is_available():
        sys.exit("--device cuda: torch finds no GPU here; run this where it does, or say --device cpu")


def device_name(device: str) -> str:
    """Return what GPU it is, or the processor's architecture."""
    return torch.cuda.get_device_name() if device == "cuda" else platform.machine()


def clock(device: str, on_cpu: Callable[[], float] = time.process_time) -> Callable[[], float]:
    """Return what tells seconds: ``on_cpu``, or the wall's when a GPU has done all that it was given."""

    def on_gpu() -> float:
        torch.cuda.synchronize()
        return time.perf_counter()

    return on_gpu if device == "cuda" else on_cpu


def peak_memory(device: str) -> float:
    """Return GB at this process's peak: resident, or of tensors on the GPU."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def product_peak(device: str, dtype: str, side: int = 8192, products: int = 20) -> float:
    """Return the most operations a second that ``torch.mm`` of square matrices reaches in five tries."""
    now = clock(device)
    left, right = (torch.randn(side, side, device=device, dtype=getattr(torch, dtype)) for _ in range(2))
    out = left @ right  # once, so that nothing is loaded within what is timed
    seconds = []
    for _ in range(5):
        began = now()
        for _ in range(products):
            torch.mm(left, right, out=out)
        seconds.append(now() - began)
    return products * 2 * side**3 / min(seconds)
