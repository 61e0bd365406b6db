"""What a forward pass in bf16 changes in retrieval by a trained checkpoint, beside sentence-transformers.

    export R=results/xquad-r PYTHONPATH=.
    python benchmarks/encoding_precision.py --model FOLDER --pairs $R/pairs/prepared/squad-en/en.parquet

FOLDER is any trained checkpoint that sentence-transformers loads, with mean pooling and without prefixes. Questions and
passages of a PAIRS table are encoded by both in fp32 and bf16; each way's cosines and ten best passages are compared
with those of sentence-transformers in fp32. Seconds are the processor's, of encoding alone.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from sentence_transformers import SentenceTransformer

from workflow_scripts.encoders.bi_encoder import load_to_encode
from workflow_scripts.retrieval.encoding import batches

LENGTH = 64
BATCH_TOKENS = 4096
ENTRY = {
    "pooling": "mean",
    "query_prefix": "",
    "passage_prefix": "",
    "max_query_length": LENGTH,
    "max_passage_length": LENGTH,
    "normalise": True,
}


def ours(model: Path, texts: list[str], dtype: torch.dtype) -> tuple[np.ndarray, float]:
    """Return vectors [n, d] of our encoder and seconds."""
    encoder = load_to_encode(model, ENTRY, "cpu", dtype, BATCH_TOKENS)
    rows = [np.array(ids) for ids in encoder.tokenize(texts, LENGTH)]
    vectors = np.empty((len(rows), encoder.dimension), dtype=np.float32)

    def encode() -> None:
        for batch in batches(np.array([len(ids) for ids in rows]), BATCH_TOKENS):
            vectors[batch] = encoder.encode_rows([rows[number] for number in batch])

    return vectors, timed(encode)


def theirs(model: Path, texts: list[str], dtype: torch.dtype) -> tuple[np.ndarray, float]:
    """Return vectors [n, d] of sentence-transformers and seconds, tokenising among them."""
    peer = SentenceTransformer(str(model), device="cpu", model_kwargs={"dtype": dtype})
    peer.max_seq_length = LENGTH
    found = []
    seconds = timed(lambda: found.append(peer.encode(texts, convert_to_tensor=True)))
    return found[0].float().numpy(), seconds


def timed(work: Callable[[], object]) -> float:
    """Return the seconds of the processor that ``work`` takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> None:
    """Parse the command line, measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--pairs", type=Path, required=True, metavar="F.parquet")
    parser.add_argument("--passages", type=int, default=2000, metavar="N")
    parser.add_argument("--queries", type=int, default=1000, metavar="N")
    flags = parser.parse_args()
    torch.set_num_threads(1)
    table = pq.read_table(flags.pairs, columns=["query", "passage"])
    rng = np.random.default_rng(0)
    drawn = {}
    for name, count in (("query", flags.queries), ("passage", flags.passages)):
        texts = list(dict.fromkeys(table[name].to_pylist()))
        drawn[name] = [texts[i] for i in rng.permutation(len(texts))[:count]]
    texts, queries = drawn["query"] + drawn["passage"], len(drawn["query"])

    def scored(vectors: np.ndarray) -> tuple[np.ndarray, list[set[int]]]:
        unit = vectors.astype(np.float64)
        unit /= np.linalg.norm(unit, axis=1, keepdims=True)
        scores = unit[:queries] @ unit[queries:].T
        return scores, [set(row) for row in np.argsort(-scores, axis=1, kind="stable")[:, :10].tolist()]

    print("| encoder | seconds | top 10 in common | scores' errors (rms) |\n| --- | ---: | ---: | ---: |")
    exact = None
    for name, encode in (("sentence-transformers", theirs), ("ours", ours)):
        for dtype in (torch.float32, torch.bfloat16):
            vectors, seconds = encode(flags.model, texts, dtype)
            scores, tops = scored(vectors)
            exact = exact or (scores, tops)
            common = np.mean([len(one & other) / 10 for one, other in zip(tops, exact[1], strict=True)])
            error = np.sqrt(np.mean((scores - exact[0]) ** 2))
            kind = str(dtype).removeprefix("torch.")
            print(f"| {name}, {kind} | {seconds:.1f} | {common:.2%} | {error:.1e} |", flush=True)


if __name__ == "__main__":
    main()
