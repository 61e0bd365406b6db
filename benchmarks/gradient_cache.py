"""Peak memory and time of one update's gradients against batch size, with and without GradCache, on CPU.

    PYTHONPATH=. python benchmarks/gradient_cache.py

Random weights in the shape of mMiniLM-L6 (6 layers, 384 wide), queries of 16 and passages of 64 tokens, fp32. Each
measurement is a process of its own, since a process never gives its peak back.
"""

import argparse
import multiprocessing
import resource
import time

import numpy as np

CONFIG = {
    "model_type": "xlm-roberta",
    "hidden_act": "gelu",
    "vocab_size": 8000,
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "max_position_embeddings": 130,
    "pad_token_id": 1,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}
QUERY_TOKENS, PASSAGE_TOKENS = 16, 64


def measure(pairs: int, chunk_tokens: int) -> tuple[float, float]:
    """Return GB resident at the peak and seconds of one update's gradients."""
    import torch

    from workflow_scripts.encoders.packed_transformer import PackedTransformer
    from workflow_scripts.encoders.packing import PackedTexts
    from workflow_scripts.encoders.pooling import pool_packed
    from workflow_scripts.training.gradient_cache import contrastive_gradients
    from workflow_scripts.training.losses import info_nce

    model = PackedTransformer(CONFIG)
    model.initialise()
    rng, groups = np.random.default_rng(1), torch.arange(pairs)
    queries, passages = (list(rng.integers(5, 8000, (pairs, tokens))) for tokens in (QUERY_TOKENS, PASSAGE_TOKENS))

    def embed(rows: list[np.ndarray]) -> torch.Tensor:
        texts = PackedTexts.of(rows)
        return pool_packed(model(texts), texts, "mean")

    began = time.perf_counter()
    contrastive_gradients(
        embed, queries, passages, lambda q, p: info_nce(q, p, groups, groups, temperature=0.05), chunk_tokens
    )
    seconds = time.perf_counter() - began
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, seconds


def main() -> None:
    """Parse the command line, measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, nargs="+", default=[64, 256, 1024], metavar="N")
    parser.add_argument("--chunk-tokens", type=int, default=4096, metavar="N")
    parser.add_argument("--whole-up-to", type=int, default=256, metavar="N", help="pairs; beyond it only chunks")
    flags = parser.parse_args()
    print("| pairs a batch | whole: GB | seconds | chunks: GB | seconds |\n| ---: | ---: | ---: | ---: | ---: |")
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for pairs in flags.pairs:
            cells = []
            for tokens in (10**9, flags.chunk_tokens):
                tried = tokens == flags.chunk_tokens or pairs <= flags.whole_up_to
                cells += [f"{number:.2f}" for number in pool.apply(measure, (pairs, tokens))] if tried else ["–", "–"]
            print(f"| {pairs} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
