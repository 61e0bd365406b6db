"""The commits that an experiment's hub repositories are at now, as a config file that pins those without a revision.

    python -m workflow_scripts.planning.pin_revisions experiments/paper.yaml > pins.yaml
    snakemake --cores 16 all --configfile experiments/paper.yaml pins.yaml

Repositories that the experiment pins itself are left out; keep the file with the results. The hub is huggingface.co, or
what ``HF_ENDPOINT`` names; ``HF_TOKEN`` opens gated repositories.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.hub import latest_commit

_ROOT = Path(__file__).resolve().parents[2]
# Where the config names repositories: section, kind on the hub, and the keys of repository and commit.
_REPOSITORIES = (
    ("models", "model", "hub", "revision"),
    ("translators", "model", "hub", "revision"),
    ("sources", "dataset", "hub", "revision"),
    ("collections", "dataset", "hub", "revision"),
    ("collections", "dataset", "corpus_hub", "corpus_revision"),
)


def pins(config: Mapping[str, Any], commit_of: Callable[[str, str], str]) -> dict[str, Any]:
    """Return an overlay of ``config`` with a revision for each repository that the experiment uses without one.

    ``commit_of`` tells the commit of a repository from its kind (``model`` or ``dataset``) and name. Of
    ``translators``, which an experiment chooses in its translation section, every entry is pinned.
    """
    found: dict[str, Any] = {}
    commits: dict[tuple[str, str], str] = {}
    for section, kind, hub, revision in _REPOSITORIES:
        entries = config.get(section, {})
        for name in config["experiment"].get(section, entries):
            entry = entries.get(name, {})
            if hub in entry and revision not in entry:
                place = (kind, entry[hub])
                if place not in commits:
                    commits[place] = commit_of(*place)
                found.setdefault(section, {}).setdefault(name, {})[revision] = commits[place]
    return found


def merged(paths: list[Path]) -> dict[str, Any]:
    """Return config files laid over each other as Snakemake does: mappings merge, anything else replaces."""
    config: dict[str, Any] = {}
    for path in paths:
        _overlay(config, _read(path))
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: not a readable config file ({str(error).splitlines()[0]})") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds no mapping of config keys")
    return content


def _overlay(below: dict[str, Any], above: dict[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            _overlay(below[key], value)
        else:
            below[key] = value


def _lines(overlay: dict[str, Any], experiment: list[Path]) -> Iterator[str]:
    command = f"python -m workflow_scripts.planning.pin_revisions {' '.join(map(str, experiment))}"
    yield f"# Commits of hub repositories, written by: {command}"
    yield yaml.safe_dump(overlay, sort_keys=False) if overlay else "{} # every repository of the experiment is pinned"


def main() -> None:
    """Parse the command line and print the overlay."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment", nargs="+", type=Path, help="config files, as --configfile takes them")
    arguments = parser.parse_args()
    try:
        overlay = pins(merged([_ROOT / "config.yaml", *arguments.experiment]), latest_commit)
    except InputError as error:
        sys.exit(f"error: {error}")
    print("\n".join(_lines(overlay, arguments.experiment)))


if __name__ == "__main__":
    main()
