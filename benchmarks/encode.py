"""Passages a second of `encode`, beside sentence-transformers and the bare matrix products of the same model.

    export R=results/xquad-r PYTHONPATH=.
    python benchmarks/encode.py --collection $R/collections/tydiqa --tokenizer $R/tokenizer

One run, one process, the same weights (random, XLM-R's architecture), passages and number of threads. Each way goes
from text to vectors on disk; ways alternate, and medians over the repetitions are shown. sentence-transformers gets the
best of several batch sizes. The limit is what the model's own matrix products alone take for as many tokens.
"""

import argparse
import platform
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import sentence_transformers
import torch
import transformers

from workflow_scripts.data.tables import PASSAGES, QUERIES, read_table, write_table
from workflow_scripts.data.text_format import passage_text
from workflow_scripts.encode import encode
from workflow_scripts.encoders.model_folder import save_sentence_transformer
from workflow_scripts.encoders.packed_transformer import PackedTransformer
from workflow_scripts.encoders.settings import EncoderSettings
from workflow_scripts.encoders.tokenization import TextTokenizer, load_tokenizer

SHAPES = {"mMiniLM-L6": (6, 384, 12), "mMiniLM-L12": (12, 384, 12), "XLM-R base": (12, 768, 12)}
ENTRY = {
    "pooling": "mean",
    "query_prefix": "",
    "passage_prefix": "",
    "max_query_length": 32,
    "max_passage_length": 256,
    "normalise": True,
}
PEER_BATCHES = (16, 32, 64)


def write_model(folder: Path, path_to_tokenizer: Path, layers: int, hidden: int, heads: int) -> None:
    """Save random weights of XLM-R's architecture as transformers and sentence-transformers model."""
    torch.manual_seed(1)
    config = {
        "model_type": "xlm-roberta",
        "vocab_size": load_tokenizer(path_to_tokenizer).get_vocab_size(),
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": 4 * hidden,
        "hidden_act": "gelu",
        "max_position_embeddings": 514,
        "type_vocab_size": 1,
        "layer_norm_eps": 1e-5,
        "bos_token_id": 0,
        "pad_token_id": 1,
        "eos_token_id": 2,
    }
    model = PackedTransformer(config)
    model.initialise()
    folder.mkdir()
    save_sentence_transformer(model, path_to_tokenizer, EncoderSettings.from_entry(ENTRY), folder)


def read_passages(path_to_collection: Path, limit: int) -> list[dict]:
    """Return passages of every language, in turn, so that languages and lengths mix."""
    by_language = [
        read_table(path, PASSAGES).to_pylist() for path in sorted(path_to_collection.glob("*/passages.parquet"))
    ]
    mixed = [rows[i] for i in range(max(map(len, by_language))) for rows in by_language if i < len(rows)]
    return mixed[:limit]


def matrix_products(shape: tuple[int, int, int], tokens: int, batch_tokens: int) -> float:
    """Return the seconds that the model's matrix products take for ``tokens`` tokens, ``batch_tokens`` at a time."""
    layers, hidden, _ = shape
    sizes = [(hidden, 3 * hidden), (hidden, hidden), (hidden, 4 * hidden), (4 * hidden, hidden)]
    operands = [(torch.randn(batch_tokens, rows), torch.randn(rows, columns)) for rows, columns in sizes]
    began = time.perf_counter()
    for _ in range(layers):
        for left, right in operands:
            torch.mm(left, right)
    return (time.perf_counter() - began) * tokens / batch_tokens


def main() -> None:
    """Parse the command line, measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--collection", type=Path, required=True, metavar="FOLDER", help="<lang>/passages.parquet")
    parser.add_argument("--tokenizer", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--passages", type=int, default=1000, metavar="N")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N")
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES)[:2], choices=list(SHAPES))
    parser.add_argument("--batch-tokens", type=int, default=8192, metavar="N")
    flags = parser.parse_args()
    rows = read_passages(flags.collection, flags.passages)
    texts = [passage_text(row["title"], row["text"], "") for row in rows]
    threads = torch.get_num_threads()
    print(
        f"{len(texts)} passages, {threads} threads, {platform.processor() or platform.machine()}, Python "
        f"{platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}, "
        f"sentence-transformers {sentence_transformers.__version__}; median of {flags.repetitions}\n"
    )
    print("| shape | ours, passages/s | sentence-transformers (batch) | ratio | share of matrix products | cosine |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as temporary:
        for name in flags.shapes:
            print(measure(Path(temporary) / name, SHAPES[name], name, rows, texts, threads, flags), flush=True)


def measure(
    folder: Path,
    shape: tuple[int, int, int],
    name: str,
    rows: list[dict],
    texts: list[str],
    threads: int,
    flags: argparse.Namespace,
) -> str:
    """Return one line of the table."""
    folder.mkdir()
    data = folder / "data" / "en"
    for table, kind in ((PASSAGES, "passages"), (QUERIES, "queries")):
        chosen = rows if kind == "passages" else [{"query_id": "q", "lang": "en", "text": "one"}]
        write_table(pa.Table.from_pylist(chosen, schema=table), data / f"{kind}.parquet", table)
    model = folder / "model"
    write_model(model, flags.tokenizer, *shape)
    tokens = sum(map(len, TextTokenizer(model, EncoderSettings.from_entry(ENTRY)).tokenize(texts, 256)))
    peer = sentence_transformers.SentenceTransformer(str(model), device="cpu")
    settings = {"model": ENTRY, "encoding": {"batch_tokens": flags.batch_tokens, "dtype": "float32"}}
    found: dict[str, list[float]] = {}
    for _ in range(flags.repetitions):
        began = time.perf_counter()
        encode(
            path_to_model=model,
            collection="c",
            languages=["en"],
            path_to_data=folder / "data",
            settings=settings,
            threads=threads,
            path_to_output=folder / "ours",
        )
        found.setdefault("ours", []).append(time.perf_counter() - began)
        for batch in PEER_BATCHES:
            began = time.perf_counter()
            vectors = peer.encode(texts, batch_size=batch, show_progress_bar=False)
            np.save(folder / "theirs.npy", vectors)
            found.setdefault(f"peer {batch}", []).append(time.perf_counter() - began)
        found.setdefault("limit", []).append(matrix_products(shape, tokens, flags.batch_tokens))
    seconds = {way: statistics.median(times) for way, times in found.items()}
    best = min(PEER_BATCHES, key=lambda batch: seconds[f"peer {batch}"])
    ours = np.load(folder / "ours" / "passages.npy").astype(np.float64)
    cosine = float((ours * vectors).sum(axis=1).min() / np.linalg.norm(ours, axis=1).max())
    theirs = seconds[f"peer {best}"]
    return (
        f"| {name} | {len(texts) / seconds['ours']:.0f} | {len(texts) / theirs:.0f} ({best}) "
        f"| {theirs / seconds['ours']:.2f} | {seconds['limit'] / seconds['ours']:.0%} | {cosine:.6f} |"
    )


if __name__ == "__main__":
    main()
