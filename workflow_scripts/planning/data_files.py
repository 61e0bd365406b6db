"""The folders and files that an experiment's real sources and collections are read from.

Files lie below ``data_root``, or are fetched from a dataset repository of a hub at a pinned commit. Which files a
fetched language has is known from the format alone, so that a plan needs neither network nor files; how many shards
there are is for the manifest of the fetched files to say.
"""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from workflow_scripts.data import layouts
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.file_set import ALTERNATIVE, FileSet
from workflow_scripts.planning.runs import Config, pair_sources, text_languages
from workflow_scripts.planning.translation import is_neural

_TEMPLATES = Path(__file__).resolve().parents[2] / "resources/atlas"
_NOT_THE_READERS = {"corpus", "ignore_identical_ids", "missing_passages"}
GENERATED = "atlas"  # the one format whose files the workflow makes itself


def data_folder(config: Config, section: str, name: str) -> str:
    """Return the folder of a source (``section`` is ``sources``) or collection that is not generated."""
    entry = config[section][name]
    if "hub" in entry:
        return str(FileSet(entry["hub"], entry["revision"], ()).folder(config["downloads"]) / entry.get("path", ""))
    return str(Path(config["data_root"]) / entry.get("path", name))


def corpus_folder(config: Config, collection: str) -> str | None:
    """Return the folder of a collection's passages where the config names one apart."""
    entry = config["collections"][collection]
    if "corpus_hub" in entry:
        return str(FileSet(entry["corpus_hub"], entry["corpus_revision"], ()).folder(config["downloads"]))
    return None if "corpus" not in entry else str(Path(config["data_root"]) / entry["corpus"])


def collection_options(config: Config, collection: str) -> dict[str, Any]:
    """Return what the reader of a collection's format is told, whatever the language."""
    entry = config["collections"][collection]
    read = layouts.COLLECTION_OPTIONS.get(entry["format"], set()) - _NOT_THE_READERS
    options = {key: entry[key] for key in read if key in entry}
    corpus = corpus_folder(config, collection)
    return options if corpus is None else {**options, "corpus": corpus}


def source_file_sets(config: Config, source: str, kind: str, lang: str) -> list[FileSet]:
    """What is fetched for a source's ``kind`` (``pairs`` or ``texts``) in ``lang``; nothing where it is local."""
    entry = config["sources"][source]
    if "hub" not in entry:
        return []
    if kind == "texts":
        return [_file_set(entry, layouts.text_patterns(entry["format"], lang))]
    return [_file_set(entry, layouts.pair_patterns(entry["format"], lang, entry.get("files")))]


def collection_file_sets(config: Config, collection: str, lang: str) -> list[FileSet]:
    """Return what is fetched for a collection's ``lang``; nothing where it is local."""
    entry = config["collections"][collection]
    own, apart = layouts.collection_patterns(entry["format"], lang, collection_options(config, collection))
    if apart and "corpus" not in entry and "corpus_hub" not in entry:
        own, apart = own + apart, []
    sets = [_file_set(entry, own)] if "hub" in entry else []
    if "corpus_hub" in entry:
        sets.append(FileSet(entry["corpus_hub"], entry["corpus_revision"], tuple(apart)))
    return sets


def all_file_sets(config: Config) -> list[FileSet]:
    """Return everything that can be fetched, each once; what is needed of it, ``fetched`` says."""
    texts = set(text_languages(config))
    sets = [
        file_set
        for kind, names in (("pairs", pair_sources(config)), ("texts", config["experiment"]["sources"]))
        for name in names
        for lang in config["sources"][name][kind]
        if kind == "pairs" or lang in texts
        for file_set in source_file_sets(config, name, kind, lang)
    ]
    return list(dict.fromkeys([*sets, *collections_file_sets(config)]))


def collections_file_sets(config: Config) -> list[FileSet]:
    """Return what is fetched of all collections, which are evaluated whole."""
    return list(fetched_languages(config))


def fetched_languages(config: Config) -> dict[FileSet, list[tuple[str, str]]]:
    """Return which collections' languages each file set holds whole or in part: pairs of collection and language."""
    found: dict[FileSet, list[tuple[str, str]]] = {}
    for name in config["experiment"]["collections"]:
        for lang in config["collections"][name]["languages"]:
            for file_set in collection_file_sets(config, name, lang):
                found.setdefault(file_set, []).append((name, lang))
    return found


