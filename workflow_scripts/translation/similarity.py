"""How alike translation and source are to a multilingual encoder."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import SIMILARITIES
from workflow_scripts.encoders.bi_encoder import BiEncoder, load_bi_encoder
from workflow_scripts.encoders.devices import own_device
from workflow_scripts.translation.token_batches import token_batches


def text_similarities(translations: pa.Table, path_to_model: Path, settings: dict[str, Any], threads: int) -> pa.Table:
    """Return SIMILARITIES: the cosine of each text and its translation, both read as passages and cut like them.

    Batches are formed within a block, as translations are: cosines do not hinge on what else is in the shard. Raises
    InputError where one is NaN.
    """
    torch.set_num_threads(threads)
    encoding = settings["encoding"]
    encoder = load_bi_encoder(path_to_model, settings["model"], own_device(), getattr(torch, encoding["dtype"]))
    cosines = np.empty(len(translations), dtype=np.float32)
    texts, made, blocks = (translations[name].to_pylist() for name in ("text", "translation", "block"))
    rows_of: dict[int, list[int]] = {}
    for row, block in enumerate(blocks):
        rows_of.setdefault(block, []).append(row)
    for rows in rows_of.values():
        vectors = [_vectors(encoder, [side[row] for row in rows], encoding["batch_tokens"]) for side in (texts, made)]
        cosines[rows] = np.einsum("nd,nd->n", *vectors)
    if np.isnan(cosines).any():
        raise InputError(
            f"{path_to_model}: a text's vector is NaN; the weights are broken, or its numbers are too large for "
            "float16: say encoding.dtype: bfloat16"
        )
    return pa.table({"text": texts, "similarity": cosines}, schema=SIMILARITIES)


def _vectors(encoder: BiEncoder, texts: list[str], batch_tokens: int) -> np.ndarray:
    """Return fp32 unit vectors [n, d] of n texts."""
    rows = encoder.tokenize_passages([None] * len(texts), texts)
    lengths = [len(row) for row in rows]
    vectors: list[np.ndarray | None] = [None] * len(texts)
    for batch in token_batches(lengths, [0] * len(texts), batch_tokens):
        for i, vector in zip(batch, encoder.encode_rows([rows[i] for i in batch]), strict=True):
            vectors[i] = vector
    return np.array(vectors)
