"""Passages a second from text to stored vectors, beside sentence-transformers and the model's bare matrix products.

    export R=results/xquad-r PYTHONPATH=.
    python benchmarks/encode.py --tokenizer $R/tokenizer --passages $(find $R/collections -name passages.parquet)

One run, one process, the same weights (random, XLM-R's architecture), passages and number of threads.
Each way goes from text to vectors on disk, ours with what its two entry modules do besides (loading the model, digests,
manifests), sentence-transformers' without loading. sentence-transformers gets the best of several batch sizes, found
by trying. The limit is what the products with the model's weights alone take for as many tokens, by torch or by oneDNN,
whichever is faster: its share of all the time, tokenising too, and then, with attention's two products, of encoding.

On a GPU, with passages enough that loading the model is little beside them:

    python benchmarks/encode.py --tokenizer $R/tokenizer --device cuda --dtypes bfloat16 \
        --shapes "XLM-R base" "XLM-R large" --count 50000 --batch-tokens 65536 --peer-batches 64 256 \
        --passages $(find $R/collections -name passages.parquet) $R/pairs/prepared/*/*.parquet

The limit is then what as many operations take at the highest rate of ``torch.mm``, and the share that of the second
checkpoint: tokenising is a job of its own, without a GPU.
"""

import argparse
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import sentence_transformers
import torch
import transformers

from benchmarks.device import add_device, clock, device_name, product_peak, take_device
from workflow_scripts.data.tables import PASSAGES, QUERIES, write_table
from workflow_scripts.data.text_format import passage_text
from workflow_scripts.data.token_arrays import TokenArrays
from workflow_scripts.encode import encode
from workflow_scripts.encoders.model_folder import save_sentence_transformer
from workflow_scripts.encoders.packed_transformer import PackedTransformer
from workflow_scripts.encoders.settings import EncoderSettings
from workflow_scripts.encoders.tokenization import load_tokenizer
from workflow_scripts.retrieval.collection_tokens import Shard
from workflow_scripts.tokenize_collection import tokenize_collection

SHAPES = {
    "mMiniLM-L6": (6, 384, 12),
    "mMiniLM-L12": (12, 384, 12),
    "XLM-R base": (12, 768, 12),
    "XLM-R large": (24, 1024, 16),
}
ENTRY = {
    "pooling": "mean",
    "query_prefix": "",
    "passage_prefix": "",
    "max_query_length": 32,
    "max_passage_length": 256,
    "normalise": True,
}


