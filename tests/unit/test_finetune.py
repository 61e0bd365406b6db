"""Pre-training and fine-tuning end to end on a tiny model, killed and resumed."""

import errno
import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tqdm import tqdm
from training_case import (
    CHECKPOINT_EVERY,
    MODEL,
    PRETRAINING,
    SHAPE,
    TRAINING,
    write_case,
    write_encoder,
    write_tokenizer,
    write_tokens,
)

from workflow_scripts.data.content_key import content_key
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import read_manifest
from workflow_scripts.data.spent_time import SpentTime
from workflow_scripts.encoders.bi_encoder import load_bi_encoder
from workflow_scripts.reporting.job_logs import earlier_attempts, processor_time
from workflow_scripts.training import checkpoints, trainer
from workflow_scripts.training.checkpoints import Checkpoints
from workflow_scripts.training.contrastive import Upkeep
from workflow_scripts.training.finetuning import finetune
from workflow_scripts.training.pretraining import plan_lines, pretrain, read_lines
from workflow_scripts.training.trainer import TrainerSettings, train

ROOT = Path(__file__).resolve().parents[2]
HYBRID = {"alpha": 0.5}
UPKEEP = Upkeep(CHECKPOINT_EVERY)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    paths, base = write_case(folder), str(write_encoder(folder / "base"))
    return {**paths, "base": base, "tokens": write_tokens(base, paths["pairs"], folder / "tokens"), "folder": folder}


def run_finetune(case, output, training=TRAINING, model=MODEL, strategy=HYBRID, seed=1, upkeep=UPKEEP):
    settings = {"model": model, "strategy": strategy, "training": training}
    inputs = case["base"], case["pairs"], case["tokens"], case["overlaps"]
    finetune(*inputs, settings, seed, 1, output, f"{output}.partial", upkeep=upkeep)


