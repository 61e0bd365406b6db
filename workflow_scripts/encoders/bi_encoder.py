"""A bi-encoder: one transformer that turns queries and passages into vectors, each on its own.

Whatever decides a vector (pooling, prefixes, lengths, normalisation) is the model's entry in the
config; the folder holds weights, architecture and tokenizer.
"""

import logging
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.memory_errors import is_out_of_memory
from workflow_scripts.encoders.model_folder import vector_width
from workflow_scripts.encoders.packed_transformer import (
    PackedTransformer,
    is_packed_architecture,
    load_packed_transformer,
)
from workflow_scripts.encoders.packing import PackedTexts
from workflow_scripts.encoders.pooling import pool, pool_packed
from workflow_scripts.encoders.prepacked_transformer import PrepackedTransformer, can_prepack
from workflow_scripts.encoders.settings import EncoderSettings
from workflow_scripts.encoders.tokenization import TextTokenizer, pad, read_config

_log = logging.getLogger(__name__)
_PADDING_MULTIPLE = 8  # tokens; keeps matrix products on the sizes that GPU kernels are fast at


class BiEncoder:
    """A transformer, its tokenizer and its entry's settings on one device."""

    def __init__(
        self, encoder: torch.nn.Module, tokenizer: TextTokenizer, settings: EncoderSettings, device: torch.device
    ) -> None:
        self.encoder = encoder
        self.network = encoder  # what texts go through; in training another module may hold the encoder
        self.tokenizer = tokenizer
        self.settings = settings
        self.device = device
        self._longest = max(settings.max_query_length, settings.max_passage_length)
        self._too_many_tokens = math.inf

    @property
    def dimension(self) -> int:
        """The width of its vectors."""
        return vector_width(self.encoder)

    @property
    def padding(self) -> int:
        """Texts are padded to the longest beside them, a multiple of so many tokens; 0 where they are packed."""
        return 0 if isinstance(self.encoder, PackedTransformer) else _PADDING_MULTIPLE

    def embed(self, rows: Sequence[Sequence[int] | np.ndarray]) -> torch.Tensor:
        """Return fp32 vectors [n, d] of n token lists with gradients, of unit length where ``normalise``."""
        if isinstance(self.encoder, PackedTransformer):
            texts = PackedTexts.of(rows)
            vectors = pool_packed(self.network(texts).float(), texts, self.settings.pooling)
        else:
            ids, mask = pad(rows, self.tokenizer.pad_id, _PADDING_MULTIPLE, self._longest)
            ids, mask = torch.from_numpy(ids).to(self.device), torch.from_numpy(mask).to(self.device)
            states = self.network(input_ids=ids, attention_mask=mask).last_hidden_state
            vectors = pool(states.float(), mask, self.settings.pooling)
        return torch.nn.functional.normalize(vectors, dim=1) if self.settings.normalise else vectors

    @torch.inference_mode()
    def encode_rows(self, rows: Sequence[Sequence[int] | np.ndarray]) -> np.ndarray:
        """Return fp32 vectors [n, d] of n token lists, computed as one batch, or as halves where memory runs out."""
        # A batch longer than one that did not fit would not fit either.
        if len(rows) == 1 or sum(map(len, rows)) < self._too_many_tokens:
            try:
                return self.embed(rows).cpu().numpy()
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                self._too_many_tokens = sum(map(len, rows))
            if len(rows) == 1:
                raise InputError(f"a text of {len(rows[0])} tokens does not fit into memory; use a larger machine")
            _log.warning("%d tokens do not fit into memory; batches are halved", self._too_many_tokens)
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
        half = len(rows) // 2
        return np.concatenate([self.encode_rows(rows[:half]), self.encode_rows(rows[half:])])

    def tokenize(self, texts: Sequence[str], max_length: int) -> list[list[int]]:
        """Return each text's ids with special tokens, cut to ``max_length`` tokens; no prefix is added."""
        return self.tokenizer.tokenize(texts, max_length)

    def tokenize_queries(self, texts: Iterable[str]) -> list[list[int]]:
        """Return ids of queries behind the model's query prefix, cut to ``max_query_length``."""
        return self.tokenizer.tokenize_queries(texts)

    def tokenize_passages(self, titles: Iterable[str | None], texts: Iterable[str]) -> list[list[int]]:
        """Return ids of title and text behind the model's passage prefix, cut to ``max_passage_length``."""
        return self.tokenizer.tokenize_passages(titles, texts)


