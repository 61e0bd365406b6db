"""Held-out pairs: who they are, how they are scored, and when training stops on their account."""

import json
import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
import torch
from safetensors.torch import load_file
from training_case import MODEL, TRAINING, pair_rows, write_case, write_encoder, write_tokens

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import PAIRS, write_table
from workflow_scripts.training.batches import SamplerSettings, SourcePairs
from workflow_scripts.training.contrastive import TrainingInputs
from workflow_scripts.training.finetuning import finetune
from workflow_scripts.training.held_out import HeldOut, is_held_out
from workflow_scripts.training.learning_rate_tries import chosen_rate, try_learning_rate
from workflow_scripts.training.pairs import read_pairs
from workflow_scripts.training.trainer import TrainerSettings, train


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("held_out")
    paths, base = write_case(folder), write_encoder(folder / "base")
    return {**paths, "base": base, "tokens": write_tokens(base, paths["pairs"], folder / "tokens")}


def test_a_group_is_held_out_by_its_id_alone():
    ids = [f"source:{number}" for number in range(4000)]
    tenth, third = is_held_out(ids, 0.1), is_held_out(ids, 1 / 3)
    assert 300 < tenth.sum() < 500 and 1200 < third.sum() < 1470
    assert not (tenth & ~third).any()
    assert np.array_equal(is_held_out(ids[::-1], 0.1)[::-1], tenth)
    assert not is_held_out(ids, 0.0).any()


def test_no_group_is_trained_on_and_held_out(case):
    def groups(sources):
        return {int(group) for source in sources for group in source.groups}

    inputs = case["pairs"], case["tokens"], case["overlaps"]
    pairs = read_pairs(*inputs, held_out_share=0.3)
    whole = read_pairs(*inputs)
    assert whole.held_out == [] and groups(pairs.held_out) and groups(pairs.sources)
    assert groups(pairs.sources) | groups(pairs.held_out) == groups(whole.sources)
    assert not groups(pairs.sources) & groups(pairs.held_out)
    texts = [
        {int(text) for source in part for text in source.passages.ravel()} for part in (pairs.sources, pairs.held_out)
    ]
    assert not texts[0] & texts[1]
    negatives = [set(read.negatives.texts.tolist()) for read in (pairs, whole)]
    assert negatives[1] & texts[1]  # as hard negatives they would be read
    assert negatives[0] == negatives[1] - texts[1]
    with pytest.raises(InputError, match=r"training\.held_out\.share"):
        read_pairs(*inputs, held_out_share=1e-9)


@pytest.fixture(scope="module")
def shifts(case, tmp_path_factory):
    """Pairs of another source, in two of the three languages, and their token arrays."""
    folder = tmp_path_factory.mktemp("shifts")
    paths = []
    for lang in ("en", "sw"):
        rows = pair_rows(lang, 24)
        for row in rows:
            row |= {"source": "shifts", "group_id": row["group_id"].replace("made", "shifts"), "negatives": None}
            row |= {"query": f"{row['query']} there", "passage": f"{row['passage']} there"}
        paths.append(str(folder / "pairs" / f"{lang}-shifts.parquet"))
        write_table(pa.Table.from_pylist(rows, schema=PAIRS), paths[-1], PAIRS)
    return {"pairs": paths, "tokens": write_tokens(case["base"], paths, folder / "tokens")}


def test_a_source_is_held_out_whole(case, shifts):
    both = [[*case[kind], *shifts[kind]] for kind in ("pairs", "tokens")]
    pairs = read_pairs(*both, case["overlaps"], held_out_source="shifts")
    assert [source.name for source in pairs.sources] == ["made"]
    assert [source.name for source in pairs.held_out] == ["shifts"]
    (held_out,) = pairs.held_out
    assert (held_out.queries >= 0).sum(axis=1).tolist() == [24, 0, 24]  # en, hi, sw
    english = read_pairs(*both, case["overlaps"], ["en"], held_out_source="shifts")
    assert english.languages == ["en"] and english.held_out[0].queries.shape == (1, 24)
    for inputs, languages in ((both, ["hi"]), ([case["pairs"], case["tokens"]], None)):
        with pytest.raises(
            InputError, match=r"^training\.held_out\.source: 'shifts' has 0 of the \d+ rows of pairs in"
        ):
            read_pairs(*inputs, case["overlaps"], languages, held_out_source="shifts")