def manifests(config: Config, sets: list[FileSet]) -> list[str]:
    """Return the manifests of file sets, as paths."""
    return [str(file_set.manifest(config["downloads"])) for file_set in sets]


def _file_set(entry: dict[str, Any], patterns: list[str]) -> FileSet:
    above = PurePosixPath(entry.get("path", ""))
    inside = (ALTERNATIVE.join(str(above / part) for part in pattern.split(ALTERNATIVE)) for pattern in patterns)
    return FileSet(entry["hub"], entry["revision"], tuple(inside))


def check_data_files(config: Config) -> None:
    """Raise InputError, one line, where a language that the config names has no file."""
    texts = set(text_languages(config))
    for name in pair_sources(config):
        entry = config["sources"][name]
        if entry["format"] == GENERATED:
            _check_generated_source(config, name, texts)
            continue
        folder = data_folder(config, "sources", name)
        for lang in entry["pairs"]:
            files = (entry["format"], folder, lang, entry.get("files"))
            _check(config, "sources", name, "pairs", lang, layouts.pair_files, *files)
        for lang in texts & set(entry["texts"] if name in config["experiment"]["sources"] else ()):
            _check(config, "sources", name, "texts", lang, layouts.text_files, entry["format"], folder, lang)
        for lang in entry["translate"] if not is_neural(config) else ():
            glossary = Path(config["data_root"], entry["glossary"], f"{lang}.tsv")
            if not glossary.is_file():
                raise InputError(
                    f"config: sources.{name}.translate: {lang!r} has no glossary: {glossary} does not exist"
                )
    for name in config["experiment"]["collections"]:
        entry = config["collections"][name]
        if entry["format"] == GENERATED:
            check_generated(f"collections.{name}.languages", entry["languages"])
            continue
        folder, options = data_folder(config, "collections", name), collection_options(config, name)
        for lang in entry["languages"]:
            files = (entry["format"], folder, lang, options)
            _check(config, "collections", name, "languages", lang, _collection_files, *files)


def _check_generated_source(config: Config, name: str, texts: set[str]) -> None:
    entry = config["sources"][name]
    for lang in entry["pairs"]:
        try:
            layouts.pair_patterns(GENERATED, lang)
        except InputError as error:
            raise InputError(f"config: sources.{name}.pairs: {error}") from None
    if not is_neural(config):
        check_generated(f"sources.{name}.translate", entry["translate"])
    check_generated(f"sources.{name}.texts", texts & set(entry["texts"]))


def check_generated(key: str, languages: Iterable[str]) -> None:
    """Raise InputError, one line that names ``key``, where Atlas has no templates of a language."""
    known = sorted(path.stem for path in _TEMPLATES.glob("*.yaml") if path.stem != "entities")
    for lang in languages:
        if lang not in known:
            raise InputError(f"config: {key}: Atlas is not generated in {lang!r}; it is in {', '.join(known)}")


def _collection_files(*where: Any) -> list[Path]:
    return [path for part in layouts.collection_files(*where) for path in part]


def local_files(config: Config, section: str, name: str, paths: list[Path]) -> list[Path]:
    """Return those of a source's or collection's files that are not fetched; ``downloads`` may hold others, too."""
    entry = config[section][name]
    fetched = [
        FileSet(entry[hub], entry[revision], ()).folder(config["downloads"])
        for hub, revision in (("hub", "revision"), ("corpus_hub", "corpus_revision"))
        if hub in entry
    ]
    return [path for path in paths if not any(map(path.is_relative_to, fetched))]


def _check(config: Config, section: str, name: str, key: str, lang: str, files: Any, *where: Any) -> None:
    key = f"{section}.{name}.{key}"
    try:
        found = files(*where)
    except InputError as error:
        raise InputError(f"config: {key}: {error}") from None
    missing = [path for path in local_files(config, section, name, found) if not path.is_file()]
    if missing or not found:
        absent = missing[0] if missing else where[1]
        raise InputError(f"config: {key}: {lang!r} has no data: {absent} does not exist or holds no such file")
