"""The folders and files that an experiment's real sources and collections are read from."""

from pathlib import Path
from typing import Any

from workflow_scripts.data import layouts
from workflow_scripts.data.errors import InputError
from workflow_scripts.planning.runs import Config, text_languages

GENERATED = "atlas"  # the one format whose files the workflow makes itself


def data_folder(config: Config, section: str, name: str) -> str:
    """Return the folder of a source (``section`` is ``sources``) or collection that is not generated."""
    return str(Path(config["data_root"]) / config[section][name].get("path", name))


def corpus_folder(config: Config, collection: str) -> str | None:
    """Return the folder of MIRACL's passages where the config names one apart."""
    corpus = config["collections"][collection].get("corpus")
    return None if corpus is None else str(Path(config["data_root"]) / corpus)


def check_data_files(config: Config) -> None:
    """Raise InputError, one line, where a language that the config names has no file."""
    texts = set(text_languages(config))
    for name in config["experiment"]["sources"]:
        entry = config["sources"][name]
        if entry["format"] == GENERATED:
            continue
        folder = data_folder(config, "sources", name)
        for lang in entry["pairs"]:
            _check(f"sources.{name}.pairs", lang, layouts.pair_files, entry["format"], folder, lang)
        for lang in texts & set(entry["texts"]):
            _check(f"sources.{name}.texts", lang, layouts.text_files, entry["format"], folder, lang)
        for lang in entry["translate"]:
            glossary = Path(config["data_root"], entry["glossary"], f"{lang}.tsv")
            if not glossary.is_file():
                raise InputError(
                    f"config: sources.{name}.translate: {lang!r} has no glossary: {glossary} does not exist"
                )
    for name in config["experiment"]["collections"]:
        entry = config["collections"][name]
        if entry["format"] == GENERATED:
            continue
        folder, corpus = data_folder(config, "collections", name), corpus_folder(config, name)
        for lang in entry["languages"]:
            _check(
                f"collections.{name}.languages", lang, layouts.collection_files, entry["format"], folder, lang, corpus
            )


def _check(key: str, lang: str, files: Any, *where: Any) -> None:
    try:
        found = files(*where)
    except InputError as error:
        raise InputError(f"config: {key}: {error}") from None
    missing = [path for path in found if not path.is_file()]
    if missing or not found:
        absent = missing[0] if missing else where[1]
        raise InputError(f"config: {key}: {lang!r} has no data: {absent} does not exist or holds no such file")