def test_a_held_out_source_scores_and_teaches_nothing(case, shifts, tmp_path):
    """The weights are those of a run that knows nothing of it."""

    def run(name, inputs, held_out):
        training = TRAINING | ({"held_out": held_out} if held_out else {})
        settings = {"model": MODEL, "strategy": {"alpha": 0.5}, "training": training}
        finetune(case["base"], *inputs, case["overlaps"], settings, 1, 1, tmp_path / name, tmp_path / f"{name}.partial")
        lines = (tmp_path / name / "metrics.jsonl").read_text().splitlines()
        return load_file(tmp_path / name / "model.safetensors"), [json.loads(line) for line in lines]

    both = [[*case[kind], *shifts[kind]] for kind in ("pairs", "tokens")]
    scored, records = run("scored", both, {"source": "shifts", "every": 4, "batches": 2})
    alone, _ = run("alone", [case["pairs"], case["tokens"]], None)
    assert all(torch.equal(tensor, alone[name]) for name, tensor in scored.items())
    found = [record["held_out_loss"] for record in records if "held_out_loss" in record]
    assert len(found) == 3 and len(set(found)) == 3 and all(map(np.isfinite, found))
    counts = json.loads((tmp_path / "scored/batches.json").read_text())
    assert {row["source"] for row in counts["examples"]} == {"made"}


