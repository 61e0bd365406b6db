"""Fetch a pre-trained encoder from a hub at a pinned commit."""

import argparse
from pathlib import Path

from workflow_scripts.command_line import run
from workflow_scripts.data.atomic import atomic_folder
from workflow_scripts.data.manifest import write_manifest
from workflow_scripts.encoders.hub import download_model


def fetch_model(*, hub: str, revision: str, tokenizer: tuple[str, str] | None, path_to_output: Path) -> None:
    """Write the model folder of ``hub`` at commit ``revision``, with its manifest, whole or not at all.

    ``tokenizer`` is the repository and commit whose tokenizer takes the place of the model's own.
    """
    with atomic_folder(path_to_output) as folder:
        download_model(hub, revision, folder, tokenizer)
        lent = {"tokenizer": "{} at commit {}".format(*tokenizer)} if tokenizer else {}
        write_manifest(folder, inputs=[], hub=hub, revision=revision, **lent)


def main() -> None:
    """Parse the command line and fetch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hub", required=True, help="repository: owner/name")
    parser.add_argument("--revision", required=True, help="commit, 40 hexadecimal digits")
    parser.add_argument(
        "--tokenizer", nargs=2, metavar=("REPOSITORY", "COMMIT"), help="whose tokenizer to take; by default its own"
    )
    parser.add_argument("--output", required=True, type=Path, help="model folder")
    arguments = parser.parse_args()
    fetch_model(
        hub=arguments.hub,
        revision=arguments.revision,
        tokenizer=tuple(arguments.tokenizer) if arguments.tokenizer else None,
        path_to_output=arguments.output,
    )


if __name__ == "__main__":
    run(main)
