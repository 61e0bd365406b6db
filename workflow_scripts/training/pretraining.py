"""Pre-training of a small multilingual encoder: masked language modelling and two-view contrast.

Masked language modelling alone, at the budget of minutes, leaves vectors that tell languages apart and
little else. The second term pulls two differently masked copies of a line together and pushes the batch's other
lines away: SimCSE (arXiv 2104.08821, equation 1) with masks in dropout's place.
"""

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workflow_scripts.data.atomic import atomic_folder
from workflow_scripts.data.content_key import content_key
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.keyed_random import permutation, uniforms
from workflow_scripts.data.manifest import checked_digests, write_manifest
from workflow_scripts.data.token_arrays import TokenArrays
from workflow_scripts.encoders.model_folder import copy_tokenizer, save_encoder
from workflow_scripts.encoders.packed_transformer import PackedTransformer
from workflow_scripts.encoders.packing import PackedTexts
from workflow_scripts.encoders.parameters import count_parameters
from workflow_scripts.encoders.pooling import pool_packed
from workflow_scripts.encoders.tokenization import load_tokenizer
from workflow_scripts.training.draws import choose, shares
from workflow_scripts.training.losses import info_nce
from workflow_scripts.training.masking import mask_tokens
from workflow_scripts.training.metrics import write_metrics
from workflow_scripts.training.texts import read_texts
from workflow_scripts.training.tokenizer_training import SPECIAL_TOKENS
from workflow_scripts.training.trainer import TrainerSettings, prepare_torch, train

_log = logging.getLogger(__name__)
POSITIONS = 512  # tokens, as XLM-R; positions beyond pre-training's max_length are first trained in fine-tuning
_MAX_GRADIENT_NORM = 1.0
_CHECKPOINT_EVERY = 100  # steps


@dataclass(frozen=True)
class Lines:
    """Lines of one language as rows of a token store; parallel lines and parts of one text share ``groups`` [n]."""

    rows: np.ndarray
    groups: np.ndarray


def read_lines(
    paths_to_texts: Sequence[str | Path], paths_to_overlaps: Sequence[str | Path], tokenizer: Any, max_length: int
) -> tuple[TokenArrays, dict[str, Lines]]:
    """Return the tokens of all lines, and each language's lines; a longer text is cut into consecutive lines."""
    start, end = (tokenizer.token_to_id(token) for token in ("<s>", "</s>"))
    tokenizer.no_truncation()
    tokens: list[list[int]] = []
    group_numbers: dict[str, int] = {}
    languages = {}
    for lang, table in read_texts(paths_to_texts, paths_to_overlaps).items():
        first, groups = len(tokens), []
        encodings = tokenizer.encode_batch_fast(table["text"].to_pylist(), add_special_tokens=False)
        for encoding, group in zip(encodings, table["group_id"].to_pylist(), strict=True):
            for begin in range(0, len(encoding.ids), max_length - 2):
                tokens.append([start, *encoding.ids[begin : begin + max_length - 2], end])
                groups.append(group_numbers.setdefault(group, len(group_numbers)))
        languages[lang] = Lines(np.arange(first, len(tokens)), np.array(groups, dtype=np.int64))
    return TokenArrays.of(tokens), languages


