"""Fine-tune one model with one strategy and one seed."""

from workflow_scripts.command_line import run, settings
from workflow_scripts.training.launch import threads_of_process, training_parser


def main() -> None:
    """Parse flags and fine-tune."""
    parser = training_parser(__doc__, settings)
    parser.add_argument("--output", required=True, metavar="FOLDER", help="the fine-tuned model's folder")
    parser.add_argument(
        "--tries", nargs="*", default=[], metavar="FILE", help="of try_learning_rate; the best rate is taken"
    )
    flags = parser.parse_args()
    threads = threads_of_process(flags, "workflow_scripts.finetune")
    from workflow_scripts.training.contrastive import Upkeep
    from workflow_scripts.training.finetuning import finetune

    finetune(
        path_to_base=flags.base,
        paths_to_pairs=flags.pairs,
        paths_to_tokens=flags.tokens,
        paths_to_overlaps=flags.overlaps,
        settings=flags.settings,
        seed=flags.seed,
        threads=threads,
        path_to_output=flags.output,
        path_to_partial=flags.partial,
        path_to_events=flags.events,
        upkeep=Upkeep(flags.checkpoint_every, bool(flags.gradient_checkpointing)),
        paths_to_tries=flags.tries,
    )


if __name__ == "__main__":
    run(main)