def test_scores_are_loss_and_reciprocal_rank_within_batches():
    generator = torch.Generator().manual_seed(1)
    vectors = torch.nn.functional.normalize(torch.randn(2, 12, 4, generator=generator), dim=2)
    texts = np.arange(12)[None]
    source = SourcePairs("s", texts, texts, np.arange(12) // 2)

    def rows(side):
        return lambda numbers: [np.array([side, number]) for number in numbers]

    held_out = HeldOut([source], SamplerSettings(64, 0.5, "source-first", "example"), 1.0, 4, chunk_tokens=6)
    scores = held_out.scores(lambda chunk: torch.stack([vectors[s, n] for s, n in chunk]), rows(0), rows(1), 0.1)
    ranks, losses = [], []
    for batch in held_out._batches:
        assert len(set(batch.groups.tolist())) == len(batch.groups) == 6
        cosines = vectors[0, batch.queries] @ vectors[1, batch.passages].T
        for i, row in enumerate(cosines):
            ranks.append(1 + sum(float(row[j]) >= float(row[i]) for j in range(6) if j != i))
            losses.append(float(torch.logsumexp(row / 0.1, 0) - row[i] / 0.1))
    assert scores["held_out_mrr"] == pytest.approx(np.mean([1 / rank for rank in ranks]))
    assert scores["held_out_loss"] == pytest.approx(np.mean(losses), rel=1e-5)


def test_held_out_pairs_that_cannot_give_a_strategys_batches_are_named():
    """Of a small language none may be among a small share, though what trains has some."""
    numbers = np.arange(6)
    english = SourcePairs("s", *(np.stack([numbers, np.full(6, -1)]),) * 2, numbers)
    sampler = SamplerSettings(4, 0.5, "source-first", "example")
    with pytest.raises(
        InputError, match=r"^training\.held_out: of the pairs held out: .*two languages.*, or hold out more"
    ):
        HeldOut([english], sampler, 0.5, 2, chunk_tokens=64)
    HeldOut([english], sampler, 1.0, 2, chunk_tokens=64)


SETTINGS = TrainerSettings(40, 0.1, 0.0, 0.0, 1.0, 7, evaluate_every=2, patience=2)


def learn(folder, held_out_losses, stop_before=None):
    """Train one number towards 0; evaluation e gives ``held_out_losses[e]``. Return records and the number."""
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.ones_(model.weight)
    step_now = 0

    def gradients_of_step(step):
        nonlocal step_now
        if step == stop_before:
            raise KeyboardInterrupt
        step_now = step + 1
        loss = model.weight.pow(2).sum()
        loss.backward()
        return {"loss": loss}

    def evaluate():
        return {"held_out_loss": held_out_losses[step_now // 2 - 1]}

    records = train(model, gradients_of_step, SETTINGS, 4, folder, "key", evaluate=evaluate)
    return records, model.weight.item()


def test_training_stops_when_patience_ends_and_goes_back_to_the_best_weights(tmp_path):
    losses = [5, 4, 3, 3.5, 3.2, 3.1, 1, 0]  # the third is the best; patience ends with the sixth
    records, weight = learn(tmp_path / "whole", losses)
    assert records[-1]["step"] == 12
    _, at_best = learn(tmp_path / "to_the_best", [5, 4, 3, 9, 9, 9])
    assert weight == at_best
    for stop in (3, 6, 7, 10):
        with pytest.raises(KeyboardInterrupt):
            learn(tmp_path / f"stopped{stop}", losses, stop_before=stop)
        again, resumed = learn(tmp_path / f"stopped{stop}", losses)
        assert resumed == weight
        assert [record["held_out_loss"] for record in again if "held_out_loss" in record] == losses[:6]


def test_a_loss_that_keeps_falling_trains_to_the_end(tmp_path):
    records, _ = learn(tmp_path, list(range(20, 0, -1)))
    assert records[-1]["step"] == 40 and records[-1]["held_out_loss"] == 1


def test_finetune_scores_held_out_pairs_without_changing_what_is_learnt(case, tmp_path):
    def run(name, **held_out):
        training = TRAINING | {"held_out": {"share": 0.3, "batches": 2, **held_out}}
        settings = {"model": MODEL, "strategy": {"alpha": 0.5}, "training": training}
        inputs = case["base"], case["pairs"], case["tokens"], case["overlaps"]
        finetune(*inputs, settings, 1, 1, tmp_path / name, tmp_path / f"{name}.partial")
        lines = (tmp_path / name / "metrics.jsonl").read_text().splitlines()
        return load_file(tmp_path / name / "model.safetensors"), [json.loads(line) for line in lines]

    often, often_records = run("often", every=2)
    once, once_records = run("once", every=100)
    assert all(torch.equal(tensor, once[name]) for name, tensor in often.items())
    assert sum("held_out_mrr" in record for record in often_records) == 6
    assert once_records[-1]["held_out_loss"] == often_records[-1]["held_out_loss"]
    assert 0 < once_records[-1]["held_out_mrr"] <= 1
    _, records = run("stopped", every=2, patience=0)
    *falling, last = [record["held_out_loss"] for record in records if "held_out_loss" in record]
    assert all(later < earlier for earlier, later in pairwise(falling))
    assert records[-1]["step"] == 12 or last >= falling[-1]


def test_examples_a_second_are_those_of_training_alone(tmp_path, monkeypatch):
    """By a clock on which an update takes a second and an evaluation a hundred."""
    now = 0.0
    monkeypatch.setattr(time, "perf_counter", lambda: now)
    model = torch.nn.Linear(1, 1)

    def gradients_of_step(step):
        nonlocal now
        now += 1
        loss = model(torch.ones(1, 1)).pow(2).mean()
        loss.backward()
        return {"loss": loss}

    def evaluate():
        nonlocal now
        now += 100
        return {"held_out_loss": 1.0}

    records = train(model, gradients_of_step, replace(SETTINGS, patience=None), 4, tmp_path, "key", evaluate=evaluate)
    assert sum("held_out_loss" in record for record in records) == 20
    assert {record["examples_per_second"] for record in records} == {4.0}


def test_the_rate_of_the_least_held_out_loss_is_taken(case, tmp_path):
    training = TRAINING | {"held_out": {"share": 0.3, "batches": 2, "every": 4}}
    settings = {"model": MODEL, "strategy": {"alpha": 0.5}, "training": training}
    inputs = case["base"], case["pairs"], case["tokens"], case["overlaps"]
    tries = []
    for rate in (1e-6, 5e-3, 1e30):
        tries.append(tmp_path / f"{rate:g}.json")
        try_learning_rate(TrainingInputs(*inputs), settings, rate, 1, 1, tries[-1], tmp_path / f"{rate:g}.partial")
    found = [json.loads(path.read_text()) for path in tries]
    assert found[1]["held_out_loss"] < found[0]["held_out_loss"] and found[2]["held_out_loss"] is None
    assert chosen_rate(tries) == 5e-3
    with pytest.raises(InputError, match="diverged at each of 1e\\+30"):
        chosen_rate(tries[2:])
    other = {**settings, "model": MODEL | {"learning_rate": 1.0}}
    finetune(*inputs, other, 1, 1, tmp_path / "model", tmp_path / "partial", paths_to_tries=tries)
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert manifest["settings"]["model"]["learning_rate"] == 5e-3
    records = [json.loads(line) for line in (tmp_path / "model" / "metrics.jsonl").read_text().splitlines()]
    assert records[-1]["held_out_loss"] == found[1]["held_out_loss"]


@pytest.mark.parametrize("training", [{"steps": 1, "warmup_share": 0.0}, {"steps": 2, "warmup_share": 1.0}])
def test_a_rate_whose_last_update_breaks_the_model_is_out(case, tmp_path, training):
    """Loss and gradient of an update are those of the weights before it: only the held-out pairs show what it did."""
    training = TRAINING | training | {"held_out": {"share": 0.3, "batches": 2, "every": 5}}
    settings = {"model": MODEL, "strategy": {"alpha": 0.5}, "training": training}
    inputs = TrainingInputs(case["base"], case["pairs"], case["tokens"], case["overlaps"])
    tries = [tmp_path / "high.json", tmp_path / "low.json"]
    for rate, path in zip((1e30, 5e-3), tries, strict=True):
        try_learning_rate(inputs, settings, rate, 1, 1, path, tmp_path / "partial")
    assert json.loads(tries[0].read_text())["held_out_loss"] is None
    assert chosen_rate(tries) == chosen_rate(tries[::-1]) == 5e-3
    broken = {**settings, "model": MODEL | {"learning_rate": 1e30}}
    with pytest.raises(InputError, match=r"diverged by step \d: loss .*, held out loss nan, .*; lower learning_rate"):
        finetune(case["base"], inputs.pairs, inputs.tokens, [], broken, 1, 1, tmp_path / "model", tmp_path / "p")
