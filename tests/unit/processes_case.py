"""Fine-tunings of the tiny case in several processes: as torchrun would start them, and by the command line."""

import contextlib
import faulthandler
import json
import multiprocessing
import os
import random
import socket
import sys
from pathlib import Path

from safetensors.torch import load_file
from training_case import CHECKPOINT_EVERY, MODEL, TRAINING, write_case, write_encoder, write_tokens

from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.contrastive import Upkeep
from workflow_scripts.training.finetuning import finetune

ROOT = Path(__file__).resolve().parents[2]
DROPPED = 77
UPKEEP = Upkeep(CHECKPOINT_EVERY)
LONGEST_S = 120  # of one training
# Imported once, by the process of which all others are copies.
IMPORTED = ["workflow_scripts.training.finetuning", "torch.distributed.fsdp", "torch.distributed.tensor"]


def write_processes_case(folder):
    """Write pairs, overlaps, an encoder and token arrays; return where they are."""
    paths, base = write_case(folder), str(write_encoder(folder / "base"))
    return {**paths, "base": base, "tokens": write_tokens(base, paths["pairs"], folder / "tokens"), "folder": folder}


def process_starter():
    """Return what starts processes that have torch at hand."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


def stop_after(step):
    """Let every process end when the checkpoint of update ``step`` is there."""
    save = Checkpoints.save

    def save_and_stop(self, saved, *state):
        save(self, saved, *state)
        if saved == step:
            self._processes.wait()
            os._exit(DROPPED)

    Checkpoints.save = save_and_stop


def train_in_process(rank, size, port, case, output, model, training, interrupt, upkeep):
    # Where it crashes or hangs, what it was at is the only trace of the cause.
    faulthandler.enable(all_threads=True)
    faulthandler.dump_traceback_later(LONGEST_S - 20, exit=True)
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    if interrupt:
        hook, *arguments = interrupt
        hook(*arguments)
    settings = {"model": MODEL | model, "strategy": {"alpha": 0.5}, "training": TRAINING | training}
    inputs = case["base"], case["pairs"], case["tokens"], case["overlaps"]
    finetune(*inputs, settings, 1, 1, output, f"{output}.partial", upkeep=upkeep)


def free_port():
    """Return a port that nobody listens on, of those that the system gives to no connection (32768 and up on Linux).

    Else one of gloo's connections could have it before the first process listens there.
    """
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with contextlib.suppress(OSError), socket.socket() as found:
            found.bind(("127.0.0.1", port))
            return port
    raise OSError("no free port found")


def start(starter, case, output, size, model=None, training=None, interrupt=None, upkeep=UPKEEP):
    """Start ``size`` processes, each of which calls ``interrupt`` (a function and its arguments) before it trains."""
    arguments = (size, free_port(), case, str(output), model or {}, training or {}, interrupt, upkeep)
    processes = [starter.Process(target=train_in_process, args=(rank, *arguments)) for rank in range(size)]
    for process in processes:
        process.start()
    return processes


def train(starter, case, name, size, model=None, training=None, stop=None, upkeep=UPKEEP):
    """Train in ``size`` processes, to the end or to the checkpoint of update ``stop``; return the model's folder."""
    output = case["folder"] / name
    processes = start(starter, case, output, size, model, training, stop and (stop_after, stop), upkeep)
    for process in processes:
        process.join(LONGEST_S)
    ended = [process.exitcode for process in processes]
    assert ended == [DROPPED if stop else 0] * size, f"the processes ended with {ended}"
    return output


def command_line(case, output, training, model=None, entry="finetune", checkpoint_every=CHECKPOINT_EVERY):
    """Return the command and the folder of a fine-tuning that starts two processes, as subprocess takes them."""
    settings = {"model": MODEL | {"processes": 2} | (model or {}), "strategy": {"alpha": 0.5}, "training": training}
    command = [sys.executable, "-m", f"workflow_scripts.{entry}", "--base", case["base"], "--pairs", *case["pairs"]]
    command += ["--tokens", *case["tokens"], "--overlaps", *case["overlaps"], "--settings", json.dumps(settings)]
    command += ["--checkpoint-every", str(checkpoint_every)]
    command += ["--seed", "1", "--threads", "2", "--output", str(output), "--partial", f"{output}.partial"]
    return {"args": command, "cwd": ROOT}


def losses(folder):
    return [json.loads(line)["loss"] for line in (folder / "metrics.jsonl").read_text().splitlines()]


def weights(folder):
    return load_file(folder / "model.safetensors")
