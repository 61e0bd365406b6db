"""How a fine-tuning job's command line becomes a run: in one process, or in several that share every batch.

Several are started by torchrun, which keeps them together: one of it on this machine, or by Slurm's ``srun`` one on
each machine of the job, which find each other at a port of the first (torch's c10d rendezvous).
"""

import argparse
import os
import socket
import sys
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.gpus import gpus_flag, keep_to_gpus

# Jobs of one machine must not meet: Slurm's job id chooses among so many ports, below those that systems hand out.
_FIRST_PORT, _PORTS = 20_000, 10_000


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
        help="of torch, shared by the model's processes on a machine; another number rounds differently",
    )
    gpus_flag(parser)
    parser.add_argument("--nodes", type=int, default=1, help="machines that the model's processes are divided among")
    parser.add_argument("--partial", required=True, metavar="FOLDER", help="where training state outlives a killed job")
    parser.add_argument(
        "--checkpoint-every", type=int, default=100, metavar="N", help="updates between two states there"
    )
    parser.add_argument(
        "--gradient-checkpointing", type=int, choices=(0, 1), default=0, help="1: recompute layers, to save memory"
    )
    parser.add_argument("--events", metavar="FOLDER", help="where TensorBoard's event files go; by default none")
    return parser


def threads_of_process(flags: argparse.Namespace, entry: str) -> int:
    """Return the threads of this process, one of as many as the model's entry asks for.

    Where they do not run yet, this process becomes what starts ``python -m entry`` with the same flags in each of them:
    torchrun, or with several ``--nodes`` srun, which starts a torchrun on each; InputError where that is not in Slurm.
    """
    keep_to_gpus(flags.gpus)
    processes = flags.settings["model"]["processes"] // flags.nodes
    if processes * flags.nodes > 1 and "WORLD_SIZE" not in os.environ:
        command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", str(processes)]
        if flags.nodes == 1:
            command += ["--standalone"]
        else:
            command = [*_srun(flags.nodes, flags.threads), *command, *_meeting_point(flags.nodes)]
        sys.stderr.flush()
        os.execvp(command[0], [*command, "-m", entry, *sys.argv[1:]])
    return max(1, flags.threads // processes)


def _srun(nodes: int, threads: int) -> list[str]:
    """One task on each machine of this Slurm job; where one fails all end, instead of waiting for it."""
    each = ["--ntasks-per-node", "1", "--cpus-per-task", str(threads), "--kill-on-bad-exit=1"]
    return ["srun", "--nodes", str(nodes), "--ntasks", str(nodes), *each]


def _meeting_point(nodes: int) -> list[str]:
    job = os.environ.get("SLURM_JOB_ID")
    if job is None:
        raise InputError(
            f"models.<name>.nodes: {nodes} machines are started by Slurm, and this is no job of it; run with "
            "--workflow-profile profiles/slurm, or set nodes: 1"
        )
    # A job's commands run on its first machine.
    endpoint = f"{socket.gethostname()}:{_FIRST_PORT + int(job) % _PORTS}"
    return ["--nnodes", str(nodes), "--rdzv-backend", "c10d", "--rdzv-id", job, "--rdzv-endpoint", endpoint]
