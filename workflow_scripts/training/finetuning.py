"""Contrastive fine-tuning of a bi-encoder on hybrid batches."""

import json
import shutil
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workflow_scripts.data.atomic import atomic_folder
from workflow_scripts.data.content_key import content_key
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import write_manifest
from workflow_scripts.encoders.model_folder import save_sentence_transformer
from workflow_scripts.encoders.settings import TextForm
from workflow_scripts.encoders.token_folder import read_token_facts
from workflow_scripts.training.batches import HybridBatches, SamplerSettings, realised_counts
from workflow_scripts.training.gradient_cache import contrastive_gradients
from workflow_scripts.training.learner import Learner
from workflow_scripts.training.losses import info_nce
from workflow_scripts.training.metrics import write_metrics
from workflow_scripts.training.pairs import read_pairs
from workflow_scripts.training.processes import join_processes, leave_processes
from workflow_scripts.training.trainer import TrainerSettings, prepare_torch, train


def finetune(
    path_to_base: str | Path,
    paths_to_pairs: Sequence[str | Path],
    paths_to_tokens: Sequence[str | Path],
    paths_to_overlaps: Sequence[str | Path],
    settings: dict[str, Any],
    seed: int,
    threads: int,
    path_to_output: str | Path,
    path_to_partial: str | Path,
    path_to_events: str | Path | None = None,
) -> None:
    """Fine-tune the encoder at ``path_to_base`` and write its folder.

    ``paths_to_tokens`` are the folders of token arrays, one for each of ``paths_to_pairs``: training reads no text.
    ``settings`` has ``model`` (its config entry), ``strategy`` (its config entry, with ``alpha`` and perhaps
    ``languages``) and ``training`` (the config section). Killed and run again it resumes from ``path_to_partial`` and
    ends with the same weights (bitwise on CPU with the same ``threads``). Under torchrun its processes train the model
    together, each with ``threads`` threads; the first writes. Raises InputError on bad settings, pairs
    that cannot give the strategy's batches, or a diverging loss.
    """
    model, strategy, training = settings["model"], settings["strategy"], settings["training"]
    alpha = strategy.get("alpha")
    if alpha is None:
        raise InputError("strategy: has no alpha, so its model is the base model itself; evaluate that, or give alpha")
    device = prepare_torch(threads, seed)
    processes = join_processes(device)
    read_token_facts(paths_to_tokens, path_to_base, TextForm.from_entry(model))
    pairs = read_pairs(paths_to_pairs, paths_to_tokens, paths_to_overlaps, strategy.get("languages"))
    sampler = SamplerSettings(
        batch_size=training["batch_size"],
        tau=training["tau"],
        draw_order=training["draw_order"],
        cross_pairs=training["cross_pairs"],
    )
    batches = list(islice(HybridBatches(pairs.sources, sampler, alpha, seed), training["steps"]))
    learner = Learner(path_to_base, model, training["dtype"], device, processes)
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
            learner.embed, *rows, loss, training["chunk_tokens"], processes, learner.unsynchronised
        )
        return {"loss": value}

    inputs = [*paths_to_pairs, *paths_to_overlaps]
    key = content_key(
        {"settings": settings, "seed": seed, "threads": threads, "device": device.type, "processes": processes.size},
        [path_to_base, *inputs, *paths_to_tokens],
    )
    trainer = TrainerSettings(
        steps=training["steps"],
        learning_rate=model["learning_rate"],
        warmup_share=training["warmup_share"],
        weight_decay=training["weight_decay"],
        max_gradient_norm=training["max_gradient_norm"],
        checkpoint_every=training["checkpoint_every"],
    )
    records = train(
        learner.model,
        gradients_of_step,
        trainer,
        training["batch_size"],
        path_to_partial,
        key,
        processes,
        path_to_events,
    )
    encoder = learner.finished()
    leave_processes(processes)
    if not processes.leads:
        return
    with atomic_folder(path_to_output) as folder:
        save_sentence_transformer(encoder, path_to_base, learner.bi_encoder.settings, folder)
        write_metrics(records, folder)
        counts = realised_counts(batches, pairs.sources, pairs.languages)
        (folder / "batches.json").write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
        write_manifest(
            folder,
            inputs=[*inputs, *sorted(Path(path_to_base).glob("*.safetensors"))],
            settings=settings,
            seed=seed,
            threads=threads,
            processes=processes.size,
            device=device.type,
            dtype=training["dtype"],
            pairs_left_out=pairs.left_out,
        )
    shutil.rmtree(path_to_partial)
