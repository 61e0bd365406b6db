"""Convert a translation model for CTranslate2, at the precision that it will be run in."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.atomic import atomic_folder
from workflow_scripts.data.manifest import write_manifest
from workflow_scripts.translation.ctranslate2_conversion import convert_model


def convert_translator(*, path_to_model: Path, settings: dict[str, Any], path_to_output: Path) -> None:
    """Write the converted model's folder with its manifest, whole or not at all."""
    with atomic_folder(path_to_output) as folder:
        convert_model(path_to_model, settings["family"], settings["precision"], folder)
        inputs = sorted(path for path in path_to_model.iterdir() if path.suffix in (".json", ".safetensors"))
        write_manifest(folder, inputs=inputs, **settings)


def main() -> None:
    """Parse the command line and convert."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, type=Path, help="model folder in transformers' layout")
    parser.add_argument("--settings", required=True, type=settings, help="family and precision as JSON")
    parser.add_argument("--output", required=True, type=Path, help="folder of the converted model")
    arguments = parser.parse_args()
    convert_translator(path_to_model=arguments.model, settings=arguments.settings, path_to_output=arguments.output)


if __name__ == "__main__":
    run(main)
