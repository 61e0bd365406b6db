"""One contrastive training from pairs and a base model to a trained encoder, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workflow_scripts.data.content_key import content_key
from workflow_scripts.data.errors import InputError
from workflow_scripts.encoders.settings import TextForm
from workflow_scripts.encoders.token_folder import read_token_facts
from workflow_scripts.training.batches import Batch, HybridBatches, SamplerSettings
from workflow_scripts.training.gradient_cache import contrastive_gradients
from workflow_scripts.training.held_out import HeldOut
from workflow_scripts.training.learner import Learner
from workflow_scripts.training.losses import info_nce
from workflow_scripts.training.metrics import Record
from workflow_scripts.training.pairs import TrainingPairs, read_pairs
from workflow_scripts.training.processes import Processes, join_processes
from workflow_scripts.training.trainer import TrainerSettings, prepare_torch, train


@dataclass(frozen=True)
class TrainingInputs:
    """What a run reads: the base model's folder, PAIRS files, the folder of token arrays of each, OVERLAPS files."""

    base: str | Path
    pairs: Sequence[str | Path]
    tokens: Sequence[str | Path]
    overlaps: Sequence[str | Path]


@dataclass(frozen=True)
class Upkeep:
    """What decides no weight of a run and no record: updates between checkpoints, whether layers are recomputed."""

    checkpoint_every: int = 100
    gradient_checkpointing: bool = False


@dataclass(frozen=True)
class TrainedRun:
    """A trained encoder, and what happened."""

    learner: Learner
    pairs: TrainingPairs
    batches: list[Batch]  # those that were trained on
    records: list[Record]
    processes: Processes
    device: torch.device


def train_contrastively(
    inputs: TrainingInputs,
    settings: dict[str, Any],
    seed: int,
    threads: int,
    path_to_partial: str | Path,
    path_to_events: str | Path | None,
    upkeep: Upkeep,
) -> TrainedRun:
    """Train as ``finetune`` says; each process calls it and gets the same."""
    model, strategy, training = settings["model"], settings["strategy"], settings["training"]
    alpha = strategy.get("alpha")
    if alpha is None:
        raise InputError("strategy: has no alpha, so its model is the base model itself; evaluate that, or give alpha")
    device = prepare_torch(threads, seed)
    processes = join_processes(device)
    key = content_key(
        {"settings": settings, "seed": seed, "threads": threads, "device": device.type, "processes": processes.size},
        [inputs.base, *inputs.pairs, *inputs.overlaps, *inputs.tokens],
    )
    read_token_facts(inputs.tokens, inputs.base, TextForm.from_entry(model))
    held_out = training.get("held_out")
    pairs = read_pairs(
        inputs.pairs,
        inputs.tokens,
        inputs.overlaps,
        strategy.get("languages"),
        held_out.get("share", 0.0) if held_out else 0.0,
        held_out.get("source") if held_out else None,
    )
    sampler = SamplerSettings(
        batch_size=training["batch_size"],
        tau=training["tau"],
        draw_order=training["draw_order"],
        cross_pairs=training["cross_pairs"],
    )
    batches = list(islice(HybridBatches(pairs.sources, sampler, alpha, seed), training["steps"]))
    learner = Learner(inputs.base, model, training["dtype"], device, processes, upkeep.gradient_checkpointing)
    padding = learner.bi_encoder.padding
    if not processes.leads:
        torch.manual_seed(seed + processes.rank)  # the model is the same in every process, its dropout is not

    def gradients_of_step(step: int) -> dict[str, torch.Tensor]:
        batch = batches[step]
        texts, groups = batch.passages, batch.groups
        if training["hard_negatives"]:
            more = pairs.negatives.of(batch, pairs.sources, training["hard_negatives"], seed, step)
            texts, groups = np.concatenate([texts, more[0]]), np.concatenate([groups, more[1]])
        group_sides = torch.from_numpy(batch.groups).to(device), torch.from_numpy(groups).to(device)

        def loss(query_vectors: torch.Tensor, passage_vectors: torch.Tensor) -> torch.Tensor:
            return info_nce(
                query_vectors, passage_vectors, *group_sides, training["temperature"], training["symmetric"]
            )

        rows = pairs.queries.rows(batch.queries), pairs.passages.rows(texts)
        value = contrastive_gradients(
            learner.embed, *rows, loss, training["chunk_tokens"], processes, learner.unsynchronised, padding
        )
        return {"loss": value}

    evaluate = None
    if held_out:
        fixed = HeldOut(pairs.held_out, sampler, alpha, held_out["batches"], training["chunk_tokens"], padding)

        def evaluate() -> dict[str, float]:
            with learner.evaluating():
                return fixed.scores(learner.embed, pairs.queries.rows, pairs.passages.rows, training["temperature"])

    trainer = TrainerSettings(
        steps=training["steps"],
        learning_rate=model["learning_rate"],
        warmup_share=training["warmup_share"],
        weight_decay=training["weight_decay"],
        max_gradient_norm=training["max_gradient_norm"],
        checkpoint_every=upkeep.checkpoint_every,
        evaluate_every=held_out["every"] if held_out else 0,
        patience=held_out.get("patience") if held_out else None,
    )
    try:
        records = train(
            learner.model,
            gradients_of_step,
            trainer,
            training["batch_size"],
            path_to_partial,
            key,
            processes,
            path_to_events,
            evaluate,
        )
    finally:
        learner.release()
    return TrainedRun(learner, pairs, batches[: records[-1]["step"]], records, processes, device)
