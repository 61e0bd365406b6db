"""Several processes train one model together (gloo, on CPU) as one process does alone."""

import json
import multiprocessing
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from training_case import MODEL, TRAINING, write_case, write_encoder, write_tokens

from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.finetuning import finetune

ROOT = Path(__file__).resolve().parents[2]
DROPPED = 77
# Imported once, by the process of which all others are copies.
IMPORTED = ["workflow_scripts.training.finetuning", "torch.distributed.fsdp", "torch.distributed.tensor"]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    paths, base = write_case(folder), str(write_encoder(folder / "base"))
    return {**paths, "base": base, "tokens": write_tokens(base, paths["pairs"], folder / "tokens"), "folder": folder}


@pytest.fixture(scope="module")
def starter():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


def train_in_process(rank, size, port, case, output, model, training, stop_after):
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    if stop_after:
        save = Checkpoints.save

        def save_and_stop(self, step, *state):
            save(self, step, *state)
            if step == stop_after:
                self._processes.wait()
                os._exit(DROPPED)

        Checkpoints.save = save_and_stop
    settings = {"model": MODEL | model, "strategy": {"alpha": 0.5}, "training": TRAINING | training}
    inputs = case["base"], case["pairs"], case["tokens"], case["overlaps"]
    finetune(*inputs, settings, 1, 1, output, f"{output}.partial")


def train(starter, case, name, size, model=None, training=None, stop_after=None):
    """Train in ``size`` processes; return the model's folder."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    output = case["folder"] / name
    arguments = (size, port, case, str(output), model or {}, training or {}, stop_after)
    processes = [starter.Process(target=train_in_process, args=(rank, *arguments)) for rank in range(size)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [DROPPED if stop_after else 0] * size
    return output


def losses(folder):
    return [json.loads(line)["loss"] for line in (folder / "metrics.jsonl").read_text().splitlines()]


def weights(folder):
    return load_file(folder / "model.safetensors")


def assert_alike(one, other):
    """Equal but for the order in which numbers were added."""
    assert losses(one) == pytest.approx(losses(other), rel=1e-4)
    expected = weights(other)
    assert weights(one).keys() == expected.keys()
    for name, tensor in weights(one).items():
        assert torch.allclose(tensor, expected[name], rtol=1e-2, atol=1e-4), name


@pytest.fixture(scope="module")
def alone(case):
    output = case["folder"] / "alone"
    settings = {"model": MODEL, "strategy": {"alpha": 0.5}, "training": TRAINING}
    inputs = case["base"], case["pairs"], case["tokens"], case["overlaps"]
    finetune(*inputs, settings, 1, 1, output, f"{output}.partial")
    return output


@pytest.fixture(scope="module")
def two(starter, case):
    """Two processes with a copy of the model each, and two that hold half of it each, in chunks."""
    sharded = {"model": {"sharded": True}, "training": {"chunk_tokens": 64}}
    return {
        name: (settings, train(starter, case, name, 2, **settings))
        for name, settings in {"replicated": {}, "sharded": sharded}.items()
    }


@pytest.mark.parametrize("name", ["replicated", "sharded"])
def test_two_processes_learn_what_one_does(alone, two, name):
    assert_alike(two[name][1], alone)


def test_four_processes_learn_what_one_does_in_chunks(starter, case, alone):
    assert_alike(train(starter, case, "four", 4, training={"chunk_tokens": 64}), alone)


def test_a_batch_that_does_not_divide_is_shared_too_with_its_hard_negatives(starter, case):
    odd = {"batch_size": 7, "steps": 4, "hard_negatives": 2}
    assert_alike(train(starter, case, "odd", 4, training=odd), train(starter, case, "odd-alone", 1, training=odd))


@pytest.mark.parametrize("name", ["replicated", "sharded"])
def test_processes_that_were_stopped_go_on_bitwise(starter, case, two, name):
    settings, whole = two[name]
    train(starter, case, f"stopped-{name}", 2, **settings, stop_after=6)
    resumed = train(starter, case, f"stopped-{name}", 2, **settings)
    assert losses(resumed) == losses(whole)
    expected = weights(whole)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in weights(resumed).items())


def test_the_command_line_starts_the_processes_that_the_model_asks_for(case, alone):
    output = case["folder"] / "started"
    settings = {"model": MODEL | {"processes": 2}, "strategy": {"alpha": 0.5}, "training": TRAINING}
    command = [
        *(sys.executable, "-m", "workflow_scripts.finetune", "--base", case["base"], "--pairs", *case["pairs"]),
        *(
            "--tokens",
            *case["tokens"],
            "--overlaps",
            *case["overlaps"],
            "--settings",
            json.dumps(settings),
            "--seed",
            "1",
            "--threads",
            "2",
        ),
        *("--output", str(output), "--partial", f"{output}.partial"),
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert json.loads((output / "manifest.json").read_text())["processes"] == 2
    assert_alike(output, alone)
