"""Threads, memory, GPUs and time limits of a job, from the sizes that the config names. Profiles override them."""

import math
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

# Below this many non-embedding parameters a GPU, or a second thread, waits more than it works.
SMALL_MODEL = 5_000_000
# From so many passages on, preparing a language takes longer than starting Python.
LARGE_COLLECTION = 100_000
# torch, transformers and the tables of a small experiment, which take up to so many bytes, resident.
BASE_MEMORY_MB = 900
SMALL_TABLES = 150e6
# Two Snakemake processes, by which a job on a node is started and which stay beside it (170 each were measured).
SNAKEMAKE_MB = 500
# Python, and a manifest to write.
EXACT_INDEX_MEMORY_MB = 300
# faiss, as retrieval/faiss_index.py calls it: Python and its libraries; vectors that are added at once; vectors that
# are trained on, of each list or centroid, and at the least.
FAISS_MEMORY_MB = 150
FAISS_BLOCK = 1 << 14
TRAINED_ON = 256
LEAST_TRAINED_ON = 1 << 16
# Of a passage that is searched, resident: its ids and their order (58 were measured with ids of MIRACL's length).
ID_MEMORY_BYTES = 100
# Of a passage in a lexical index, resident, ids included (400 to 600 were measured at 122 words, 28 of them asked for).
LEXICAL_MEMORY_BYTES = 1_000
# Decontamination, resident: Python and the texts under way; a table of bits, of which a training text takes so much
# until it has its largest size; of an evaluation text its id and the n-grams that training text may have, too (some 60
# bytes of an English TyDi QA passage, of whose n-grams 1 % stand in SQuAD's; text like the training text takes more).
COMPARING_MEMORY_MB = 400
TRAINING_TEXT_BYTES = 800
LARGEST_FILTER_MB = 4295
EVALUATION_TEXT_BYTES = 300
# Fine-tuning, resident: of each row of pairs its ids while the languages are lined up (230 to 250 bytes were measured
# with ids of 6 and 13 characters, 290 with 24 and 31); of each hard negative, which text it is and whose (25); of each
# pair that a language, or two, may give to a batch, its place in the order; of a batch, its rows.
PAIR_BYTES = 400
NEGATIVE_BYTES = 40
EXAMPLE_BYTES = 8
BATCH_ROW_BYTES = 56
BATCH_BYTES = 1_000
# Tokenising pairs: Python and its libraries; a digest of each distinct text (108 bytes were measured); the tokens of so
# many rows at once, before they are cut (165 bytes each; a passage has some 200).
TOKENIZING_MEMORY_MB = 300
DISTINCT_TEXT_BYTES = 200
TOKENIZED_ROWS = 8_192
TOKENIZED_PASSAGE_BYTES = 200 * 165
# Judging translations: Python, its libraries and the language identifier; of each English pair its text, hard negative
# and translation (7,400 bytes were measured into Telugu, passages of 330 characters).
JUDGING_MEMORY_MB = 300
JUDGED_PAIR_BYTES = 10_000
# Pre-training, of each token of all texts: as the tokenizer returns it, and in a list (133 bytes were measured).
TEXT_TOKEN_BYTES = 150
# Weights, gradients and two AdamW moments in fp32, of embeddings too.
TRAINING_BYTES_PER_PARAMETER = 16
# Activations and copies of weights that a job makes, by parameter outside of the embeddings: a bound.
TRAINING_WORK_BYTES = 16
ENCODING_WORK_BYTES = 8

# Of a GPU: what torch and its libraries hold; activations that a layer keeps for the backward pass, in bytes a token
# and component in 16 bits, with fused attention (Korthikanti et al., arXiv 2205.05198, equation 1); its input alone.
GPU_START_GB = 2
ACTIVATION_BYTES = 34
LAYER_INPUT_BYTES = 2
LOGIT_BYTES = 12  # of a word's score for a token: it, its probability and its gradient, in fp32
# Of a weight, and of what a layer of a translator keeps of a token, by `translation.precision`.
WEIGHT_BYTES = {"float32": 4, "bfloat16": 2, "int8": 1, "int8_bfloat16": 1}
KEPT_BYTES = {"float32": 4, "bfloat16": 2, "int8": 4, "int8_bfloat16": 2}
SEGMENT_TOKENS = 16  # of a short segment: a batch has no more rows than its tokens divided by these
# What GPUs are made with, in GB.
GPU_MEMORY_CLASSES = (16, 24, 40, 80, 141)

