"""Several processes train one model together (gloo, on CPU) as one process does alone."""

import gc
import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import torch
from processes_case import LONGEST_S, command_line, losses, process_starter, start, train, weights, write_processes_case
from safetensors.torch import load_file
from training_case import MODEL, TRAINING

from workflow_scripts.training import finetuning, learner, processes
from workflow_scripts.training.contrastive import Upkeep
from workflow_scripts.training.finetuning import finetune
from workflow_scripts.training.held_out import HeldOut


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return write_processes_case(tmp_path_factory.mktemp("processes"))


@pytest.fixture(scope="module")
def starter():
    return process_starter()


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


def _see_gradients_after_each_chunk():
    parallelise = learner.parallelise

    def watched(encoder, *how):
        made = parallelise(encoder, *how)

        @contextmanager
        def unsynchronised():
            with made.unsynchronised():
                yield
            assert all(weight.grad is not None for weight in encoder.parameters()), "gradients wait, whole"

        return replace(made, unsynchronised=unsynchronised)

    learner.parallelise = watched


def test_a_sharded_models_gradients_are_shared_out_at_each_chunk(starter, case):
    settings = {"model": {"sharded": True}, "training": {"chunk_tokens": 64, "steps": 2}}
    started = start(
        starter, case, case["folder"] / "chunks", 2, **settings, interrupt=(_see_gradients_after_each_chunk,)
    )
    for process in started:
        process.join(LONGEST_S)
    assert [process.exitcode for process in started] == [0, 0]


def test_four_processes_learn_what_one_does_in_chunks(starter, case, alone):
    assert_alike(train(starter, case, "four", 4, training={"chunk_tokens": 64}), alone)


def _see_what_is_left_when_processes_part():
    leave = finetuning.leave_processes

    def watched(processes):
        replicated = [one for one in gc.get_objects() if type(one).__name__ == "DistributedDataParallel"]
        assert not replicated, "DDP outlives its group of processes, and may wait for it without end"
        leave(processes)

    finetuning.leave_processes = watched


def test_nothing_that_exchanges_gradients_outlives_the_group_of_processes(starter, case):
    output, settings = case["folder"] / "parting", {"training": {"steps": 2}}
    started = start(starter, case, output, 2, **settings, interrupt=(_see_what_is_left_when_processes_part,))
    for process in started:
        process.join(LONGEST_S)
    assert [process.exitcode for process in started] == [0, 0]


def test_a_batch_that_does_not_divide_is_shared_too_with_its_hard_negatives(starter, case):
    odd = {"batch_size": 7, "steps": 4, "hard_negatives": 2}
    assert_alike(train(starter, case, "odd", 4, training=odd), train(starter, case, "odd-alone", 1, training=odd))


@pytest.mark.parametrize("sharded", [False, True])
def test_processes_stop_early_with_the_weights_of_the_best_evaluation(starter, case, sharded):
    held_out = {"share": 0.3, "batches": 2, "every": 2, "patience": 0}
    training, upkeep = {"steps": 30, "held_out": held_out}, Upkeep(4)
    alone = train(starter, case, f"early-alone-{sharded}", 1, training=training, upkeep=upkeep)
    together = train(starter, case, f"early-{sharded}", 2, {"sharded": sharded}, training, upkeep=upkeep)
    assert len(losses(together)) < 30
    assert_alike(together, alone)


def _round_otherwise(rank):
    """Let the process ``rank`` score held-out pairs as a GPU of another kind might: a little worse each time."""
    scores, seen = HeldOut.scores, []

    def other(self, *how):
        found = scores(self, *how)
        seen.append(found["held_out_loss"])
        return found | {"held_out_loss": seen[0] + 1e-6 * len(seen)}

    if os.environ["RANK"] == str(rank):
        HeldOut.scores = other


def test_processes_that_round_otherwise_stop_together(starter, case):
    held_out = {"share": 0.3, "batches": 2, "every": 2, "patience": 0}
    training = {"steps": 12, "held_out": held_out}
    whole = train(starter, case, "alike", 2, training=training)
    output = case["folder"] / "otherwise"
    started = start(starter, case, output, 2, training=training, interrupt=(_round_otherwise, 1))
    for process in started:
        process.join(LONGEST_S)
    assert [process.exitcode for process in started] == [0, 0]
    assert losses(output) == losses(whole)


