"""Peak memory and time of one update's gradients against batch size, with and without GradCache.

    PYTHONPATH=. python benchmarks/gradient_cache.py

Random weights in the shape of mMiniLM-L6 (6 layers, 384 wide), queries of 16 and passages of 64 tokens, fp32. Each
measurement is a process of its own, since a process never gives its peak back.

On a GPU, XLM-R large in 24 GB, and a model as deep and wide as XLM-R XL in 80 GB with LoRA, whole updates:

    export PYTHONPATH=. RUN="--device cuda --dtype bfloat16 --pairs 1024 --query-tokens 32 --passage-tokens 256"
    python benchmarks/gradient_cache.py $RUN --whole-up-to 0 --updates 2 --shape "XLM-R large"
    python benchmarks/gradient_cache.py $RUN --whole-up-to 0 --updates 2 --shape "XLM-R XL" --lora 16

Memory is then that of tensors on the GPU, in the second update with AdamW's moments. XL has XLM-R's order of norms.
"""

import argparse
import multiprocessing
import tempfile
import time
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from benchmarks.device import add_device, clock, device_name, peak_memory, take_device
from workflow_scripts.encoders.bi_encoder import BiEncoder
from workflow_scripts.encoders.packed_transformer import PackedTransformer
from workflow_scripts.encoders.settings import EncoderSettings
from workflow_scripts.training.adapters import add_adapters
from workflow_scripts.training.gradient_cache import contrastive_gradients
from workflow_scripts.training.losses import info_nce
from workflow_scripts.training.trainer import TrainerSettings, prepare_torch, train

# layers, width, heads, embeddings
SHAPES = {
    "mMiniLM-L6": (6, 384, 12, 8000),
    "XLM-R large": (24, 1024, 16, 250_002),
    "XLM-R XL": (36, 2560, 32, 250_880),
}
LORA = {"alpha": 32, "targets": ["query", "key", "value"], "dropout": 0.0}


def describe(shape: str) -> dict[str, Any]:
    """Return the ``config.json`` of a model of XLM-R's architecture, without dropout."""
    layers, hidden, heads, embeddings = SHAPES[shape]
    return {
        "model_type": "xlm-roberta",
        "hidden_act": "gelu",
        "vocab_size": embeddings,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": 4 * hidden,
        "max_position_embeddings": 514,
        "pad_token_id": 1,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }


def make_encoder(shape: str, device: torch.device, lora_rank: int) -> torch.nn.Module:
    """Return random weights in training mode, in the class that training takes on the device."""
    if device.type == "cpu" and not lora_rank:
        model = PackedTransformer(describe(shape))
        model.initialise()
        return model
    from transformers import AutoConfig, AutoModel

    with device:
        config = AutoConfig.for_model(**describe(shape))
        model = AutoModel.from_config(config, attn_implementation="sdpa", dtype=torch.float32, add_pooling_layer=False)
    return (add_adapters(model, LORA | {"rank": lora_rank}) if lora_rank else model).train()


def measure(flags: argparse.Namespace, pairs: int, chunk_tokens: int) -> tuple[float, float]:
    """Return GB at the peak and seconds of one update's gradients."""
    device, now = prepare_torch(torch.get_num_threads(), 1), clock(flags.device, time.perf_counter)
    model = make_encoder(flags.shape, device, flags.lora)
    settings = EncoderSettings(
        query_prefix="",
        passage_prefix="",
        max_query_length=flags.query_tokens,
        max_passage_length=flags.passage_tokens,
        pooling="mean",
        normalise=False,  # the loss does
    )
    bi_encoder = BiEncoder(model, SimpleNamespace(pad_id=1), settings, device)  # texts are made of ids
    rng, groups = np.random.default_rng(1), torch.arange(pairs, device=device)
    queries, passages = (
        list(rng.integers(5, SHAPES[flags.shape][-1], (pairs, tokens)))
        for tokens in (flags.query_tokens, flags.passage_tokens)
    )
    seconds = []

    def embed(rows: list[np.ndarray]) -> torch.Tensor:
        with torch.autocast(device.type, torch.bfloat16) if flags.dtype == "bfloat16" else nullcontext():
            return bi_encoder.embed(rows)

    def gradients_of_step(_: int) -> dict[str, torch.Tensor]:
        began = now()
        value = contrastive_gradients(
            embed,
            queries,
            passages,
            lambda q, p: info_nce(q, p, groups, groups, temperature=0.05),
            chunk_tokens,
            padding=bi_encoder.padding,
        )
        seconds.append(now() - began)
        return {"loss": value}

    if flags.updates:
        with tempfile.TemporaryDirectory() as partial:
            updates = TrainerSettings(flags.updates, 1e-5, 0.1, 0.01, 1.0, 10**9)
            train(model, gradients_of_step, updates, pairs, partial, "key")
    else:
        gradients_of_step(0)
    return peak_memory(flags.device), seconds[-1]


def main() -> None:
    """Parse the command line, measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, nargs="+", default=[64, 256, 1024], metavar="N")
    parser.add_argument("--chunk-tokens", type=int, default=4096, metavar="N")
    parser.add_argument("--whole-up-to", type=int, default=256, metavar="N", help="pairs; beyond it only chunks")
    parser.add_argument("--shape", default="mMiniLM-L6", choices=list(SHAPES))
    parser.add_argument("--query-tokens", type=int, default=16, metavar="N")
    parser.add_argument("--passage-tokens", type=int, default=64, metavar="N")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--lora", type=int, default=0, metavar="RANK", help="train adapters; 0: all weights")
    parser.add_argument("--updates", type=int, default=0, metavar="N", help="by AdamW; 0: gradients alone, once")
    add_device(parser)
    flags = parser.parse_args()
    take_device(flags.device)
    if flags.device == "cuda":
        print(f"{flags.shape} in {flags.dtype} on {device_name(flags.device)}\n")
    print("| pairs a batch | whole: GB | seconds | chunks: GB | seconds |\n| ---: | ---: | ---: | ---: | ---: |")
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for pairs in flags.pairs:
            cells = []
            for tokens in (10**9, flags.chunk_tokens):
                if tokens == flags.chunk_tokens or pairs <= flags.whole_up_to:
                    cells += [f"{number:.2f}" for number in pool.apply(measure, (flags, pairs, tokens))]
                else:
                    cells += ["–", "–"]
            print(f"| {pairs} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
