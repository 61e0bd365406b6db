"""How a fine-tuning job's command line becomes a run, in one process or in several that share every batch."""

import argparse
import os
import sys
from typing import Any


def training_parser(description: str, settings: Any) -> argparse.ArgumentParser:
    """Return a parser of the flags that training jobs share; ``settings`` parses a JSON object."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--base", required=True, metavar="FOLDER", help="the pre-trained model")
    parser.add_argument(
        "--pairs", nargs="+", required=True, metavar="FILE", help="PAIRS files of all sources and languages"
    )
    parser.add_argument(
        "--tokens", nargs="+", required=True, metavar="FOLDER", help="their token arrays, in the order of --pairs"
    )
    parser.add_argument("--overlaps", nargs="*", default=[], metavar="FILE", help="OVERLAPS files of every language")
    parser.add_argument(
        "--settings",
        type=settings,
        required=True,
        help="JSON with model and strategy (their entries) and training (the section)",
    )
    parser.add_argument("--seed", type=int, required=True, help="decides batches and dropout")
    parser.add_argument(
        "--threads",
        type=int,
        required=True,
        help="of torch, shared by the model's processes; another number rounds differently",
    )
    parser.add_argument("--partial", required=True, metavar="FOLDER", help="where training state outlives a killed job")
    parser.add_argument("--events", metavar="FOLDER", help="where TensorBoard's event files go; by default none")
    return parser


def threads_of_process(flags: argparse.Namespace, entry: str) -> int:
    """Return the threads of this process, one of as many as the model's entry asks for.

    Where they do not run yet, this process becomes torchrun, which starts ``python -m entry`` with the same flags in
    each of them on this machine.
    """
    count = flags.settings["model"]["processes"]
    if count > 1 and "WORLD_SIZE" not in os.environ:
        launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count), "-m", entry]
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, *launcher, *sys.argv[1:]])
    return max(1, flags.threads // count)
