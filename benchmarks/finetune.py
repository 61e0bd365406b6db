"""Pairs a second and peak memory of `finetune`'s training loop, beside sentence-transformers' trainer.

    export R=results/xquad-r PYTHONPATH=.
    python benchmarks/finetune.py --pairs $R/pairs/prepared/mlqa-test --tokenizer $R/tokenizer

Both get the same random weights in XLM-R's shape, the same pairs in the same batches and precision, one thread, and
start from text. Time is the processor's: on an idle machine it is the wall's, on a shared one it is not at the mercy
of the others. Each measurement is a process of its own, for its peak memory; the two take turns, and medians are shown.
The first update, in which both warm up, is not counted.

On a GPU, with XLM-R's shapes and its 250,002 embeddings:

    python benchmarks/finetune.py --pairs $R/pairs/prepared/mlqa-test --tokenizer $R/tokenizer \
        --device cuda --dtype bfloat16 --shapes "XLM-R base" "XLM-R large"

Time is then the wall's, memory that of tensors on the GPU. The last column is the share that our updates reach of the
highest rate of ``torch.mm`` in the same precision. An update counts as three times the products of its forward pass:
attention's, and whatever is computed twice or for padding, do not count.
"""

import argparse
import json
import multiprocessing
import platform
import statistics
import tempfile
from pathlib import Path

from benchmarks.device import add_device, clock, device_name, peak_memory, product_peak, take_device
from benchmarks.encode import operations, write_model

# layers, width, heads, embeddings (at least as many as the tokenizer has entries), dropout, pairs a batch, updates.
# What this project pre-trains has no dropout.
SHAPES = {
    "mini L": (2, 96, 4, 0, 0.0, 64, 21),
    "mMiniLM-L6": (6, 384, 12, 0, 0.1, 16, 4),
    "mMiniLM-L12": (12, 384, 12, 0, 0.1, 16, 3),
    "XLM-R base": (12, 768, 12, 250_002, 0.1, 128, 41),
    "XLM-R large": (24, 1024, 16, 250_002, 0.1, 128, 41),
}
MAX_LENGTH = 128  # of both sides: the peer knows one length
ENTRY = {
    "pooling": "mean",
    "query_prefix": "",
    "passage_prefix": "",
    "max_query_length": MAX_LENGTH,
    "max_passage_length": MAX_LENGTH,
    "normalise": True,
    "processes": 1,
    "sharded": False,
}
RATE, WARMUP_SHARE, WEIGHT_DECAY, MAX_NORM, TEMPERATURE = 1e-4, 0.1, 0.01, 1.0, 0.05


def read_texts(folder: Path, count: int) -> dict[str, list[str]]:
    """Return questions and passages of every language, in turn, so that lengths mix."""
    from workflow_scripts.data.tables import PAIRS, read_table

    tables = [read_table(path, PAIRS, ["query", "passage"]).to_pylist() for path in sorted(folder.glob("*.parquet"))]
    by_language = [[row for row in rows if row["query"] and row["passage"]] for rows in tables]
    mixed = [rows[i] for i in range(max(map(len, by_language))) for rows in by_language if i < len(rows)]
    chosen = mixed[:count]
    return {"anchor": [row["query"] for row in chosen], "positive": [row["passage"] for row in chosen]}


def ours(folder: Path, texts: dict[str, list[str]], steps: int, batch: int, dtype: str, device: str) -> float:
    """Return seconds of all updates but the first, and their share of the tokenisation."""
    import torch

    from workflow_scripts.training.gradient_cache import contrastive_gradients
    from workflow_scripts.training.learner import Learner
    from workflow_scripts.training.losses import info_nce
    from workflow_scripts.training.processes import ALONE
    from workflow_scripts.training.trainer import TrainerSettings, prepare_torch, train

    learner = Learner(folder, ENTRY, dtype, prepare_torch(1, 1), ALONE)
    now = clock(device)
    began = now()
    rows = {side: learner.bi_encoder.tokenize(texts[side], MAX_LENGTH) for side in texts}
    tokenising = now() - began
    groups = torch.arange(batch, device=device)
    starts = []

    def gradients_of_step(step: int) -> dict[str, torch.Tensor]:
        starts.append(now())
        queries, passages = (rows[side][step * batch : (step + 1) * batch] for side in ("anchor", "positive"))
        value = contrastive_gradients(
            learner.embed, queries, passages, lambda q, p: info_nce(q, p, groups, groups, TEMPERATURE), 10**9
        )
        return {"loss": value}

    settings = TrainerSettings(steps, RATE, WARMUP_SHARE, WEIGHT_DECAY, MAX_NORM, 10**9)
    with tempfile.TemporaryDirectory() as partial:
        train(learner.model, gradients_of_step, settings, batch, partial, "key")
    return now() - starts[1] + tokenising * (steps - 1) / steps


