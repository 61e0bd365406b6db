"""The machine that made something, for who wants to read its wall times or to make it again."""

import os
import platform
import re
import sys
from pathlib import Path
from typing import Any

_PROCESSORS = Path("/proc/cpuinfo")
_NAMED = re.compile(r"^(?:model name|Hardware|cpu model)\s*:\s*(.+)$", re.M)


def describe_machine() -> dict[str, Any]:
    """Return what this machine is: system, processor, how many (logical) processors, memory in GB, and names of GPUs.

    GPUs are those that torch sees, and only where a job has imported it: another has no use for one. What the system
    does not tell is left out. Nothing here names the machine or its owner.
    """
    found: dict[str, Any] = {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "processors": os.cpu_count(),
        "memory_gb": _memory_gb(),
        "gpus": _gpus(),
    }
    return {name: value for name, value in found.items() if value}


def machine_line(machine: dict[str, Any]) -> str:
    """Return a description in one line: ``2 × NVIDIA H100, AMD EPYC 7763, 16 processors, 128 GB, Linux x86_64``."""
    gpus = machine.get("gpus", [])
    shown = {"processor": "{}", "processors": "{} processors", "memory_gb": "{} GB", "system": "{}"}
    parts = [f"{gpus.count(name)} × {name}" for name in dict.fromkeys(gpus)]
    return ", ".join([*parts, *(form.format(machine[name]) for name, form in shown.items() if name in machine)])


def _processor() -> str:
    try:
        named = _NAMED.search(_PROCESSORS.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        named = None
    return " ".join((named[1] if named else platform.processor()).split())


def _memory_gb() -> int:
    """The machine's memory, rounded, in GB of 2^30 bytes; 0 where the system does not tell."""
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30)
    except (ValueError, OSError):
        return 0


def _gpus() -> list[str]:
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return []
    return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
