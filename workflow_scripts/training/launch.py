"""How a job becomes several processes, each of which trains its share of every batch."""

import os
import sys
from collections.abc import Sequence


def start_processes(count: int, arguments: Sequence[str]) -> None:
    """Become torchrun, which runs ``python -m`` with ``arguments`` in ``count`` processes of this machine."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count), "-m", *arguments]
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *launcher])