# Time limits are bounds that a queue enforces, not forecasts: arithmetic at a pace that slow machines keep, three times
# over, and a quarter of an hour to start. A job that still hits its limit gets more at its next attempt.
GPU_FLOPS = 2e13
CPU_FLOPS_PER_THREAD = 1e10
TEXTS_PER_SECOND = 3000  # read, checked or tokenised
PAIRS_PER_SECOND = 300  # whose translation is judged; 1,700 were measured, without a round trip
SCATTERED = 10  # so many times slower: products of single vectors that lie anywhere in memory
CLUSTERINGS = 25  # passes of faiss's k-means over at most 256 vectors a centroid
PAIR_TOKENS = 300  # of a query and its passage, as a translator reads them
SLACK = 3
START_MINUTES = 15

# What a job leaves on disk or needs there meanwhile. Bounds too: a quarter more than these, and something for logs.
DISK_SLACK = 1.25
DISK_START_MB = 50
TEXT_BYTES = 600  # a passage with its title, before compression
ID_BYTES = 40  # of a row of VECTOR_IDS
TOKEN_BYTES = 4  # of vocabularies beyond 65,536
# Texts are shorter than where they are cut: the share of `max_passage_length` that a passage takes, on average.
PASSAGE_SHARE = 0.6
COMPONENT_BYTES = 2  # vectors are fp16
HIT_BYTES = 24
TREC_LINE_BYTES = 70
PARAMETER_BYTES = 4
# The model, and two checkpoints with weights and two AdamW moments; a third is written before the first is removed.
TRAINING_COPIES = 1 + 3 * 3
HUB_VOCABULARY = 250_000  # of a model that is not made here: XLM-R's
# A bound for files of a hub whose size is not known before they are there.
UNKNOWN_DOWNLOAD_BYTES = 10e9


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


def training_memory_mb(model: dict[str, Any], vocabulary: int, data: float = 0.0) -> int:
    """Host memory of a training job in MB, on each machine; on GPUs what is read and written goes through it.

    ``data``: bytes that each process holds of what it trains on.
    """
    content = _training_state(model, vocabulary) + max(0.0, data - SMALL_TABLES)
    if not gpus(model):
        content += TRAINING_WORK_BYTES * non_embedding_parameters(model)
    return round((BASE_MEMORY_MB + content / 1e6) * processes_of_a_node(model))


def pairs_memory(sources: Iterable[tuple[Sequence[float], float]], alpha: float, training: dict[str, Any]) -> float:
    """Bytes that a fine-tuning process holds of its pairs, whose tokens stay on disk.

    ``sources``: of each how many pairs every language has, and how many hard negatives all of these.
    """
    content = training["steps"] * (BATCH_BYTES + BATCH_ROW_BYTES * training["batch_size"])
    for pairs, negatives in sources:
        # Batches draw from the pairs of each language, and from those that two have in common, in both directions.
        monolingual = sum(pairs) if alpha > 0 else 0
        common = 2 * sum(map(min, combinations(pairs, 2))) if alpha < 1 else 0
        content += PAIR_BYTES * sum(pairs) + NEGATIVE_BYTES * negatives + EXAMPLE_BYTES * (monolingual + common)
    return content


def judging_memory_mb(pairs: float) -> int:
    """Host memory in MB of a job that judges the translations of so many English pairs."""
    return round(JUDGING_MEMORY_MB + JUDGED_PAIR_BYTES * pairs / 1e6)


def judging_minutes(pairs: float) -> int:
    """Time limit of a job that judges the translations of so many pairs."""
    return START_MINUTES + math.ceil(SLACK * pairs / PAIRS_PER_SECOND / 60)


def pair_tokens_memory_mb(pairs: float, negatives: int) -> int:
    """Host memory in MB of a job that tokenises a table of pairs with so many hard negatives each."""
    at_once = min(pairs, TOKENIZED_ROWS) * max(1, negatives) * TOKENIZED_PASSAGE_BYTES
    return round(TOKENIZING_MEMORY_MB + (DISTINCT_TEXT_BYTES * pairs * (2 + negatives) + at_once) / 1e6)