LORA = {"rank": 4, "alpha": 8, "targets": ["query", "value"], "dropout": 0.0}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_all_that_saves_memory_together_changes_nothing(starter, case, dtype):
    """As the largest models are trained: adapters, recomputed layers, shards, chunks."""
    settings = {
        "model": {"lora": LORA, "sharded": True},
        "training": {"chunk_tokens": 64, "dtype": dtype},
        "upkeep": Upkeep(3, gradient_checkpointing=True),
    }
    plain = {"model": {"lora": LORA}, "training": {"dtype": dtype}}
    together, alone = (train(starter, case, f"{dtype}-{n}", n, **s) for n, s in ((2, settings), (1, plain)))
    if dtype == "float32":
        assert_alike(together, alone)
    else:  # bf16 rounds otherwise where other texts stand in a chunk
        assert losses(together) == pytest.approx(losses(alone), rel=0.02)
    learnt, expected, base = weights(together), weights(alone), load_file(Path(case["base"]) / "model.safetensors")
    assert learnt.keys() == expected.keys() == base.keys()
    changed = {name for name in base if not torch.equal(base[name], learnt[name])}
    assert changed == {f"encoder.layer.0.attention.self.{target}.weight" for target in LORA["targets"]}


@pytest.mark.parametrize("name", ["replicated", "sharded"])
def test_processes_that_were_stopped_go_on_bitwise(starter, case, two, name):
    settings, whole = two[name]
    train(starter, case, f"stopped-{name}", 2, **settings, stop=6)
    resumed = train(starter, case, f"stopped-{name}", 2, **settings)
    assert losses(resumed) == losses(whole)
    expected = weights(whole)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in weights(resumed).items())


def test_the_command_line_starts_the_processes_that_the_model_asks_for(case, alone):
    output = case["folder"] / "started"
    subprocess.run(**command_line(case, output, TRAINING), check=True, capture_output=True)
    assert json.loads((output / "manifest.json").read_text())["processes"] == 2
    assert_alike(output, alone)


def test_a_rate_that_diverges_is_out_for_all_processes_and_written_once(case):
    training = TRAINING | {"held_out": {"share": 0.3, "batches": 2, "every": 4}}
    output = case["folder"] / "rate.json"
    started = command_line(case, output, training, entry="try_learning_rate")
    subprocess.run(**started | {"args": [*started["args"], "--rate", "1e30"]}, check=True, capture_output=True)
    assert json.loads(output.read_text())["held_out_loss"] is None
    assert not Path(f"{output}.partial").exists()


# As Slurm's: the command once on each machine, here all of them this one; it ends badly where one of them does.
SRUN = """#!/usr/bin/env python3
import subprocess, sys
words = sys.argv[1:]
command = words[words.index(next(word for word in words if "python" in word)) :]
number = int(words[words.index("--ntasks") + 1])
print(" ".join(words[: len(words) - len(command)]), file=sys.stderr)
agents = [subprocess.Popen(command) for _ in range(number)]
sys.exit(max(abs(agent.wait()) for agent in agents))
"""


def on_two_machines(case, output, bin_folder, **environment):
    bin_folder.mkdir()
    (bin_folder / "srun").write_text(SRUN)
    (bin_folder / "srun").chmod(0o755)
    started = command_line(case, output, TRAINING)
    started["args"] += ["--nodes", "2"]
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    inherited = {name: value for name, value in os.environ.items() if name != "SLURM_JOB_ID"}
    return subprocess.run(**started, env=inherited | {"PATH": path} | environment, capture_output=True, text=True)


def test_two_torchruns_that_srun_starts_find_each_other_and_learn_what_one_process_does(case, alone, tmp_path):
    output = case["folder"] / "machines"
    done = on_two_machines(case, output, tmp_path / "bin", SLURM_JOB_ID=str(os.getpid()))
    assert done.returncode == 0, done.stderr[-4000:]
    first = done.stderr.splitlines()[0]
    assert first == "--nodes 2 --ntasks 2 --ntasks-per-node 1 --cpus-per-task 2 --kill-on-bad-exit=1"
    assert json.loads((output / "manifest.json").read_text())["processes"] == 2
    assert_alike(output, alone)


def test_several_machines_without_slurm_are_refused_in_a_line(case, tmp_path):
    done = on_two_machines(case, case["folder"] / "nowhere", tmp_path / "bin")
    assert done.returncode == 1
    assert (
        done.stderr.strip().splitlines()[-1].startswith("error: models.<name>.nodes: 2 machines are started by Slurm")
    )


def test_processes_wait_for_one_that_writes_for_long(monkeypatch):
    asked = {}
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(processes, "_end_with_torchrun", lambda: None)
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: False)
    monkeypatch.setattr(torch.distributed, "init_process_group", lambda _, **how: asked.update(how))
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 1)
    assert processes.join_processes(torch.device("cpu")) == processes.Processes(1, 2)
    assert asked["timeout"] >= timedelta(hours=1)  # 42 GB at 12 MB a second
