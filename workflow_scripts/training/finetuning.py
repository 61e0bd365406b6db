"""Contrastive fine-tuning of a bi-encoder on hybrid batches."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workflow_scripts.data.atomic import atomic_folder
from workflow_scripts.data.manifest import write_manifest
from workflow_scripts.encoders.model_folder import save_sentence_transformer
from workflow_scripts.training.batches import realised_counts
from workflow_scripts.training.contrastive import TrainingInputs, Upkeep, train_contrastively
from workflow_scripts.training.learning_rate_tries import chosen_rate
from workflow_scripts.training.metrics import write_metrics
from workflow_scripts.training.processes import leave_processes


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
    paths_to_tries: Sequence[str | Path] = (),
    upkeep: Upkeep | None = None,
) -> None:
    """Fine-tune the encoder at ``path_to_base`` and write its folder.

    ``paths_to_tokens`` are the folders of token arrays, one for each of ``paths_to_pairs``: training reads no text.
    ``settings`` has ``model`` (its config entry), ``strategy`` (its config entry, with ``alpha`` and perhaps
    ``languages``) and ``training`` (the config section). ``paths_to_tries`` are what ``try_learning_rate`` wrote: the
    best of their rates stands in for the model's. Killed and run again it resumes from ``path_to_partial`` and
    ends with the same weights (bitwise on CPU with the same ``threads``). Under torchrun its processes train the model
    together, each with ``threads`` threads; the first writes. Raises InputError on bad settings, pairs
    that cannot give the strategy's batches, or a diverging loss.
    """
    if paths_to_tries:
        settings = {**settings, "model": {**settings["model"], "learning_rate": chosen_rate(paths_to_tries)}}
    inputs = TrainingInputs(path_to_base, paths_to_pairs, paths_to_tokens, paths_to_overlaps)
    run = train_contrastively(inputs, settings, seed, threads, path_to_partial, path_to_events, upkeep or Upkeep())
    encoder = run.learner.finished()
    leave_processes(run.processes)
    if not run.processes.leads:
        return
    with atomic_folder(path_to_output) as folder:
        save_sentence_transformer(encoder, path_to_base, run.learner.bi_encoder.settings, folder)
        write_metrics(run.records, folder)
        counts = realised_counts(run.batches, run.pairs.sources, run.pairs.languages)
        (folder / "batches.json").write_text(json.dumps(counts, indent=2) + "\n", encoding="utf-8")
        weights = sorted(Path(path_to_base).glob("*.safetensors"))
        write_manifest(
            folder,
            inputs=[*paths_to_pairs, *paths_to_overlaps, *paths_to_tries, *weights],
            settings=settings,
            seed=seed,
            threads=threads,
            processes=run.processes.size,
            device=run.device.type,
            dtype=settings["training"]["dtype"],
            pairs_left_out=run.pairs.left_out,
            negatives_left_out=run.pairs.negatives_left_out,
        )
    shutil.rmtree(path_to_partial, ignore_errors=True)  # on NFS a file that is mapped stays until its process ends
