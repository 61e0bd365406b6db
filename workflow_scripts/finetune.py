"""Fine-tune one model with one strategy and one seed."""

import argparse
import os
import sys

from workflow_scripts.command_line import run, settings
from workflow_scripts.training.launch import start_processes


def main() -> None:
    """Parse flags and fine-tune."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True, metavar="FOLDER", help="the pre-trained model")
    parser.add_argument(
        "--pairs", nargs="+", required=True, metavar="FILE", help="PAIRS files of all sources and languages"
    )
    parser.add_argument(
        "--tokens", nargs="+", required=True, metavar="FOLDER", help="their token arrays, in the order of --pairs"
    )
    parser.add_argument("--overlaps", nargs="*", default=[], metavar="FILE", help="OVERLAPS files of every language")
    parser.add_argument(
        "--settings",
        type=settings,
        required=True,
        help="JSON with model and strategy (their entries) and training (the section)",
    )
    parser.add_argument("--seed", type=int, required=True, help="decides batches and dropout")
    parser.add_argument(
        "--threads",
        type=int,
        required=True,
        help="of torch, shared by the model's processes; another number rounds differently",
    )
    parser.add_argument("--output", required=True, metavar="FOLDER", help="the fine-tuned model's folder")
    parser.add_argument("--partial", required=True, metavar="FOLDER", help="where training state outlives a killed job")
    parser.add_argument("--events", metavar="FOLDER", help="where TensorBoard's event files go; by default none")
    flags = parser.parse_args()
    processes = flags.settings["model"]["processes"]
    if processes > 1 and "WORLD_SIZE" not in os.environ:
        start_processes(processes, ["workflow_scripts.finetune", *sys.argv[1:]])
    from workflow_scripts.training.finetuning import finetune

    finetune(
        path_to_base=flags.base,
        paths_to_pairs=flags.pairs,
        paths_to_tokens=flags.tokens,
        paths_to_overlaps=flags.overlaps,
        settings=flags.settings,
        seed=flags.seed,
        threads=max(1, flags.threads // processes),
        path_to_output=flags.output,
        path_to_partial=flags.partial,
        path_to_events=flags.events,
    )


if __name__ == "__main__":
    run(main)