def load_bi_encoder(
    path_to_folder: str | Path,
    settings: dict[str, Any],
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    packed: bool = True,
) -> BiEncoder:
    """Load a transformers folder as a bi-encoder in evaluation mode.

    ``settings`` is the model's config entry (``pooling``, ``query_prefix``, ``passage_prefix``,
    ``max_query_length``, ``max_passage_length``, ``normalise``; other keys are ignored). Code from
    the folder is never run. Without ``packed`` the encoder is of transformers' class even where ours computes the same
    faster. Raises InputError where the folder is no model or too short for the lengths.
    """
    chosen = EncoderSettings.from_entry(settings)
    tokenizer = TextTokenizer(path_to_folder, chosen)
    _check_lengths(path_to_folder, chosen)
    encoder = load_encoder(path_to_folder, torch.device(device), dtype, packed)
    if len(tokenizer.tokenizer.get_vocab()) > encoder.get_input_embeddings().num_embeddings:
        raise InputError(
            f"{path_to_folder}: the tokenizer has more entries than the model has embeddings; they do not match"
        )
    return BiEncoder(encoder.to(device).eval(), tokenizer, chosen, torch.device(device))


def load_to_encode(
    path_to_folder: str | Path,
    settings: dict[str, Any],
    device: str | torch.device,
    dtype: torch.dtype,
    batch_tokens: int,
) -> BiEncoder:
    """Load as ``load_bi_encoder`` does, but to encode alone, in ``dtype``.

    Where that pays, weights are laid out for batches of about ``batch_tokens`` tokens; of bf16 less is rounded then.
    """
    if not can_prepack(read_config(path_to_folder), torch.device(device), dtype):
        return load_bi_encoder(path_to_folder, settings, device, dtype)
    made = load_bi_encoder(path_to_folder, settings, device)
    made.network = PrepackedTransformer(made.encoder, batch_tokens, dtype)
    return made


def load_encoder(
    path_to_folder: str | Path, device: torch.device, dtype: torch.dtype, packed: bool = True
) -> torch.nn.Module:
    """Load the transformer of a folder without pooler or heads; raise InputError where a weight of it is missing."""
    folder = Path(path_to_folder)
    config = read_config(folder)
    if not any(folder.glob("*.safetensors")):
        raise InputError(f"{folder}: no safetensors weights; pickled ones are not read, convert them first")
    if packed and device.type == "cpu" and is_packed_architecture(config):
        return load_packed_transformer(folder, config, dtype)
    return _load_with_transformers(folder, dtype)


def _load_with_transformers(folder: Path, dtype: torch.dtype) -> torch.nn.Module:
    from transformers.utils import logging as transformers_logging

    # Its report of missing weights (always the pooler's) is replaced by the check below.
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        try:
            encoder, loading = _from_pretrained(folder, dtype, "sdpa")
        except ValueError as error:
            if "scaled_dot_product_attention" not in str(error):
                raise
            encoder, loading = _from_pretrained(folder, dtype, "eager")  # DeBERTa's attention is no such product
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: not a model that transformers loads ({str(error).splitlines()[0]})") from error
    # BERT-like classes make a pooler that bi-encoders do not use; checkpoints often lack its weights.
    missing = [name for name in loading["missing_keys"] if not name.startswith("pooler.")]
    if missing:
        raise InputError(f"{folder}: weights of {len(missing)} tensors are missing, {sorted(missing)[0]} first")
    if encoder.config.is_encoder_decoder:
        raise InputError(f"{folder}: is an encoder with a decoder, of which no vectors are made; name an encoder")
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None
    # A decoder would keep every layer's keys and values, and meet them again where a layer is recomputed.
    encoder.config.use_cache = False
    return encoder


def _from_pretrained(folder: Path, dtype: torch.dtype, attention: str) -> tuple[torch.nn.Module, dict[str, Any]]:
    from transformers import AutoModel

    nothing_but_the_folder = {"trust_remote_code": False, "local_files_only": True, "use_safetensors": True}
    return AutoModel.from_pretrained(
        folder, dtype=dtype, attn_implementation=attention, output_loading_info=True, **nothing_but_the_folder
    )


def _check_lengths(path_to_folder: str | Path, settings: EncoderSettings) -> None:
    config = read_config(path_to_folder)
    positions = config.get("max_position_embeddings")
    if positions is None:
        return
    # RoBERTa counts positions from pad_token_id + 1 (fairseq's convention).
    roberta = config.get("model_type") in {"xlm-roberta", "roberta", "camembert", "xlm-roberta-xl"}
    room = positions - (config["pad_token_id"] + 1) if roberta else positions
    for name in ("max_query_length", "max_passage_length"):
        if getattr(settings, name) > room:
            raise InputError(f"{path_to_folder}: {name} {getattr(settings, name)} exceeds the model's {room} positions")