def training_gpu_memory_gb(model: dict[str, Any], vocabulary: int, tokens: int, dtype: str, logits: float = 0.0) -> int:
    """Memory that each GPU of a training job must have in GB, of what is made; ``tokens``: computed at once.

    ``logits``: scores of words that are computed beside. Counted, not measured. 0 where the job asks for no GPU.
    """
    layers = non_embedding_parameters(model) / (12 * vector_width(model) ** 2)
    kept = layers * ACTIVATION_BYTES
    if model["gradient_checkpointing"]:
        kept = layers * LAYER_INPUT_BYTES + ACTIVATION_BYTES
    activations = tokens * vector_width(model) * kept * (1 if dtype == "bfloat16" else 2)
    return _gpu_memory_gb(model, _training_state(model, vocabulary) + activations + LOGIT_BYTES * logits)


def pretraining_gpu_memory_gb(model: dict[str, Any], pretraining: dict[str, Any]) -> int:
    """Memory that the GPU of a pre-training job must have in GB: two views of a batch, and words for what is hidden."""
    vocabulary = pretraining["tokenizer"]["vocabulary"]
    tokens = 2 * pretraining["batch_size"] * pretraining["max_length"]
    logits = pretraining["mask_share"] * tokens * vocabulary
    return training_gpu_memory_gb(model, vocabulary, tokens, "float32", logits)


def encoding_gpu_memory_gb(model: dict[str, Any], vocabulary: int, tokens: int) -> int:
    """Memory that the GPU of an encoding job must have in GB, of what is made; ``tokens``: computed at once.

    Counted, not measured. 0 where the job asks for no GPU.
    """
    activations = 2 * tokens * vector_width(model) * ACTIVATION_BYTES  # one layer's, in fp32
    return _gpu_memory_gb(model, PARAMETER_BYTES * total_parameters(model, vocabulary) + activations)


def translation_gpu_memory_gb(translator: dict[str, Any], translation: dict[str, Any]) -> int:
    """Memory that the GPU of a translation job must have in GB: weights, and a batch where it is cut off.

    Counted, not measured: keys and values of 12 layers of the translator's size for every token of every hypothesis,
    one layer's activations over the source in fp32, and two copies of the scores of all words. 0 without a GPU.
    """
    tokens, precision, width = translation["batch_tokens"], translation["precision"], _width(translator["size_m"] * 1e6)
    written = tokens * translation["beam"] * (1 + translation["output_ratio"])
    content = translator["size_m"] * 1e6 * WEIGHT_BYTES[precision]
    content += written * 2 * 12 * width * KEPT_BYTES[precision] + 2 * tokens * width * ACTIVATION_BYTES
    content += 2 * 4 * HUB_VOCABULARY * translation["beam"] * tokens / SEGMENT_TOKENS
    return _gpu_class(translator_gpus(translator), content)


def _gpu_memory_gb(model: dict[str, Any], content: float) -> int:
    return _gpu_class(gpus(model), content)


def _gpu_class(asked: int, content: float) -> int:
    if not asked:
        return 0
    needed = GPU_START_GB + content / 1e9
    return next((size for size in GPU_MEMORY_CLASSES if size >= needed), math.ceil(needed))


def _training_state(model: dict[str, Any], vocabulary: int) -> float:
    """Bytes of weights, gradients and moments that one process holds."""
    parameters = total_parameters(model, vocabulary)
    # What learns of a model with LoRA is small beside it.
    state = parameters * (PARAMETER_BYTES if "lora" in model else TRAINING_BYTES_PER_PARAMETER)
    # Of a sharded model each process has a share, and for a while all weights.
    return state / model["processes"] + PARAMETER_BYTES * parameters if model["sharded"] else state


def training_minutes(model: dict[str, Any], training: dict[str, Any]) -> int:
    """Time limit of a fine-tuning job: forward and backward passes are 6 operations a parameter and token."""
    example = model["max_query_length"] + (1 + training["hard_negatives"]) * model["max_passage_length"]
    tokens = training["steps"] * training["batch_size"] * example
    # A second forward pass where the batch is computed in chunks (GradCache), a third where layers keep nothing.
    passes = 10 if model["gradient_checkpointing"] else 8
    return _minutes(passes * non_embedding_parameters(model) * tokens, model, model["processes"])


