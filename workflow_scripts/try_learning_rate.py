"""Train one model with one strategy at one learning rate, to see how well held-out pairs are told apart."""

from workflow_scripts.command_line import run, settings
from workflow_scripts.training.launch import threads_of_process, training_parser


def main() -> None:
    """Parse flags and train."""
    parser = training_parser(__doc__, settings)
    parser.add_argument("--rate", type=float, required=True, help="the peak learning rate")
    parser.add_argument("--output", required=True, metavar="FILE", help="JSON: the rate, its held-out loss, records")
    flags = parser.parse_args()
    threads = threads_of_process(flags, "workflow_scripts.try_learning_rate")
    from workflow_scripts.training.contrastive import TrainingInputs, Upkeep
    from workflow_scripts.training.learning_rate_tries import try_learning_rate

    try_learning_rate(
        TrainingInputs(flags.base, flags.pairs, flags.tokens, flags.overlaps),
        flags.settings,
        rate=flags.rate,
        seed=flags.seed,
        threads=threads,
        path_to_output=flags.output,
        path_to_partial=flags.partial,
        path_to_events=flags.events,
        upkeep=Upkeep(flags.checkpoint_every, bool(flags.gradient_checkpointing)),
    )


if __name__ == "__main__":
    run(main)