def weights(folder):
    return load_file(Path(folder) / "model.safetensors")


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def records(folder):
    return [json.loads(line) for line in (Path(folder) / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def whole(case):
    output = case["folder"] / "whole"
    run_finetune(case, output)
    return output


def test_folder_holds_all_that_is_promised(case, whole):
    manifest = read_manifest(whole)
    assert (manifest["seed"], manifest["pairs_left_out"], manifest["negatives_left_out"]) == (1, 3, 0)
    assert not Path(f"{whole}.partial").exists()
    counts = json.loads((whole / "batches.json").read_text())
    assert counts["batches"] == {"cross-lingual": 6, "monolingual": 6}
    assert [record["step"] for record in records(whole)] == list(range(1, 13))
    assert not equal(weights(whole), weights(case["base"]))


def test_same_seed_same_weights_other_seed_other_weights(case, whole, tmp_path):
    run_finetune(case, tmp_path / "again")
    run_finetune(case, tmp_path / "other", seed=2)
    assert equal(weights(tmp_path / "again"), weights(whole))
    assert not equal(weights(tmp_path / "other"), weights(whole))


def test_unfinished_work_that_cannot_be_removed_fails_no_job_that_is_whole(case, tmp_path, monkeypatch):
    """On NFS a file that some process still maps, as a resumed optimiser does its checkpoint, keeps its folder."""
    remove = os.rmdir

    def refuse(path, *arguments, **options):
        if str(path).endswith(".partial") and "run" in str(path):
            raise OSError(errno.ENOTEMPTY, "Directory not empty", str(path))
        remove(path, *arguments, **options)

    monkeypatch.setattr(os, "rmdir", refuse)
    run_finetune(case, tmp_path / "run", TRAINING | {"steps": 2})
    assert read_manifest(tmp_path / "run") and (tmp_path / "run.partial").is_dir()


def test_killed_by_sigkill_and_run_again_ends_with_the_same_weights(case, tmp_path):
    training = TRAINING | {"steps": 60}
    run_finetune(case, tmp_path / "whole", training, upkeep=Upkeep(7))
    output, partial = tmp_path / "killed", tmp_path / "state"
    settings = json.dumps({"model": MODEL, "strategy": HYBRID, "training": training})
    command = [
        *(sys.executable, "-m", "workflow_scripts.finetune", "--base", case["base"], "--pairs", *case["pairs"]),
        *(
            "--tokens",
            *case["tokens"],
            "--overlaps",
            *case["overlaps"],
            "--settings",
            settings,
            "--seed",
            "1",
            "--threads",
            "1",
            "--checkpoint-every",
            "7",
        ),
        *("--output", str(output), "--partial", str(partial)),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(partial.glob("step-*.safetensors")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (output / "manifest.json").exists()
    resumed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "resuming from" in resumed.stderr
    (tmp_path / "log").write_text(resumed.stderr, encoding="utf-8")
    before, manifest = earlier_attempts(tmp_path / "log"), read_manifest(output)
    assert 0 < before.wall < manifest["wall_seconds"]
    assert 0 < before.processor < manifest["processor_seconds"] <= processor_time(tmp_path / "log")
    assert equal(weights(output), weights(tmp_path / "whole"))
    first, second = records(output), records(tmp_path / "whole")
    for record in first + second:
        record.pop("examples_per_second")
    assert first == second
    assert not partial.exists()


def test_stops_at_any_checkpoint_and_goes_on_bitwise(case, whole, tmp_path, monkeypatch):
    """Every checkpoint of the run, not only the one at which the kill happened to strike."""
    save = Checkpoints.save
    took = SpentTime(wall=1e6, processor=2e6)
    for stop in (3, 6, 9):

        def save_and_stop(self, step, *state, stop=stop):
            save(self, step, *state)
            if step == stop:
                raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(Checkpoints, "save", save_and_stop)
            patched.setattr(checkpoints, "spent_time", lambda: took)
            with pytest.raises(KeyboardInterrupt):
                run_finetune(case, tmp_path / f"stop{stop}")
        run_finetune(case, tmp_path / f"stop{stop}")
        assert equal(weights(tmp_path / f"stop{stop}"), weights(whole))
        # What the run took before it was stopped is in its manifest, and in no other's.
        manifest = read_manifest(tmp_path / f"stop{stop}")
        assert manifest["wall_seconds"] > took.wall and manifest["processor_seconds"] > took.processor
    run_finetune(case, tmp_path / "new")
    manifest = read_manifest(tmp_path / "new")
    assert manifest["wall_seconds"] < took.wall and manifest["processor_seconds"] < took.processor


def test_neither_weights_nor_metrics_hinge_on_checkpoints_nor_on_recomputed_layers(case, tmp_path, monkeypatch):
    """A record is of three updates: checkpoints fall between records, and training goes on from one of them."""
    training = TRAINING | {"steps": 300}
    run_finetune(case, tmp_path / "whole", training, upkeep=Upkeep(1000))
    save = Checkpoints.save

    def save_and_stop(self, step, *state):
        save(self, step, *state)
        if step == 50:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "save", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            run_finetune(case, tmp_path / "other", training, upkeep=Upkeep(25))
    # Memory was short, so the run goes on with recomputed layers, and other checkpoints.
    run_finetune(case, tmp_path / "other", training, upkeep=Upkeep(7, gradient_checkpointing=True))
    assert equal(weights(tmp_path / "other"), weights(tmp_path / "whole"))
    first, second = records(tmp_path / "whole"), records(tmp_path / "other")
    for record in first + second:
        record.pop("examples_per_second")
    assert [record["step"] for record in first] == list(range(3, 301, 3))
    assert first == second


def test_state_of_other_settings_is_not_resumed(case, whole, tmp_path, monkeypatch, caplog):
    partial = Path(f"{tmp_path / 'run'}.partial")
    stale = Checkpoints(partial, "another key")
    model = torch.nn.Linear(2, 2)
    stale.save(9, model, torch.optim.AdamW(model.parameters()))
    (partial / "step-00000010.safetensors").write_bytes(b"torn")
    run_finetune(case, tmp_path / "run")
    assert equal(weights(tmp_path / "run"), weights(whole))


def test_key_changes_with_settings_and_with_the_content_of_inputs(tmp_path):
    path = tmp_path / "input"
    path.write_text("a")
    keys = {content_key({"a": 1}, [path]), content_key({"a": 2}, [path])}
    path.write_text("b")
    keys.add(content_key({"a": 1}, [path]))
    assert len(keys) == 3
    assert content_key({"a": 1}, [path]) in keys


@pytest.mark.parametrize("package", ["ctranslate2", "peft", "sentencepiece", "torch"])
def test_another_version_of_what_computes_is_other_content(package, monkeypatch):
    known, before = importlib.metadata.version, content_key({}, [])
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "9.9" if name == package else known(name))
    assert content_key({}, []) != before


def test_chunks_change_a_run_by_rounding_alone(case, whole, tmp_path):
    run_finetune(case, tmp_path / "chunks", TRAINING | {"chunk_tokens": 64})
    ours, theirs = ([record["loss"] for record in records(folder)] for folder in (tmp_path / "chunks", whole))
    assert ours == pytest.approx(theirs, rel=1e-4)


def test_metrics_are_tensorboards_events_too_and_a_resumed_run_goes_on_in_them(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def learn(until):
        model = torch.nn.Linear(3, 1)
        torch.nn.init.ones_(model.weight)

        def gradients_of_step(step):
            if step == until:
                raise KeyboardInterrupt
            loss = model(torch.ones(1, 3)).pow(2).mean()
            loss.backward()
            return {"loss": loss}

        return train(model, gradients_of_step, settings_for(6), 4, tmp_path, "key", path_to_events=tmp_path / "events")

    with pytest.raises(KeyboardInterrupt):
        learn(until=5)  # its event of update 5 lies beyond the checkpoint of update 4
    written = learn(until=None)
    events = EventAccumulator(str(tmp_path / "events")).Reload()
    assert {"loss", "gradient_norm", "learning_rate"} <= set(events.Tags()["scalars"])
    shown = [(event.step, event.value) for event in events.Scalars("loss")]
    assert shown == [(record["step"], pytest.approx(record["loss"], rel=1e-6)) for record in written]


def test_hard_negatives_make_the_task_harder(case, whole, tmp_path):
    run_finetune(case, tmp_path / "hard", TRAINING | {"hard_negatives": 2})
    first = [records(folder)[0]["loss"] for folder in (tmp_path / "hard", whole)]
    assert first[0] > first[1]  # the same batch and weights, more to tell apart


def test_two_checkpoints_are_kept(tmp_path):
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    checkpoints = Checkpoints(tmp_path, "key")
    for step in (1, 2, 3):
        checkpoints.save(step, model, optimizer)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "step-00000002.safetensors",
        "step-00000003.safetensors",
    ]


def test_records_are_on_the_disk_before_the_checkpoint_that_goes_on_behind_them(tmp_path, monkeypatch):
    """A checkpoint is; had a machine lost the records when it failed, nobody would have noticed."""
    path, on_disk, at_checkpoint = tmp_path / "metrics.jsonl", [], {}
    fsync, save = os.fsync, Checkpoints.save

    def watched_fsync(descriptor):
        fsync(descriptor)
        if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
            on_disk[:] = path.read_text().splitlines()[1:]

    def watched_save(self, step, *state):
        at_checkpoint[step] = [json.loads(line)["step"] for line in on_disk]
        save(self, step, *state)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Checkpoints, "save", watched_save)
    train(*small_training(), settings_for(6), 4, tmp_path, "key")
    assert at_checkpoint == {2: [1, 2], 4: [1, 2, 3, 4]}


def small_training():
    """Return a model and its gradients of every update, as ``train`` takes them."""
    model = torch.nn.Linear(3, 1)

    def gradients_of_step(step):
        loss = model(torch.ones(1, 3)).pow(2).mean()
        loss.backward()
        return {"loss": loss}

    return model, gradients_of_step


def settings_for(steps, **changes):
    chosen = {"learning_rate": 0.1, "warmup_share": 0.0, "weight_decay": 0.0, "max_gradient_norm": 1.0}
    return TrainerSettings(**{"steps": steps, "checkpoint_every": 2, **chosen, **changes})


@pytest.mark.parametrize("poison", [float("nan"), float("inf"), 1e6])
def test_divergence_stops_with_one_line_and_leaves_the_last_good_checkpoint(tmp_path, poison):
    model = torch.nn.Linear(3, 1)

    def gradients_of_step(step):
        loss = model(torch.ones(1, 3)).pow(2).mean() + 1
        loss = loss * poison if step == 5 else loss
        loss.backward()
        return {"loss": loss}

    with pytest.raises(InputError, match="diverged by step 6") as error:
        train(model, gradients_of_step, settings_for(10), 4, tmp_path, "key")
    assert "\n" not in str(error.value) and "learning_rate" in str(error.value)
    assert sorted(path.name for path in tmp_path.glob("step-*")) == [
        "step-00000002.safetensors",
        "step-00000004.safetensors",
    ]
    kept = load_file(tmp_path / "step-00000004.safetensors")
    assert all(torch.isfinite(tensor.float()).all() for tensor in kept.values())


def test_a_progress_bar_shows_loss_speed_and_the_time_that_is_left(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(trainer, "tqdm", lambda **options: tqdm(**options | {"mininterval": 0}))
    train(*small_training(), settings_for(4), 4, tmp_path, "key")
    shown = capsys.readouterr().err
    assert re.search(r"steps: +75%.* 3/4 \[\d\d:\d\d<\d\d:\d\d, .*loss \d+\.\d{4}, \d+ examples/s\]", shown), shown


def test_a_strategy_without_alpha_is_refused(case, tmp_path):
    with pytest.raises(InputError, match="no alpha"):
        run_finetune(case, tmp_path / "untuned", strategy={"label": "not fine-tuned"})


def test_training_finds_the_passage_of_its_questions(case, tmp_path):
    """All 59 questions against all passages of their language: chance is a mean reciprocal rank of .08."""
    run_finetune(case, tmp_path / "long", TRAINING | {"steps": 150, "batch_size": 16})
    from training_case import pair_rows

    def mean_reciprocal_rank(folder):
        encoder = load_bi_encoder(folder, MODEL, "cpu")
        rows = pair_rows("sw")
        queries = encoder.encode_rows(encoder.tokenize_queries([row["query"] for row in rows]))
        passages = encoder.encode_rows(
            encoder.tokenize_passages([row["title"] for row in rows], [row["passage"] for row in rows])
        )
        scores = queries @ passages.T
        return (1 / (scores >= scores.diagonal()[:, None]).sum(1)).mean()

    assert mean_reciprocal_rank(tmp_path / "long") > mean_reciprocal_rank(case["base"]) + 0.2
    losses = [record["loss"] for record in records(tmp_path / "long")]
    assert sum(losses[-10:]) < 0.7 * sum(losses[:10])


def run_pretrain(case, tokenizer, output, pretraining=PRETRAINING):
    settings = {"model": {"pretrain": SHAPE}, "pretraining": pretraining}
    pretrain(case["texts"], case["overlaps"], tokenizer, settings, 1, output, f"{output}.partial")


def test_pretraining_lowers_both_losses_is_deterministic_and_loads(case, tmp_path):
    tokenizer = write_tokenizer(tmp_path / "tokenizer")
    longer = PRETRAINING | {"steps": 80, "batch_size": 16}
    run_pretrain(case, tokenizer, tmp_path / "long", longer)
    first, last = records(tmp_path / "long")[:5], records(tmp_path / "long")[-5:]
    for name in ("masked", "contrast"):
        assert sum(record[name] for record in last) < 0.9 * sum(record[name] for record in first)
    run_pretrain(case, tokenizer, tmp_path / "a")
    run_pretrain(case, tokenizer, tmp_path / "b")
    assert equal(weights(tmp_path / "a"), weights(tmp_path / "b"))
    manifest = read_manifest(tmp_path / "a")
    config = json.loads((tmp_path / "a" / "config.json").read_text())
    assert manifest["parameters"]["embedding"] == (config["vocab_size"] + 514 + 1) * 16
    assert load_bi_encoder(tmp_path / "a", MODEL, "cpu").encode_rows([[0, 9, 2]]).shape == (1, 16)


def test_a_step_of_pretraining_that_hides_no_token_learns_from_the_contrast_alone(case, tmp_path):
    """Two lines of at most six tokens each, of which one in ten thousand is hidden."""
    tokenizer = write_tokenizer(tmp_path / "tokenizer")
    small = PRETRAINING | {"batch_size": 2, "max_length": 8, "mask_share": 1e-4}
    run_pretrain(case, tokenizer, tmp_path / "small", small)
    hidden_nothing = [record for record in records(tmp_path / "small") if record["masked"] == 0]
    assert hidden_nothing and all(record["loss"] == record["contrast"] for record in hidden_nothing)


def test_each_step_of_pretraining_reads_one_language_and_every_line_before_any_repeats(case):
    from workflow_scripts.encoders.tokenization import load_tokenizer

    store, languages = read_lines(case["texts"], case["overlaps"], load_tokenizer(case["base"]), 12)
    rows, groups = plan_lines(languages, 40, 8, 0.5, 1)
    assert (store.offsets[1:] - store.offsets[:-1]).max() <= 12
    for lines in languages.values():
        steps = [step for step, row in enumerate(rows[:, 0]) if row in lines.rows]
        used = rows[steps].ravel()
        assert set(used.tolist()) <= set(lines.rows.tolist())
        counts = [int((used == row).sum()) for row in lines.rows]
        assert max(counts) - min(counts) <= 1
    group_of = {row: group for lines in languages.values() for row, group in zip(lines.rows, lines.groups, strict=True)}
    assert all(group_of[row] == group for row, group in zip(rows.ravel(), groups.ravel(), strict=True))


@pytest.mark.parametrize("change", [{"hidden": 15}, {"max_length": 513}])
def test_impossible_shapes_are_refused(case, tmp_path, change):
    shape = SHAPE | {key: value for key, value in change.items() if key in SHAPE}
    pretraining = PRETRAINING | {key: value for key, value in change.items() if key in PRETRAINING}
    with pytest.raises(InputError):
        pretrain(
            case["texts"],
            [],
            case["base"],
            {"model": {"pretrain": shape}, "pretraining": pretraining},
            1,
            tmp_path / "a",
            tmp_path / "b",
        )