def plan_lines(
    languages: dict[str, Lines], steps: int, batch_size: int, tau: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and groups, both [steps, batch_size], of each step's lines.

    A step's lines are all in one language, drawn with probability ∝ size^tau, so that the contrast has to tell facts
    apart: among lines of several languages the language alone would do. Within a language every line is used before
    any repeats.
    """
    numbers = uniforms(steps, "pretraining languages", seed)
    chosen = choose(shares([len(lines.rows) for lines in languages.values()], tau), numbers)
    chosen = np.repeat(chosen[:, None], batch_size, axis=1)
    rows, groups = np.empty_like(chosen), np.empty_like(chosen)
    for number, (lang, lines) in enumerate(languages.items()):
        places = np.flatnonzero(chosen.ravel() == number)
        epochs = -(-len(places) // len(lines.rows))
        orders = [permutation(len(lines.rows), "pretraining lines", seed, lang, epoch) for epoch in range(epochs)]
        order = np.concatenate([*orders, np.empty(0, dtype=np.int64)])[: len(places)]
        rows.ravel()[places], groups.ravel()[places] = lines.rows[order], lines.groups[order]
    return rows, groups


class MaskedLanguageModel(torch.nn.Module):
    """An XLM-R encoder and its head (arXiv 1911.02116): logits over the vocabulary, tied to the word embeddings."""

    def __init__(self, encoder: PackedTransformer) -> None:
        super().__init__()
        self.encoder = encoder
        hidden = encoder.shape.hidden
        self.dense = torch.nn.Linear(hidden, hidden)
        self.norm = torch.nn.LayerNorm(hidden, eps=encoder.shape.norm_epsilon)
        self.bias = torch.nn.Parameter(torch.zeros(encoder.shape.vocabulary))
        torch.nn.init.normal_(self.dense.weight, std=0.02)
        torch.nn.init.zeros_(self.dense.bias)

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """Return [n, vocabulary] of states [n, d]."""
        states = self.norm(torch.nn.functional.gelu(self.dense(states)))
        return torch.nn.functional.linear(states, self.encoder.embeddings.word_embeddings.weight, self.bias)


def make_model(architecture: dict[str, Any], vocabulary: int) -> MaskedLanguageModel:
    """Return an untrained XLM-R masked language model without dropout; raise InputError on impossible widths."""
    hidden, heads = architecture["hidden"], architecture["heads"]
    if hidden % heads:
        raise InputError(f"model.pretrain: hidden {hidden} is not a multiple of heads {heads}; change one of them")
    start, pad, end = (SPECIAL_TOKENS.index(token) for token in ("<s>", "<pad>", "</s>"))
    encoder = PackedTransformer(
        {
            "model_type": "xlm-roberta",
            "vocab_size": vocabulary,
            "hidden_size": hidden,
            "num_hidden_layers": architecture["layers"],
            "num_attention_heads": heads,
            "intermediate_size": architecture["intermediate"],
            "hidden_act": "gelu",
            "max_position_embeddings": POSITIONS + pad + 1,  # positions count from pad_token_id + 1
            "type_vocab_size": 1,
            "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
            "layer_norm_eps": 1e-5,
            "bos_token_id": start,
            "pad_token_id": pad,
            "eos_token_id": end,
        }
    )
    encoder.initialise()
    return MaskedLanguageModel(encoder)


def pretrain(
    paths_to_texts: Sequence[str | Path],
    paths_to_overlaps: Sequence[str | Path],
    path_to_tokenizer: str | Path,
    settings: dict[str, Any],
    threads: int,
    path_to_output: str | Path,
    path_to_partial: str | Path,
    path_to_events: str | Path | None = None,
) -> None:
    """Pre-train an encoder and write its transformers folder (without the language-modelling head).

    ``settings`` has ``model.pretrain`` (layers, hidden, heads, intermediate, learning_rate) and ``pretraining`` (the
    config section). Resumes from ``path_to_partial`` as ``finetune`` does. Raises InputError on bad settings or a
    diverging loss.
    """
    architecture, chosen = settings["model"]["pretrain"], settings["pretraining"]
    if not 3 <= chosen["max_length"] <= POSITIONS:
        raise InputError(f"pretraining.max_length: {chosen['max_length']} is not between 3 and {POSITIONS} tokens")
    seed, batch_size = chosen["seed"], chosen["batch_size"]
    device = prepare_torch(threads, seed)
    checked_digests(path_to_tokenizer)  # its settings too, which are copied at the end
    inputs = [*paths_to_texts, *paths_to_overlaps, Path(path_to_tokenizer) / "tokenizer.json"]
    key = content_key({"settings": settings, "threads": threads, "device": device.type}, inputs)
    tokenizer = load_tokenizer(path_to_tokenizer)
    store, languages = read_lines(paths_to_texts, paths_to_overlaps, tokenizer, chosen["max_length"])
    rows, groups = plan_lines(languages, chosen["steps"], batch_size, chosen["tau"], seed)
    vocabulary = tokenizer.get_vocab_size()
    model = make_model(architecture, vocabulary).to(device).train()
    mask_id = tokenizer.token_to_id("<mask>")

    def gradients_of_step(step: int) -> dict[str, torch.Tensor]:
        # Both views go through the model as one batch; the label of a hidden token is the token.
        texts = PackedTexts.of(store.rows(rows[step]) * 2)
        hidden, chosen_tokens = mask_tokens(
            texts.ids, chosen["mask_share"], mask_id, len(SPECIAL_TOKENS), vocabulary, seed, step
        )
        states = model.encoder(texts, torch.from_numpy(hidden))
        # The head, wide as the vocabulary, is computed for the hidden tokens alone.
        places = torch.from_numpy(np.flatnonzero(chosen_tokens)).to(device)
        labels = torch.from_numpy(texts.ids[chosen_tokens]).to(device)
        logits = model.logits(states.index_select(0, places))
        # A small batch may hide nothing, of which there is no mean.
        masked = torch.nn.functional.cross_entropy(logits, labels) if len(labels) else logits.sum()
        first, second = pool_packed(states, texts, "mean").chunk(2)
        group = torch.from_numpy(groups[step]).to(device)
        contrast = info_nce(first, second, group, group, chosen["temperature"], symmetric=True)
        loss = masked + chosen["contrast_weight"] * contrast
        loss.backward()
        return {"loss": loss, "masked": masked, "contrast": contrast}

    trainer = TrainerSettings(
        steps=chosen["steps"],
        learning_rate=architecture["learning_rate"],
        warmup_share=chosen["warmup_share"],
        weight_decay=chosen["weight_decay"],
        max_gradient_norm=_MAX_GRADIENT_NORM,
        checkpoint_every=_CHECKPOINT_EVERY,
    )
    records = train(model, gradients_of_step, trainer, batch_size, path_to_partial, key, path_to_events=path_to_events)
    with atomic_folder(path_to_output) as folder:
        save_encoder(model.encoder, folder)
        copy_tokenizer(path_to_tokenizer, folder, model_max_length=POSITIONS)
        write_metrics(records, folder)
        counts = count_parameters(folder)
        write_manifest(
            folder,
            inputs=inputs,
            settings=settings,
            seed=seed,
            threads=threads,
            device=device.type,
            dtype="float32",
            parameters={"embedding": counts.embedding, "non_embedding": counts.non_embedding, "total": counts.total},
            lines={lang: len(lines.rows) for lang, lines in languages.items()},
        )
    shutil.rmtree(path_to_partial, ignore_errors=True)  # on NFS a file that is mapped stays until its process ends