def pretraining_minutes(model: dict[str, Any], pretraining: dict[str, Any]) -> int:
    """Time limit of a pre-training job: two views of every text, and the scores of all words for hidden tokens."""
    tokens = 2 * pretraining["steps"] * pretraining["batch_size"] * pretraining["max_length"]
    head = pretraining["mask_share"] * pretraining["tokenizer"]["vocabulary"] * vector_width(model)
    return _minutes(6 * (non_embedding_parameters(model) + head) * tokens, model)


def encoding_minutes(model: dict[str, Any], passages: float) -> int:
    """Time limit of an encoding job: a forward pass is 2 operations a parameter and token."""
    return _minutes(2 * non_embedding_parameters(model) * passages * model["max_passage_length"], model)


def searching_minutes(model: dict[str, Any], comparisons: float, threads: int) -> int:
    """Time limit of a search job: ``comparisons`` of a query with a passage, 2 operations a component of a vector."""
    operations = 2 * comparisons * vector_width(model)
    return START_MINUTES + math.ceil(SLACK * operations / (CPU_FLOPS_PER_THREAD * threads) / 60)


def indexing_minutes(search: dict[str, Any], model: dict[str, Any], passages: Iterable[float]) -> int:
    """Time limit of a job that indexes languages of so many ``passages`` each, by one thread; exact: of a manifest."""
    operations = 2 * vector_width(model) * sum(_products_of_indexing(search, rows) for rows in passages)
    return START_MINUTES + math.ceil(SLACK * operations / CPU_FLOPS_PER_THREAD / 60)


def _products_of_indexing(search: dict[str, Any], rows: float) -> float:
    """Products of two vectors: of each row with centroids, or with the nodes that its place in a graph is found by."""
    kind, faiss = search["kind"], search["faiss"]
    if kind == "hnsw":
        return SCATTERED * rows * faiss["ef_construction"] * 2 * faiss["hnsw_links"]
    if not kind.startswith("ivf"):
        return 0.0
    lists, words = faiss["nlist"] or 4 * rows**0.5, 2 ** faiss["pq_bits"] if kind == "ivf-pq" else 0
    return sum(centroids * (rows + CLUSTERINGS * min(rows, 256 * centroids)) for centroids in (lists, words))


def vector_width(model: dict[str, Any]) -> int:
    """Components of a model's vectors; of one that is not made here, what 12 layers of its size would have."""
    if "pretrain" in model:
        return model["pretrain"]["hidden"]
    return _width(non_embedding_parameters(model))


def _width(parameters: float) -> int:
    return 8 * round((parameters / 144) ** 0.5 / 8)  # 12 · layers · hidden²


def translation_minutes(translator: dict[str, Any], pairs: float, beam: int) -> int:
    """Time limit of a job that translates ``pairs``: a token is read once and written for each of a beam."""
    operations = 2 * translator["size_m"] * 1e6 * pairs * PAIR_TOKENS * (1 + beam)
    return _bound(operations, translator_gpus(translator), translator_threads(translator))


def comparing_minutes(model: dict[str, Any], pairs: float) -> int:
    """Time limit of a job that encodes ``pairs`` and their translations."""
    return _minutes(2 * non_embedding_parameters(model) * 2 * pairs * PAIR_TOKENS, model)


def text_minutes(texts: float) -> int:
    """Time limit of a job that reads, checks or tokenises ``texts``."""
    return START_MINUTES + math.ceil(SLACK * texts / TEXTS_PER_SECOND / 60)


def _minutes(operations: float, model: dict[str, Any], processes: int = 1) -> int:
    return _bound(operations, gpus(model) * processes, threads(model))


def _bound(operations: float, gpus: int, threads: int) -> int:
    speed = GPU_FLOPS * gpus or CPU_FLOPS_PER_THREAD * threads
    return START_MINUTES + math.ceil(SLACK * operations / speed / 60)


