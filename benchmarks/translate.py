"""Sentences a second of both neural engines on one model, side by side.

    PYTHONPATH=. python benchmarks/translate.py --threads 2

The model has OPUS-MT's architecture and size, with random weights that never end a sentence: every way gets the same
batches of tokens and writes the same number of tokens. It is converted once for each precision of CTranslate2. The ways
alternate, and medians over the repetitions are shown. Tokenisation is left out: it is the same code for both. Both
engines take a GPU where there is one, and that is made for bfloat16:

    PYTHONPATH=. python benchmarks/translate.py --precisions float32 bfloat16 --sentences 960 --batch-tokens 16384
"""

import argparse
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import ctranslate2
import numpy as np
import sentencepiece
import torch
import transformers

from workflow_scripts.data.machine import describe_machine, machine_line
from workflow_scripts.data.translation_languages import read_translation_languages
from workflow_scripts.translation.ctranslate2_conversion import convert_model
from workflow_scripts.translation.ctranslate2_decoder import CTranslate2Decoder
from workflow_scripts.translation.model_tokens import ModelTokens
from workflow_scripts.translation.neural import Output
from workflow_scripts.translation.token_batches import token_batches
from workflow_scripts.translation.transformers_decoder import TransformersDecoder

TAGS = Path("resources/translation_languages.csv")
PRECISIONS = ("float32", "bfloat16", "int8")


def write_model(folder: Path, layers: int, hidden: int, vocabulary: int) -> None:
    """Save random weights of Marian's architecture, in which the end of a sentence never comes, and a tokenizer."""
    torch.manual_seed(1)
    words = [f"w{number}" for number in range(vocabulary - 3)]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(words[:100]),
        model_prefix=str(folder / "source"),
        vocab_size=100,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    (folder / "source.model").rename(folder / "source.spm")
    (folder / "target.spm").write_bytes((folder / "source.spm").read_bytes())
    tokens = ["</s>", "<unk>", *(f"▁{word}" for word in words), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = (str(folder / name) for name in ("source.spm", "target.spm", "vocab.json"))
        transformers.MarianTokenizer(*files).save_pretrained(folder)
    pad = vocabulary - 1
    config = transformers.MarianConfig(
        vocab_size=vocabulary,
        decoder_vocab_size=vocabulary,
        d_model=hidden,
        encoder_layers=layers,
        decoder_layers=layers,
        encoder_attention_heads=8,
        decoder_attention_heads=8,
        encoder_ffn_dim=4 * hidden,
        decoder_ffn_dim=4 * hidden,
        max_position_embeddings=512,
        activation_function="swish",
        scale_embedding=True,
        static_position_embeddings=True,
        pad_token_id=pad,
        eos_token_id=0,
        decoder_start_token_id=pad,
    )
    model = transformers.MarianMTModel(config)
    with torch.no_grad():
        model.model.shared.weight[pad] = 0.0
        model.final_logits_bias[0, 0] = -1e4
    model.generation_config.bad_words_ids = [[pad]]
    model.save_pretrained(folder)


def draw_batches(sentences: int, vocabulary: int, batch_tokens: int) -> list[list[list[int]]]:
    """Return batches of random sentences, of 5 to 60 tokens, 25 in the mean, as `translate_shard` makes them."""
    draw = np.random.default_rng(1)
    lengths = np.clip(np.round(draw.gamma(5, 5, sentences)), 5, 60).astype(int)
    rows = [[*draw.integers(2, vocabulary - 1, length).tolist(), 0] for length in lengths]
    batches = token_batches([len(row) for row in rows], [0] * len(rows), batch_tokens)
    return [[rows[i] for i in batch] for batch in batches]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=6, help="of the encoder and of the decoder")
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--vocabulary", type=int, default=32000)
    parser.add_argument("--sentences", type=int, default=96)
    parser.add_argument("--output-tokens", type=int, default=32, help="of each sentence")
    parser.add_argument("--batch-tokens", type=int, default=1024, help="source tokens a batch")
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--precisions", nargs="+", choices=PRECISIONS, default=["float32", "int8"], help="int8 is CTranslate2's alone"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "model")
        folder.mkdir()
        write_model(folder, arguments.layers, arguments.hidden, arguments.vocabulary)
        tokens = ModelTokens(folder, "opus-mt", "en", "sw", read_translation_languages(TAGS))
        batches = draw_batches(arguments.sentences, arguments.vocabulary, arguments.batch_tokens)
        for precision in arguments.precisions:
            Path(temporary, precision).mkdir()
            convert_model(folder, "opus-mt", precision, Path(temporary, precision))
        print(f"{machine_line(describe_machine())}, {arguments.threads} threads")
        versions = f"torch {torch.__version__}, transformers {transformers.__version__}"
        print(f"{versions}, CTranslate2 {ctranslate2.__version__}")
        for beam in arguments.beams:
            options = {"beam": beam, "threads": arguments.threads}
            ways = {
                f"transformers {precision}": TransformersDecoder(folder, tokens, precision=precision, **options)
                for precision in arguments.precisions
                if precision != "int8"
            }
            for precision in arguments.precisions:
                ways[f"ctranslate2 {precision}"] = CTranslate2Decoder(Path(temporary, precision), tokens, **options)
            compare(ways, batches, arguments.output_tokens, arguments.repetitions, f"beam {beam}")


def compare(ways: dict, batches: list, limit: int, repetitions: int, title: str) -> None:
    """Print the sentences a second of each way: median over the repetitions, ways in turn, beside the first way's."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    made: dict[str, list[Output]] = {}
    for _ in range(repetitions):
        for name, decoder in ways.items():
            started = time.perf_counter()
            made[name] = run(decoder.decode, batches, limit)
            seconds[name].append(time.perf_counter() - started)
    sentences = sum(map(len, batches))
    for name, outputs in made.items():
        if any(output.ended or len(output.ids) != limit for output in outputs):
            raise SystemExit(f"{name}: not every output has {limit} tokens; the ways did not do the same work")
    first = statistics.median(next(iter(seconds.values())))
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"{title:8}  {name:22}  {sentences / median:7.1f} sentences/s  {first / median:5.2f} x", flush=True)


def run(decode: Callable[[list[list[int]], int], list[Output]], batches: list, limit: int) -> list[Output]:
    """Return the outputs of all batches."""
    return [output for batch in batches for output in decode(batch, limit)]


if __name__ == "__main__":
    main()
