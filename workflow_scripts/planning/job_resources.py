"""Threads, memory, GPUs and time limits of a job, from the sizes that the config names. Profiles override them."""

import math
from typing import Any

# Below this many non-embedding parameters a GPU, or a second thread, waits more than it works.
SMALL_MODEL = 5_000_000
# From so many passages on, preparing a language takes longer than starting Python.
LARGE_COLLECTION = 100_000
# torch, transformers and the tables of a small experiment, resident.
BASE_MEMORY_MB = 900
# Python, and a manifest to write.
EXACT_INDEX_MEMORY_MB = 300
# Weights, gradients and two AdamW moments in fp32.
TRAINING_BYTES_PER_PARAMETER = 16

# Time limits are bounds that a queue enforces, not forecasts: arithmetic at a pace that slow machines keep, three times
# over, and a quarter of an hour to start. A job that still hits its limit gets more at its next attempt.
GPU_FLOPS = 2e13
CPU_FLOPS_PER_THREAD = 1e10
TEXTS_PER_SECOND = 3000  # read, checked or tokenised
SLACK = 3
START_MINUTES = 15


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


def tokenizing_threads(collection: dict[str, Any]) -> int:
    """Threads of a job that tokenises a part of a collection; what it writes does not hinge on them."""
    return 1 if collection["merged"] else 4


def gpus(model: dict[str, Any]) -> int:
    """GPUs of a training or encoding job."""
    return 0 if non_embedding_parameters(model) < SMALL_MODEL else 1


def training_threads(model: dict[str, Any]) -> int:
    """Threads of a fine-tuning job on each machine, which its processes there share; a process has as many on any."""
    if model["nodes"] == 1:
        return max(threads(model), model["processes"])
    return max(1, threads(model) // model["processes"]) * processes_of_a_node(model)


def processes_of_a_node(model: dict[str, Any]) -> int:
    """Processes of a fine-tuning job on each of its machines."""
    return model["processes"] // model["nodes"]


def training_gpus(model: dict[str, Any]) -> int:
    """GPUs of a fine-tuning job on all machines: one a process."""
    return gpus(model) * model["processes"]


def gpus_of_each_node(model: dict[str, Any]) -> str | None:
    """Flag of ``sbatch`` by which a fine-tuning job has as many GPUs on each of its machines; nothing without GPUs."""
    return f"--gpus-per-node={processes_of_a_node(model)}" if gpus(model) else None


def training_memory_mb(model: dict[str, Any]) -> int:
    """Host memory of a training job in MB, on each machine."""
    one = BASE_MEMORY_MB + TRAINING_BYTES_PER_PARAMETER * 2 * non_embedding_parameters(model) / 1e6
    return round(one * processes_of_a_node(model))


def training_minutes(model: dict[str, Any], training: dict[str, Any]) -> int:
    """Time limit of a fine-tuning job: forward and backward passes are 6 operations a parameter and token."""
    tokens = training["steps"] * training["batch_size"] * (model["max_query_length"] + model["max_passage_length"])
    # A second forward pass where the batch is computed in chunks (GradCache): 8.
    return _minutes(8 * non_embedding_parameters(model) * tokens, model, model["processes"])


def pretraining_minutes(model: dict[str, Any], pretraining: dict[str, Any]) -> int:
    """Time limit of a pre-training job: two views of every text."""
    tokens = 2 * pretraining["steps"] * pretraining["batch_size"] * pretraining["max_length"]
    return _minutes(6 * non_embedding_parameters(model) * tokens, model)


def encoding_minutes(model: dict[str, Any], passages: float) -> int:
    """Time limit of an encoding job: a forward pass is 2 operations a parameter and token."""
    return _minutes(2 * non_embedding_parameters(model) * passages * model["max_passage_length"], model)


def searching_minutes(model: dict[str, Any], comparisons: float) -> int:
    """Time limit of a search job: ``comparisons`` of a query with a passage, 2 operations a component of a vector."""
    operations = 2 * comparisons * vector_width(model)
    return START_MINUTES + math.ceil(SLACK * operations / CPU_FLOPS_PER_THREAD / 60)


def vector_width(model: dict[str, Any]) -> int:
    """Components of a model's vectors; of one that is not made here, what 12 layers of its size would have."""
    if "pretrain" in model:
        return model["pretrain"]["hidden"]
    return 8 * round((non_embedding_parameters(model) / 144) ** 0.5 / 8)  # 12 · layers · hidden²


def text_minutes(texts: float) -> int:
    """Time limit of a job that reads, checks or tokenises ``texts``."""
    return START_MINUTES + math.ceil(SLACK * texts / TEXTS_PER_SECOND / 60)


def _minutes(operations: float, model: dict[str, Any], processes: int = 1) -> int:
    speed = GPU_FLOPS * gpus(model) * processes or CPU_FLOPS_PER_THREAD * threads(model)
    return START_MINUTES + math.ceil(SLACK * operations / speed / 60)


def encoding_memory_mb(model: dict[str, Any]) -> int:
    """Host memory of an encoding job in MB."""
    return round(BASE_MEMORY_MB + 4 * 3 * non_embedding_parameters(model) / 1e6)


def search_memory_mb(search: dict[str, Any]) -> int:
    """Host memory of a search job in MB: its budget, and what Python and its libraries take."""
    return round(1024 * search["memory_gb"] + 300)


def search_threads(collection: dict[str, Any]) -> int:
    """Threads of a search job: several where each language is one job. Hits do not depend on them."""
    return 1 if collection["merged"] else 8


def collection_threads(passages: int) -> int:
    """Threads of a job that prepares a language: decompressing and parsing beside compressing, where there is much."""
    return 2 if passages > LARGE_COLLECTION else 1


def collection_memory_mb(passages: int) -> int:
    """Host memory of a job that prepares a language in MB: blocks under way, and hashes of all ids."""
    return round(500 + 32 * passages / 1e6)


def translator_threads(translator: dict[str, Any]) -> int:
    """Threads of a translation job: fixed by the model, so that results do not hinge on ``--cores``."""
    return 1 if translator["size_m"] * 1e6 < SMALL_MODEL else 8


def translator_gpus(translator: dict[str, Any]) -> int:
    """GPUs of a translation job."""
    return 0 if translator["size_m"] * 1e6 < SMALL_MODEL else 1


def translation_memory_mb(translator: dict[str, Any]) -> int:
    """Host memory of a translation or conversion job in MB: weights in fp32, once as read and once as used."""
    return round(BASE_MEMORY_MB + 4 * 2 * translator["size_m"])


def faiss_memory_mb(vectors_mb: float) -> int:
    """Host memory in MB of a faiss index over fp16 vectors: it holds them as fp32 at most, and links of a graph."""
    return round(300 + 2.5 * vectors_mb)