def encoding_memory_mb(model: dict[str, Any], vocabulary: int) -> int:
    """Host memory of an encoding job in MB."""
    content = PARAMETER_BYTES * total_parameters(model, vocabulary)
    content += ENCODING_WORK_BYTES * non_embedding_parameters(model)
    return round(BASE_MEMORY_MB + content / 1e6)


def search_blocks_mb(search: dict[str, Any]) -> int:
    """Memory in MB that a search job may fill with blocks of vectors and scores."""
    return round(1000 * search["memory_gb"])


def search_memory_mb(search: dict[str, Any], passages: float) -> int:
    """Host memory of a search job in MB: its blocks, ids of the passages, and what Python and its libraries take."""
    return search_blocks_mb(search) + 300 + round(ID_MEMORY_BYTES * passages / 1e6)


def lexical_memory_mb(search: dict[str, Any], passages: float) -> int:
    """Host memory of a search job by BM25 in MB: that of any search, and ids and index of the passages."""
    return search_memory_mb(search, passages) + round(LEXICAL_MEMORY_BYTES * passages / 1e6)


def search_threads(collection: dict[str, Any]) -> int:
    """Threads of a search job: several where each language is one job. Hits do not depend on them."""
    return 1 if collection["merged"] else 8


def collection_threads(passages: int) -> int:
    """Threads of a job that prepares a language: decompressing and parsing beside compressing, where there is much."""
    return 2 if passages > LARGE_COLLECTION else 1


def collection_memory_mb(passages: int) -> int:
    """Host memory of a job that prepares a language in MB: blocks under way, and hashes of all ids."""
    return round(500 + 32 * passages / 1e6)


def decontamination_memory_mb(training: float, evaluation: float) -> int:
    """Host memory in MB of a job that compares so many ``training`` texts with so many ``evaluation`` texts."""
    bits = min(LARGEST_FILTER_MB, TRAINING_TEXT_BYTES * training / 1e6)
    return round(COMPARING_MEMORY_MB + bits + EVALUATION_TEXT_BYTES * evaluation / 1e6)


def decontamination_minutes(training: float, evaluation: float) -> int:
    """Time limit of a job that compares so many ``training`` texts, which it reads twice, with ``evaluation`` texts."""
    return text_minutes(2 * training + evaluation)


def translator_threads(translator: dict[str, Any]) -> int:
    """Threads of a translation job: fixed by the model, so that results do not hinge on ``--cores``."""
    return 1 if translator["size_m"] * 1e6 < SMALL_MODEL else 8


def translator_gpus(translator: dict[str, Any]) -> int:
    """GPUs of a translation job."""
    return 0 if translator["size_m"] * 1e6 < SMALL_MODEL else 1


def translation_memory_mb(translator: dict[str, Any]) -> int:
    """Host memory of a translation or conversion job in MB: weights in fp32, once as read and once as used."""
    return round(BASE_MEMORY_MB + 4 * 2 * translator["size_m"])


def faiss_memory_mb(search: dict[str, Any], width: int, rows: float) -> int:
    """Host memory in MB of making a faiss index of ``rows`` fp16 vectors of so many components.

    First the sample that it is trained on, as stored and in fp32, then codes, which for a moment are there twice when
    they outgrow their place; both beside a block of vectors.
    """
    kind, faiss = search["kind"], search["faiss"]
    lists = faiss["nlist"] or 4 * rows**0.5
    sample = min(rows, max(LEAST_TRAINED_ON, TRAINED_ON * lists)) if kind in ("sq8", "ivf-flat", "ivf-pq") else 0.0
    training = sample * width * (COMPONENT_BYTES + 4)
    if kind.startswith("ivf"):
        training += 3 * lists * width * 4  # centroids, their sums, and their index
    if kind == "ivf-pq":  # vectors less their centroids, of which each piece is trained on at most so many
        training += 2 * min(sample, TRAINED_ON * 2 ** faiss["pq_bits"]) * width * 4
    block = FAISS_BLOCK * width * (COMPONENT_BYTES + 4)
    return round(FAISS_MEMORY_MB + (block + max(training, 2 * rows * code_bytes(search, width))) / 1e6)


def faiss_search_mb(search: dict[str, Any], width: int, rows: float) -> int:
    """Host memory in MB of a faiss index that is searched: it is read whole."""
    return round(1.1 * rows * code_bytes(search, width) / 1e6)


