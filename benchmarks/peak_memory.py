"""Seconds and peak memory of an entry module, run as a process of its own."""

import re
import subprocess
import sys
import time
from pathlib import Path

SAMPLING_SECONDS = 0.02


def measured(module: str, *flags: str) -> tuple[float, int, int]:
    """Run an entry module; return its seconds, its peak resident memory and that without mapped files, in MB."""
    command = [sys.executable, "-m", f"workflow_scripts.{module}", *flags]
    began, resident, own = time.perf_counter(), 0, 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        # Linux keeps no peak of the second; and a child starts with its parent's peak of the first.
        while process.poll() is None:
            status = Path(f"/proc/{process.pid}/status").read_text()
            found = dict(re.findall(r"(VmRSS|RssAnon):\s+(\d+) kB", status))
            resident, own = max(resident, int(found.get("VmRSS", 0))), max(own, int(found.get("RssAnon", 0)))
            time.sleep(SAMPLING_SECONDS)
        if process.returncode:
            raise SystemExit(process.stderr.read())
    return time.perf_counter() - began, resident // 1024, own // 1024
