"""A fine-tuning in several processes, killed by SIGKILL at any update or while it writes, ends as an unbroken one."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch
from processes_case import command_line, losses, process_starter, start, train, weights, write_processes_case
from safetensors import safe_open
from training_case import TRAINING

from workflow_scripts.training import checkpoints
from workflow_scripts.training.contrastive import Upkeep

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a process ends with its torchrun on Linux alone")

_ANY = random.SystemRandom()


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return write_processes_case(tmp_path_factory.mktemp("killed"))


@pytest.fixture(scope="module")
def starter():
    return process_starter()


def assert_equal(one, other):
    assert losses(one) == losses(other)
    expected = weights(other)
    assert weights(one).keys() == expected.keys()
    for name, tensor in weights(one).items():
        assert torch.equal(tensor, expected[name]), name


def kept(output):
    """The updates of which a checkpoint is there; each is whole."""
    steps = []
    for path in sorted(Path(f"{output}.partial").glob("step-*.safetensors")):
        with safe_open(path, framework="pt") as file:
            assert all(torch.isfinite(file.get_tensor(name)).all() for name in file.keys())  # noqa: SIM118
        steps.append(int(path.stem.removeprefix("step-")))
    return steps


def kill_at(updates, run, partial):
    """Start the command; return its process, those that it has started and its log when so many updates are done."""
    log, began = partial.with_suffix(".log"), time.time_ns()
    with log.open("w") as file:
        launcher = subprocess.Popen(**run, stdout=file, stderr=file)
    deadline = time.monotonic() + 120
    metrics = partial / "metrics.jsonl"
    # Whatever an earlier process has left there is written anew; the first line is its key.
    while not metrics.is_file() or metrics.stat().st_mtime_ns < began or metrics.read_text().count("\n") <= updates:
        assert launcher.poll() is None and time.monotonic() < deadline, log.read_text()[-2000:]
        time.sleep(0.002)
    workers = [child for child in psutil.Process(launcher.pid).children() if "RANK" in child.environ()]
    assert len(workers) == 2
    return launcher, workers, log


def test_killed_by_sigkill_at_any_update_a_worker_then_all_ends_with_the_same_weights(starter, case):
    training = TRAINING | {"steps": 150}
    whole = train(starter, case, "whole", 2, training=training, upkeep=Upkeep(7))
    output = case["folder"] / "killed"
    partial, run = Path(f"{output}.partial"), command_line(case, output, training, checkpoint_every=7)
    first = _ANY.randint(1, 40)

    launcher, workers, log = kill_at(first, run, partial)
    _ANY.choice(workers).send_signal(signal.SIGKILL)
    assert launcher.wait(60) != 0, f"a worker was killed at update {first}: {log.read_text()}"
    assert psutil.wait_procs(workers, 30)[1] == []
    assert not (output / "manifest.json").exists() and len(kept(output)) <= 2

    second = first + _ANY.randint(7, 40)
    launcher, workers, log = kill_at(second, run, partial)
    group = [launcher.pid, *(worker.pid for worker in workers)]
    for process in _ANY.sample(group, len(group)):
        os.kill(process, signal.SIGKILL)
    assert launcher.wait(60) == -signal.SIGKILL
    assert psutil.wait_procs(workers, 30)[1] == []
    assert not (output / "manifest.json").exists()
    # Killed between the rename of a checkpoint and the removal of the one before the last, all three are there.
    assert kept(output)[-1] >= second // 7 * 7 - 7 and len(kept(output)) <= 3

    done = subprocess.run(**run, check=True, capture_output=True, text=True)
    resumed = [int(step) for step in re.findall(r"resuming from \S+step-(\d+)", done.stderr)]
    assert resumed and set(resumed) <= {7 * (second // 7 - 1), *range(7 * (second // 7), 150, 7)}, (first, second)
    assert_equal(output, whole)
    assert not partial.exists()


def strike_half_written(name):
    """Kill the process that writes the checkpoint ``name`` when half of it is on the disk."""
    save_file = checkpoints.save_file

    def save_half(tensors, path, metadata):
        save_file(tensors, path, metadata=metadata)
        if name in path.name:
            os.truncate(path, path.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    checkpoints.save_file = save_half


def strike_before_rename(name):
    """Kill it when the file ``name`` is written beside itself but has not got its name."""
    replace = os.replace

    def kill_or_replace(source, target):
        if Path(target).name == name:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)

    os.replace = kill_or_replace


def strike_before_removal(name):
    """Kill it when the checkpoint ``name`` is there, and the oldest is still to be removed."""
    unlink = Path.unlink

    def kill_or_unlink(path, missing_ok=False):
        if path.suffix == ".safetensors" and path.with_name(name).exists():
            os.kill(os.getpid(), signal.SIGKILL)
        unlink(path, missing_ok)

    Path.unlink = kill_or_unlink


def test_killed_while_it_writes_it_goes_on_from_the_last_whole_checkpoint(starter, case):
    """Four times in one run, each a little later; at the end nothing shows it."""
    whole = train(starter, case, "unbroken", 2)
    output = case["folder"] / "struck"
    for strike, name, left in (
        (strike_half_written, "step-00000003.safetensors", []),
        (strike_before_rename, "step-00000006.safetensors", [3]),
        (strike_before_removal, "step-00000009.safetensors", [3, 6, 9]),
        (strike_before_rename, "metrics.jsonl", [3, 6, 9]),  # written anew by whoever goes on
    ):
        writer, other = start(starter, case, output, 2, interrupt=(strike, name))
        writer.join(60)
        other.kill()  # as torchrun does
        other.join(60)
        assert writer.exitcode == -signal.SIGKILL and kept(output) == left
        unnamed = Path(f"{output}.partial", f".{name}.partial")
        assert unnamed.exists() == (strike is not strike_before_removal)
    resumed = train(starter, case, "struck", 2)
    assert_equal(resumed, whole)
    assert not Path(f"{output}.partial").exists()


def fail_to_read(rank, name):
    """Let the process ``rank`` find the checkpoint ``name`` damaged, as where its machine's disk or network fails."""
    read = checkpoints._read
    if os.environ["RANK"] == str(rank):
        checkpoints._read = lambda path: None if path.name == name else read(path)


@pytest.mark.parametrize("rank", [0, 1])
def test_processes_that_find_another_checkpoint_each_stop(starter, case, rank):
    """They would train weights of their own, and at the end wait for each other for hours."""
    output = train(starter, case, f"torn-{rank}", 2, stop=6)
    started = start(starter, case, output, 2, interrupt=(fail_to_read, rank, "step-00000006.safetensors"))
    for process in started:
        process.join(60)
    assert [process.exitcode for process in started] == [1, 1]
    assert kept(output) == [3, 6]
    train(starter, case, f"torn-{rank}", 2)


def test_the_last_two_checkpoints_are_kept(starter, case):
    output = train(starter, case, "kept", 2, upkeep=Upkeep(2), stop=10)
    assert kept(output) == [8, 10]