def code_bytes(search: dict[str, Any], width: int) -> float:
    """Bytes of a vector in a faiss index: its code, and its row in an inverted file or its neighbours in a graph."""
    faiss = search["faiss"]
    return {
        "flat": 4 * width,
        "fp16": 2 * width,
        "sq8": width,
        "ivf-flat": 4 * width + 8,
        "ivf-pq": faiss["pq_pieces"] * faiss["pq_bits"] / 8 + 8,
        "hnsw": 4 * width + 12 * faiss["hnsw_links"],
    }[search["kind"]]


def total_parameters(model: dict[str, Any], vocabulary: int) -> float:
    """Return a model entry's parameters with its embeddings; ``vocabulary`` is that of models that are made here."""
    entries = vocabulary if "pretrain" in model else HUB_VOCABULARY
    return non_embedding_parameters(model) + entries * vector_width(model)


def collection_disk_mb(passages: float) -> int:
    """Disk of a job that prepares a language in MB: its tables, and their shards while files are being read."""
    return _disk_mb(2 * passages * TEXT_BYTES)


def tokens_disk_mb(texts: float, max_length: int) -> int:
    """Disk of a job that tokenises ``texts`` cut at ``max_length`` in MB: ids of tokens, offsets, ids of texts."""
    return _disk_mb(texts * (PASSAGE_SHARE * max_length * TOKEN_BYTES + 8 + ID_BYTES))


def encoding_disk_mb(model: dict[str, Any], passages: float) -> int:
    """Disk of an encoding job in MB: its matrices, which are written once, and ids."""
    return _disk_mb(passages * (vector_width(model) * COMPONENT_BYTES + ID_BYTES))


def index_disk_mb(search: dict[str, Any], model: dict[str, Any], passages: float) -> int:
    """Disk of an index in MB: a manifest, or what faiss makes of vectors as fp32 with the links of a graph."""
    if search["kind"] == "exact":
        return DISK_START_MB
    return _disk_mb(passages * (vector_width(model) * 4 + 8 * search["faiss"]["hnsw_links"]))


def hits_disk_mb(rows: float) -> int:
    """Disk of a search job in MB."""
    return _disk_mb(rows * HIT_BYTES)


def trec_disk_mb(rows: float) -> int:
    """Disk of a job that writes ``rows`` of hits as TREC files in MB."""
    return _disk_mb(rows * TREC_LINE_BYTES)


def training_disk_mb(model: dict[str, Any], vocabulary: int) -> int:
    """Disk of a pre-training or fine-tuning job in MB: the model and its checkpoints."""
    return _disk_mb(TRAINING_COPIES * PARAMETER_BYTES * total_parameters(model, vocabulary))


def model_disk_mb(model: dict[str, Any], vocabulary: int) -> int:
    """Disk of a model that is fetched in MB."""
    return _disk_mb(PARAMETER_BYTES * total_parameters(model, vocabulary))


def fetched_disk_mb(passages: float | None) -> int:
    """Disk of files that are fetched from a hub in MB: those of so many passages, or of nobody knows how many."""
    return _disk_mb(UNKNOWN_DOWNLOAD_BYTES if passages is None else passages * TEXT_BYTES)


def pairs_disk_mb(pairs: float, negatives: int) -> int:
    """Disk of a table of pairs in MB: a query and two passages each, positive and negative, or as many as there are."""
    return _disk_mb(pairs * (1 + max(1, negatives)) * TEXT_BYTES)


def pair_tokens_disk_mb(pairs: float, longest: tuple[int, int], negatives: int) -> int:
    """Disk of a table of pairs as tokens in MB, queries and passages cut at ``longest``: ids, offsets, rows."""
    queries, passages = longest
    texts = 1 + max(1, negatives)
    return _disk_mb(pairs * ((queries + texts * passages) * TOKEN_BYTES + (1 + texts) * 16))


def translator_disk_mb(translator: dict[str, Any]) -> int:
    """Disk of a translation model, fetched or converted, in MB."""
    return _disk_mb(PARAMETER_BYTES * translator["size_m"] * 1e6)


def _disk_mb(content: float) -> int:
    return DISK_START_MB + math.ceil(DISK_SLACK * content / 1e6)
