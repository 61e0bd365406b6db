"""What is held out of training to score models on: a share of the training pairs, or a source of its own.

A source of its own is no part of what it judges, nor of what the experiment evaluates on.
"""

import difflib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from workflow_scripts.data import layouts
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.file_set import ALTERNATIVE
from workflow_scripts.planning.data_files import GENERATED, collection_options, data_folder
from workflow_scripts.planning.runs import Config, held_out_source, is_trained, pair_languages, training_languages

_SHARE = 0.02  # of the groups, where the config says neither share nor source
_KEY = "config: training.held_out.source"


def complete_held_out(config: Config) -> None:
    """Fill in the share that is held out where no source is named; raise InputError where that source is not there."""
    held_out = config["training"].get("held_out")
    if held_out is None:
        return
    name = held_out.get("source")
    if name is None:
        held_out.setdefault("share", _SHARE)
    elif "share" in held_out:
        raise InputError(
            f"{_KEY}: {name!r} and a share are given; hold out a whole source or a share of the training pairs"
        )
    elif name not in config["sources"]:
        close = difflib.get_close_matches(name, config["sources"], n=1)
        hint = f"did you mean {close[0]}?" if close else f"defined are: {', '.join(config['sources'])}"
        raise InputError(f"{_KEY}: {name!r} is not defined under sources; {hint}")


def check_held_out(config: Config) -> None:
    """Raise InputError, one line, where the held-out source trains, too, or cannot give a strategy's batches."""
    name = held_out_source(config)
    if name is None:
        return
    if name in config["experiment"]["sources"]:
        raise InputError(f"{_KEY}: {name!r} is among experiment.sources, so it trains; take it out of one of them")
    languages = pair_languages(config, name)
    if not languages:
        raise InputError(f"{_KEY}: {name!r} has no pairs; name the languages of some under sources.{name}.pairs")
    strange = sorted(set(languages) - set(training_languages(config)))
    if strange:
        raise InputError(f"{_KEY}: {name!r} has pairs in {strange[0]!r}, in which nothing trains; leave them out of it")
    for strategy in config["experiment"]["strategies"]:
        if not is_trained(config, strategy):
            continue
        alpha, needed = config["strategies"][strategy]["alpha"], set(training_languages(config, strategy))
        if len(needed & set(languages)) < (1 if alpha == 1 else 2):
            raise InputError(
                f"{_KEY}: {name!r} has pairs in {', '.join(languages)}, but {strategy!r} (alpha {alpha}) needs "
                f"{'one' if alpha == 1 else 'two'} of its languages {', '.join(sorted(needed))}; translate some"
            )


def check_held_out_files(config: Config) -> None:
    """Raise InputError, one line, where the held-out source reads what trains or what is evaluated on."""
    name = held_out_source(config)
    if name is None:
        return
    files = list(_source_files(config, name))
    for section, others, why in (
        ("collections", _collection_files, "nothing is chosen on what is evaluated"),
        ("sources", _source_files, "what trains is not held out"),
    ):
        for other in config["experiment"][section]:
            common = [file for file in files if any(_overlap(file, theirs) for theirs in others(config, other))]
            if common:
                raise InputError(
                    f"{_KEY}: {name!r} reads {common[0]}, which {section}.{other} reads, too: {why}; "
                    "name another source"
                )


def _overlap(one: str, other: str) -> bool:
    # Patterns: what one of them says literally, or as a pattern, the other may match.
    return fnmatchcase(one, other) or fnmatchcase(other, one)


def _source_files(config: Config, name: str) -> Iterator[str]:
    entry = config["sources"][name]
    for lang in entry["pairs"]:
        yield from _placed(
            _folder(config, "sources", name), layouts.pair_patterns(entry["format"], lang, entry.get("files"))
        )


def _collection_files(config: Config, name: str) -> Iterator[str]:
    entry, options = config["collections"][name], collection_options(config, name)
    folder = _folder(config, "collections", name)
    for lang in entry["languages"]:
        own, apart = layouts.collection_patterns(entry["format"], lang, options)
        yield from _placed(folder, own)
        yield from _placed(_corpus(config, name) or folder, apart)


def _folder(config: Config, section: str, name: str) -> str:
    # A repository at any commit is one place.
    entry = config[section][name]
    if entry["format"] == GENERATED:
        return GENERATED
    return str(Path(entry["hub"], entry.get("path", ""))) if "hub" in entry else data_folder(config, section, name)


def _corpus(config: Config, name: str) -> str | None:
    entry = config["collections"][name]
    return entry.get("corpus_hub") or (str(Path(config["data_root"], entry["corpus"])) if "corpus" in entry else None)


def _placed(folder: str, patterns: list[str]) -> Iterator[str]:
    return (f"{folder}/{part}" for pattern in patterns for part in pattern.split(ALTERNATIVE))
