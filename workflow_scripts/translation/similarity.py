"""How alike translation and source are to a multilingual encoder."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from workflow_scripts.data.tables import SIMILARITIES
from workflow_scripts.encoders.bi_encoder import BiEncoder, load_bi_encoder
from workflow_scripts.encoders.devices import own_device
from workflow_scripts.translation.token_batches import token_batches


def text_similarities(translations: pa.Table, path_to_model: Path, settings: dict[str, Any], threads: int) -> pa.Table:
    """Return SIMILARITIES: the cosine of each text and its translation, both read as passages and cut like them."""
    torch.set_num_threads(threads)
    encoding = settings["encoding"]
    encoder = load_bi_encoder(path_to_model, settings["model"], own_device(), getattr(torch, encoding["dtype"]))
    texts = translations["text"].to_pylist()
    vectors = [
        _vectors(encoder, column, encoding["batch_tokens"])
        for column in (texts, translations["translation"].to_pylist())
    ]
    cosines = np.einsum("nd,nd->n", *vectors) if texts else np.zeros(0, dtype=np.float32)
    return pa.table({"text": texts, "similarity": cosines.astype(np.float32)}, schema=SIMILARITIES)


def _vectors(encoder: BiEncoder, texts: list[str], batch_tokens: int) -> np.ndarray:
    """Return fp32 unit vectors [n, d] of n texts."""
    rows = encoder.tokenize_passages([None] * len(texts), texts)
    lengths = [len(row) for row in rows]
    vectors: list[np.ndarray | None] = [None] * len(texts)
    for batch in token_batches(lengths, [0] * len(texts), batch_tokens):
        for i, vector in zip(batch, encoder.encode_rows([rows[i] for i in batch]), strict=True):
            vectors[i] = vector
    return np.array(vectors)
