"""Fine-tuning with sentence-transformers' own trainer and losses, on given pairs in their order: the peer."""

from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.device import clock


@dataclass(frozen=True)
class PeerRun:
    """What the peer's trainer gave: the loss of every logged step, the model, and when each update ended."""

    losses: list[float]
    model: torch.nn.Module
    ends: list[float]  # seconds by the device's clock


def train_with_peer(
    path_to_model: str | Path,
    texts: dict[str, list[str]],
    path_to_output: str | Path,
    *,
    steps: int,
    batch_size: int,
    learning_rate: float,
    warmup_steps: int,
    weight_decay: float,
    max_gradient_norm: float,
    temperature: float,
    max_length: int,
    chunk_rows: int | None = None,
    bfloat16: bool = False,
    device: str = "cpu",
    log_every: int = 1,
) -> PeerRun:
    """Train the sentence-transformers folder with MultipleNegativesRankingLoss; update k reads the k-th batch of texts.

    ``texts`` has columns ``anchor``, ``positive`` and perhaps ``negative``. ``chunk_rows`` takes
    CachedMultipleNegativesRankingLoss with mini-batches of so many rows.
    """
    from datasets import Dataset
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.sentence_transformer import losses
    from torch.utils.data import BatchSampler, SequentialSampler
    from transformers import TrainerCallback

    class Clock(TrainerCallback):
        def on_step_end(self, *_: object, **__: object) -> None:
            ends.append(now())

    def in_order(dataset: Dataset, batch_size: int, **_: object) -> BatchSampler:
        return BatchSampler(SequentialSampler(dataset), batch_size, drop_last=True)

    now, ends = clock(device), []
    model = SentenceTransformer(str(path_to_model), device=device)
    model.max_seq_length = max_length
    scale = 1 / temperature
    if chunk_rows is None:
        loss = losses.MultipleNegativesRankingLoss(model, scale=scale)
    else:
        loss = losses.CachedMultipleNegativesRankingLoss(model, scale=scale, mini_batch_size=chunk_rows)
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(path_to_output),
        use_cpu=device == "cpu",
        max_steps=steps,
        per_device_train_batch_size=batch_size,
        learning_rate=learning_rate,
        warmup_steps=warmup_steps,
        lr_scheduler_type="linear",
        weight_decay=weight_decay,
        max_grad_norm=max_gradient_norm,
        bf16=bfloat16,
        batch_sampler=in_order,
        logging_steps=log_every,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=device == "cuda",
    )
    trainer = SentenceTransformerTrainer(
        model=model, args=arguments, train_dataset=Dataset.from_dict(texts), loss=loss, callbacks=[Clock()]
    )
    trainer.train()
    return PeerRun([entry["loss"] for entry in trainer.state.log_history if "loss" in entry], model, ends)
