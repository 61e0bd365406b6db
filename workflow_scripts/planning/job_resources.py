"""Threads, memory and GPUs of a job, from the size of its model or data. Profiles override them."""

from typing import Any

# Below this many non-embedding parameters a GPU, or a second thread, waits more than it works.
SMALL_MODEL = 5_000_000
# From so many passages on, preparing a language takes longer than starting Python.
LARGE_COLLECTION = 100_000
# torch, transformers and the tables of a small experiment, resident.
BASE_MEMORY_MB = 900
# Weights, gradients and two AdamW moments in fp32.
TRAINING_BYTES_PER_PARAMETER = 16


def non_embedding_parameters(model: dict[str, Any]) -> float:
    """Return a model entry's non-embedding parameters: 12 · layers · hidden² for one made here, else ``size_m``."""
    if "pretrain" in model:
        shape = model["pretrain"]
        attention = 4 * shape["hidden"] ** 2
        return shape["layers"] * (attention + 2 * shape["hidden"] * shape["intermediate"])
    return model["size_m"] * 1e6


def threads(model: dict[str, Any]) -> int:
    """Threads of a training or encoding job: fixed by the model, so that results do not hinge on ``--cores``."""
    return 1 if non_embedding_parameters(model) < SMALL_MODEL else 8


def gpus(model: dict[str, Any]) -> int:
    """GPUs of a training or encoding job."""
    return 0 if non_embedding_parameters(model) < SMALL_MODEL else 1


def training_threads(model: dict[str, Any]) -> int:
    """Threads of a fine-tuning job, which its processes share."""
    return max(threads(model), model["processes"])


def training_gpus(model: dict[str, Any]) -> int:
    """GPUs of a fine-tuning job: one a process."""
    return gpus(model) * model["processes"]


def training_memory_mb(model: dict[str, Any]) -> int:
    """Host memory of a training job in MB."""
    one = BASE_MEMORY_MB + TRAINING_BYTES_PER_PARAMETER * 2 * non_embedding_parameters(model) / 1e6
    return round(one * model["processes"])


def encoding_memory_mb(model: dict[str, Any]) -> int:
    """Host memory of an encoding job in MB."""
    return round(BASE_MEMORY_MB + 4 * 3 * non_embedding_parameters(model) / 1e6)


def search_memory_mb(search: dict[str, Any]) -> int:
    """Host memory of a search job in MB: its budget, and what Python and its libraries take."""
    return round(1024 * search["memory_gb"] + 300)


def collection_threads(passages: int) -> int:
    """Threads of a job that prepares a language: decompressing and parsing beside compressing, where there is much."""
    return 2 if passages > LARGE_COLLECTION else 1


def collection_memory_mb(passages: int) -> int:
    """Host memory of a job that prepares a language in MB: blocks under way, and hashes of all ids."""
    return round(500 + 32 * passages / 1e6)
