"""Pre-train the encoder of one model entry."""

import argparse
import os

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.gpus import gpus_flag, keep_to_gpus


def main() -> None:
    """Parse flags and pre-train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", nargs="+", required=True, metavar="FILE", help="TEXTS files, one or more a language")
    parser.add_argument("--overlaps", nargs="*", default=[], metavar="FILE", help="OVERLAPS files of every language")
    parser.add_argument("--tokenizer", required=True, metavar="FOLDER", help="made by train_tokenizer")
    parser.add_argument(
        "--settings", type=settings, required=True, help="JSON with model.pretrain and pretraining (the config section)"
    )
    parser.add_argument("--threads", type=int, required=True, help="in all; another number rounds differently")
    gpus_flag(parser)
    parser.add_argument("--output", required=True, metavar="FOLDER", help="the pre-trained model's folder")
    parser.add_argument("--partial", required=True, metavar="FOLDER", help="where training state outlives a killed job")
    parser.add_argument("--events", metavar="FOLDER", help="where TensorBoard's event files go; by default none")
    flags = parser.parse_args()
    keep_to_gpus(flags.gpus)
    os.environ["RAYON_NUM_THREADS"] = str(flags.threads)  # of the tokenizers library, read at the first text
    from workflow_scripts.training.pretraining import pretrain

    pretrain(
        paths_to_texts=flags.texts,
        paths_to_overlaps=flags.overlaps,
        path_to_tokenizer=flags.tokenizer,
        settings=flags.settings,
        threads=flags.threads,
        path_to_output=flags.output,
        path_to_partial=flags.partial,
        path_to_events=flags.events,
    )


if __name__ == "__main__":
    run(main)