def write_model(
    folder: Path, path_to_tokenizer: Path, layers: int, hidden: int, heads: int, embeddings: int = 0
) -> None:
    """Save random weights of XLM-R's architecture in ``folder/model``, for transformers and sentence-transformers.

    It has as many embeddings as the tokenizer has entries, or ``embeddings`` if those are more.
    """
    torch.manual_seed(1)
    config = {
        "model_type": "xlm-roberta",
        "vocab_size": max(embeddings, load_tokenizer(path_to_tokenizer).get_vocab_size()),
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
    (folder / "model").mkdir(parents=True)
    save_sentence_transformer(model, path_to_tokenizer, EncoderSettings.from_entry(ENTRY), folder / "model")


def read_passages(paths: list[Path], limit: int) -> list[tuple[str, str]]:
    """Return titles and texts of PASSAGES and PAIRS tables, from each in turn, so that languages and lengths mix."""
    tables = []
    for path in paths:
        rows = pq.ParquetFile(path).read().to_pylist()
        texts = [(row["title"] or "", row.get("text") or row.get("passage")) for row in rows]
        tables.append(list(dict.fromkeys(pair for pair in texts if pair[1])))
    mixed = [rows[i] for i in range(max(map(len, tables))) for rows in tables if i < len(rows)]
    return mixed[:limit]


def operations(shape: tuple[int, ...], tokens: int) -> int:
    """Return the operations of the products with weights of a forward pass; attention's own do not count."""
    layers, hidden, *_ = shape
    return layers * 24 * hidden**2 * tokens


def matrix_products(shape: tuple[int, int, int], tokens: int, batch_tokens: int, dtype: torch.dtype) -> float:
    """Return the seconds that the products with weights take for ``tokens`` tokens, ``batch_tokens`` at a time."""
    layers, hidden, _ = shape
    sizes = [(hidden, 3 * hidden), (hidden, hidden), (hidden, 4 * hidden), (4 * hidden, hidden)]
    plain = [
        (torch.randn(batch_tokens, rows).to(dtype), torch.randn(rows, columns).to(dtype)) for rows, columns in sizes
    ]
    laid_out = [
        (left, torch.ops.mkldnn._reorder_linear_weight(right.t().contiguous(), batch_tokens)) for left, right in plain
    ]

    def torch_products() -> None:
        for left, right in plain:
            torch.mm(left, right)

    def one_dnn_products() -> None:
        for left, right in laid_out:
            torch.ops.mkldnn._linear_pointwise(left, right, None, "none", [], "")

    with torch.inference_mode():
        seconds = min(timed(products) for products in (torch_products, one_dnn_products) for _ in range(3))
    return layers * seconds * tokens / batch_tokens


def attention_products(shape: tuple[int, int, int], lengths: np.ndarray, dtype: torch.dtype) -> float:
    """Return the seconds of attention's two batched products for texts of ``lengths`` [n], scores in cache."""
    layers, hidden, heads = shape
    seconds = 0.0
    for length, texts in zip(*(array.tolist() for array in np.unique(lengths, return_counts=True)), strict=True):
        at_once = min(texts, max(1, 2**20 // (heads * length**2 * dtype.itemsize)))
        states = torch.randn(at_once * heads, length, hidden // heads).to(dtype)
        products = partial(_two_products, states, states.transpose(1, 2).contiguous())
        seconds += min(timed(products) for _ in range(5)) * texts / at_once
    return layers * seconds


@torch.inference_mode()
def _two_products(states: torch.Tensor, turned: torch.Tensor) -> None:
    torch.bmm(torch.bmm(states, turned), states)


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds that ``work`` takes: of the processor where ``--clock cpu``, else of the wall."""
    began = _clock()
    work()
    return _clock() - began


_clock = time.perf_counter


def main() -> None:
    """Parse the command line, measure and print a table."""
    global _clock
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--passages", type=Path, nargs="+", required=True, metavar="F.parquet", help="PASSAGES or PAIRS"
    )
    parser.add_argument("--tokenizer", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--count", type=int, default=1000, metavar="N", help="passages encoded")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N")
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES)[:2], choices=list(SHAPES))
    parser.add_argument("--dtypes", nargs="+", default=["float32", "bfloat16"], choices=["float32", "bfloat16"])
    parser.add_argument("--batch-tokens", type=int, default=8192, metavar="N")
    parser.add_argument("--peer-batches", type=int, nargs="+", default=[8, 16, 32, 64], metavar="N")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), metavar="N")
    parser.add_argument(
        "--clock", choices=["wall", "cpu"], default="wall", help="cpu: seconds of the processor, on a busy machine"
    )
    add_device(parser)
    flags = parser.parse_args()
    take_device(flags.device)
    _clock = clock(flags.device, time.process_time if flags.clock == "cpu" else time.perf_counter)
    torch.set_num_threads(flags.threads)
    passages = read_passages(flags.passages, flags.count)
    print(
        f"{len(passages)} passages, {flags.threads} threads, {flags.clock} time, {device_name(flags.device)}, Python "
        f"{platform.python_version()}, torch {torch.__version__}, transformers {transformers.__version__}, "
        f"sentence-transformers {sentence_transformers.__version__}; median of {flags.repetitions}\n"
    )
    print(
        "| shape | dtype | ours, passages/s | second checkpoint | sentence-transformers (batch) | ratio | second "
        "| share of matrix products | least cosine | top 10 |"
    )
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as temporary:
        for name in flags.shapes:
            folder = Path(temporary) / name.replace(" ", "-")
            write_model(folder, flags.tokenizer, *SHAPES[name])
            write_collection(folder / "data", passages)
            for dtype in flags.dtypes:
                print(measure(folder, name, dtype, passages, flags), flush=True)


def write_collection(folder: Path, passages: list[tuple[str, str]]) -> None:
    """Write the passages as a collection of one language and one query."""
    titles, texts = zip(*passages, strict=True)
    ids = [f"{number}#0" for number in range(len(texts))]
    table = {"passage_id": ids, "lang": ["en"] * len(ids), "title": list(titles), "text": list(texts)}
    write_table(pa.table(table, schema=PASSAGES), folder / "en" / "passages.parquet", PASSAGES)
    queries = {"query_id": ["q"], "lang": ["en"], "text": ["one"]}
    write_table(pa.table(queries, schema=QUERIES), folder / "en" / "queries.parquet", QUERIES)


def measure(folder: Path, name: str, dtype: str, passages: list[tuple[str, str]], flags: argparse.Namespace) -> str:
    """Return one line of the table."""
    model = folder / "model"
    texts = [passage_text(title, text) for title, text in passages]
    peer = sentence_transformers.SentenceTransformer(
        str(model), device=flags.device, model_kwargs={"dtype": getattr(torch, dtype)}
    )
    form = {key: ENTRY[key] for key in ("query_prefix", "passage_prefix", "max_query_length", "max_passage_length")}

    def tokenise() -> None:
        tokenize_collection(
            path_to_tokenizer=model,
            collection="c",
            languages=["en"],
            shard=Shard(),
            path_to_data=folder / "data",
            settings=form,
            path_to_output=folder / "tokens",
        )

    def ours() -> None:
        encode(
            path_to_model=model,
            path_to_tokens=folder / "tokens",
            settings={"model": ENTRY, "encoding": {"batch_tokens": flags.batch_tokens, "dtype": dtype}},
            threads=flags.threads,
            path_to_output=folder / "ours",
            path_to_partial=folder / "partial",
        )

    def theirs(batch: int) -> None:
        vectors = peer.encode(texts, batch_size=batch, show_progress_bar=False)
        np.save(folder / "theirs.npy", np.asarray(vectors, dtype=np.float32))

    theirs(flags.peer_batches[0])  # once, so that nothing is imported or laid out within what is timed
    tried = {batch: timed(partial(theirs, batch)) for batch in flags.peer_batches}
    best = min(tried, key=tried.get)
    tokenising, encoding, peers = [], [], []
    for _ in range(flags.repetitions):
        tokenising.append(timed(tokenise))
        encoding.append(timed(ours))
        peers.append(timed(partial(theirs, best)))
    tokens = len(TokenArrays.open(folder / "tokens", "passages").ids)
    again, peers_seconds = statistics.median(encoding), statistics.median(peers)
    whole = again + statistics.median(tokenising)
    if flags.device == "cuda":
        peak = product_peak(flags.device, dtype)
        share = f"{operations(SHAPES[name], tokens) / again / peak:.0%} of {peak / 1e12:.0f} TFLOP/s"
    else:
        lengths = TokenArrays.open(folder / "tokens", "passages").lengths()
        limit = matrix_products(SHAPES[name], tokens, flags.batch_tokens, getattr(torch, dtype))
        attention = attention_products(SHAPES[name], lengths, getattr(torch, dtype))
        share = f"{limit / whole:.0%}, {(limit + attention) / again:.0%}"
    one, other = (
        np.load(folder / f"{way}", allow_pickle=False).astype(np.float64) for way in ("ours/passages.npy", "theirs.npy")
    )
    cosine = (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    tops = [np.argsort(-(vectors[:100] @ vectors.T), axis=1, kind="stable")[:, :10] for vectors in (one, other)]
    overlap = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(*(top.tolist() for top in tops), strict=True)])
    count = len(texts)
    return (
        f"| {name} | {dtype} | {count / whole:.1f} | {count / again:.1f} | {count / peers_seconds:.1f} ({best}) "
        f"| {peers_seconds / whole:.2f} | {peers_seconds / again:.2f} | {share} "
        f"| {cosine.min():.6f} | {overlap:.1%} |"
    )


if __name__ == "__main__":
    main()