def theirs(folder: Path, texts: dict[str, list[str]], steps: int, batch: int, dtype: str, device: str) -> float:
    """Return seconds of all updates but the first."""
    import torch

    from benchmarks.peer_trainer import train_with_peer

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as output:
        run = train_with_peer(
            folder,
            texts,
            output,
            steps=steps,
            batch_size=batch,
            learning_rate=RATE,
            warmup_steps=round(WARMUP_SHARE * steps),
            weight_decay=WEIGHT_DECAY,
            max_gradient_norm=MAX_NORM,
            temperature=TEMPERATURE,
            max_length=MAX_LENGTH,
            bfloat16=dtype == "bfloat16",
            device=device,
            log_every=steps,
        )
    return run.ends[-1] - run.ends[0]


def measure(way: str, device: str, *arguments: object) -> tuple[float, float]:
    """Return seconds, and GB at the process's peak."""
    seconds = {"ours": ours, "theirs": theirs}[way](*arguments, device)
    return seconds, peak_memory(device)


def count_tokens(folder: Path, texts: dict[str, list[str]]) -> int:
    """Return how many tokens the texts of both sides have."""
    from workflow_scripts.encoders.settings import EncoderSettings
    from workflow_scripts.encoders.tokenization import TextTokenizer

    tokenizer = TextTokenizer(folder, EncoderSettings.from_entry(ENTRY))
    return sum(len(row) for side in texts.values() for row in tokenizer.tokenize(side, MAX_LENGTH))


def main() -> None:
    """Parse the command line, measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, required=True, metavar="FOLDER", help="<lang>.parquet of PAIRS")
    parser.add_argument("--tokenizer", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES)[:3], choices=list(SHAPES))
    parser.add_argument("--repetitions", type=int, default=3, metavar="N")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    add_device(parser)
    flags = parser.parse_args()
    take_device(flags.device)
    peak = product_peak(flags.device, flags.dtype) if flags.device == "cuda" else None
    print(
        f"{flags.dtype}, one thread, {'wall' if peak else 'processor'} time, {device_name(flags.device)}, "
        f"Python {platform.python_version()}; median of {flags.repetitions}\n\n"
        "| shape | pairs a batch | ours: pairs/s | GB | sentence-transformers: pairs/s | GB | ratio |"
        f"{' share of torch.mm |' if peak else ''}\n"
        f"| --- | ---: | ---: | ---: | ---: | ---: | ---: |{' ---: |' if peak else ''}"
    )
    with (
        tempfile.TemporaryDirectory() as temporary,
        multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool,
    ):
        for name in flags.shapes:
            *shape, dropout, batch, steps = SHAPES[name]
            write_model(Path(temporary) / name, flags.tokenizer, *shape)
            folder = Path(temporary) / name / "model"
            config = json.loads((folder / "config.json").read_text())
            config |= {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
            (folder / "config.json").write_text(json.dumps(config))
            texts = read_texts(flags.pairs, batch * steps)
            found: dict[str, list[tuple[float, float]]] = {"ours": [], "theirs": []}
            for _ in range(flags.repetitions):
                for way, values in found.items():
                    values.append(pool.apply(measure, (way, flags.device, folder, texts, steps, batch, flags.dtype)))
            cells, speeds = [name, str(batch)], {}
            for way, values in found.items():
                speeds[way] = batch * (steps - 1) / statistics.median(seconds for seconds, _ in values)
                cells += [f"{speeds[way]:.1f}", f"{statistics.median(memory for _, memory in values):.2f}"]
            cells.append(f"{speeds['ours'] / speeds['theirs']:.2f}")
            if peak:
                # Of the mean pair: the first update's are among them.
                each = 3 * operations(shape, count_tokens(folder, texts)) / (batch * steps)
                cells.append(f"{speeds['ours'] * each / peak:.0%} of {peak / 1e12:.0f} TFLOP/s")
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
