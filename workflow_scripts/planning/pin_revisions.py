"""The commits that an experiment's hub repositories are at now, as a config file that pins those without a revision.

    python -m workflow_scripts.planning.pin_revisions experiments/paper.yaml > pins.yaml
    snakemake --cores 16 all --configfile experiments/paper.yaml pins.yaml

Repositories that the experiment pins itself are left out; keep the file with the results. The hub is huggingface.co, or
what ``HF_ENDPOINT`` names; ``HF_TOKEN`` opens gated repositories.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.hub import Kind, latest_commit
from workflow_scripts.planning.runs import lexicon_text_sources

_ROOT = Path(__file__).resolve().parents[2]
# Where the config names repositories: section, kind on the hub, keys below an entry, and of repository and commit.
_PLACES = (
    ("models", "model", (), "hub", "revision"),
    ("models", "model", ("tokenizer",), "hub", "revision"),
    ("translators", "model", (), "hub", "revision"),
    ("sources", "dataset", (), "hub", "revision"),
    ("collections", "dataset", (), "hub", "revision"),
    ("collections", "dataset", (), "corpus_hub", "corpus_revision"),
)


class Repository(NamedTuple):
    """A repository that an experiment uses: its kind and name, its commit (None: open), and the commit's keys."""

    kind: Kind
    hub: str
    revision: str | None
    keys: tuple[str, ...]


def repositories(config: Mapping[str, Any]) -> Iterator[Repository]:
    """Yield the repositories that an experiment uses, in the config's order.

    Of sources and collections those that it chooses, holds out, or learns lexicons from; of models and translators all,
    as one lends to another.
    """
    for section, kind, above, hub, revision in _PLACES:
        entries = config.get(section, {})
        for name in _chosen(config, section) if kind == "dataset" else entries:
            entry = entries.get(name, {})
            for key in above:
                entry = entry.get(key, {})
            if hub in entry:
                yield Repository(kind, entry[hub], entry.get(revision), (section, name, *above, revision))


def _chosen(config: Mapping[str, Any], section: str) -> list[str]:
    if section != "sources":
        return config["experiment"][section]
    held_out = config.get("training", {}).get("held_out", {}).get("source")
    others = [*([held_out] if held_out else []), *lexicon_text_sources(config)]
    return list(dict.fromkeys([*config["experiment"][section], *others]))


def pins(config: Mapping[str, Any], commit_of: Callable[[Kind, str], str]) -> dict[str, Any]:
    """Return an overlay of ``config`` with a commit for each repository that the experiment uses without one.

    ``commit_of`` tells the commit of a repository from its kind and name.
    """
    found: dict[str, Any] = {}
    commit_once = cache(commit_of)
    for repository in repositories(config):
        if repository.revision is None:
            pinned, (*above, key) = found, repository.keys
            for name in above:
                pinned = pinned.setdefault(name, {})
            pinned[key] = commit_once(repository.kind, repository.hub)
    return found


def merged(paths: list[Path]) -> dict[str, Any]:
    """Return config files laid over each other as Snakemake does: mappings merge, anything else replaces."""
    config: dict[str, Any] = {}
    for path in paths:
        overlay(config, _read(path))
    return config


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: not a readable config file ({str(error).splitlines()[0]})") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds no mapping of config keys")
    return content


def overlay(below: dict[str, Any], above: dict[str, Any]) -> None:
    """Lay ``above`` over ``below``, in place."""
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            overlay(below[key], value)
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
        found = pins(merged([_ROOT / "config.yaml", *arguments.experiment]), latest_commit)
    except InputError as error:
        sys.exit(f"error: {error}")
    print("\n".join(_lines(found, arguments.experiment)))


if __name__ == "__main__":
    main()
