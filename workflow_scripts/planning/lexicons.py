"""Lexicons and the strategies that switch codes with them: what the config says, and what must hold."""

from collections.abc import Mapping
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.file_set import FileSet
from workflow_scripts.data.languages import Language
from workflow_scripts.data.layouts import text_files
from workflow_scripts.data.lexicon_files import ATLAS, INDUCED, lexicon_file
from workflow_scripts.planning.data_files import check_generated, data_folder, source_file_sets
from workflow_scripts.planning.runs import Config, pair_languages, pair_sources

# Formats of sources whose texts of one group are translations of each other.
LINE_PARALLEL = ("atlas", "jsonl", "ntrex", "tico19")
# FreeDict names Arabic by its macrolanguage; elsewhere its codes are those in front of NLLB's.
_MACROLANGUAGES = {"ar": "ara"}


def complete_switching_strategies(config: Config) -> None:
    """Say of each strategy with ``codeswitch`` what follows from it: English pairs, in monolingual batches."""
    for entry in config["strategies"].values():
        if "codeswitch" in entry:
            entry.setdefault("alpha", 1.0)
            entry.setdefault("languages", ["en"])


def switching_strategies(config: Config) -> list[str]:
    """The chosen strategies that train on code-switched pairs."""
    return [name for name in config["experiment"]["strategies"] if "codeswitch" in config["strategies"][name]]


def lexicons_in_use(config: Config) -> list[str]:
    """The lexicons of the chosen strategies, each once, in their order."""
    return list(
        dict.fromkeys(
            name
            for strategy in switching_strategies(config)
            for name in config["strategies"][strategy]["codeswitch"]["lexicons"]
        )
    )


def switched_sources(config: Config) -> list[str]:
    """The sources that have English pairs, the one that is held out among them."""
    return [name for name in pair_sources(config) if "en" in pair_languages(config, name)]


def lexicon_path(config: Config, name: str, lang: str, table: Mapping[str, Language]) -> str:
    """Return the file of a lexicon English → ``lang`` that is read from a folder below ``data_root``."""
    entry = config["lexicons"][name]
    iso639_3 = _MACROLANGUAGES.get(lang, table[lang].nllb_code.split("_")[0])
    folder = Path(config["data_root"], entry.get("path", name))
    return str(lexicon_file(entry["format"], folder, lang, iso639_3))


def parallel_sources(config: Config, name: str, lang: str) -> list[str]:
    """The sources that an induced lexicon English → ``lang`` is learned from: those that have both languages."""
    entry = config["lexicons"][name]
    if entry["parallel"] == "texts":
        languages = {source: config["sources"][source]["texts"] for source in entry["sources"]}
    else:
        languages = {source: pair_languages(config, source) for source in entry["sources"]}
    return [source for source, known in languages.items() if {"en", lang} <= set(known)]


def lexicon_pairs(config: Config) -> dict[str, set[str]]:
    """Return the languages of the pairs that lexicons in use are induced from, English too, by source."""
    return _induced_from(config, "pairs")


def lexicon_file_sets(config: Config) -> list[FileSet]:
    """Return what is fetched of the texts that lexicons in use are induced from, each once."""
    return list(
        dict.fromkeys(
            file_set
            for source, languages in _induced_from(config, "texts").items()
            for lang in sorted(languages)
            for file_set in source_file_sets(config, source, "texts", lang)
        )
    )


def _induced_from(config: Config, kind: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name in lexicons_in_use(config):
        entry = config["lexicons"][name]
        if entry["format"] != INDUCED or entry["parallel"] != kind:
            continue
        for lang in entry["languages"]:
            for source in parallel_sources(config, name, lang):
                found.setdefault(source, set()).update({"en", lang})
    return found


def check_lexicons(config: Config, known: list[str]) -> None:
    """Raise InputError, one line, where lexicons and the strategies that use them do not fit."""
    for name, entry in config["lexicons"].items():
        for lang in entry["languages"]:
            if lang not in known or lang == "en":
                raise InputError(
                    f"config: lexicons.{name}.languages: {lang!r} is not a language of resources/languages.csv "
                    "other than English"
                )
    for strategy in switching_strategies(config):
        entry = config["strategies"][strategy]
        if entry["alpha"] != 1 or entry["languages"] != ["en"]:
            raise InputError(
                f"config: strategies.{strategy}.codeswitch: switches English pairs, which make monolingual batches "
                "alone; leave out alpha and languages"
            )
        if not any("en" in pair_languages(config, source) for source in config["experiment"]["sources"]):
            raise InputError(
                f"config: strategies.{strategy}.codeswitch: needs English pairs, but no chosen source has any"
            )
        for name in entry["codeswitch"]["lexicons"]:
            if name not in config["lexicons"]:
                raise InputError(
                    f"config: strategies.{strategy}.codeswitch.lexicons: {name!r} is not defined under lexicons; "
                    f"defined are: {', '.join(config['lexicons']) or 'none'}"
                )
    for name in lexicons_in_use(config):
        _check_origin(config, name)


def _check_origin(config: Config, name: str) -> None:
    entry = config["lexicons"][name]
    if entry["format"] == INDUCED:
        _check_parallel(config, name)
        return
    if "sources" in entry:
        raise InputError(f"config: lexicons.{name}.sources: is for the format induced; leave it out")
    if entry["format"] == ATLAS:
        if not any(config["sources"][source]["format"] == ATLAS for source in config["experiment"]["sources"]):
            raise InputError(f"config: lexicons.{name}.format: atlas needs a chosen source of that format")
    elif config["data_root"] is None:
        raise InputError(f"config: data_root: is null, but lexicons.{name} reads files; name the folder they lie in")


def _check_parallel(config: Config, name: str) -> None:
    entry = config["lexicons"][name]
    if "sources" not in entry:
        raise InputError(f"config: lexicons.{name}.sources: is missing; name the sources to learn it from")
    for source in entry["sources"]:
        if source not in config["sources"]:
            raise InputError(f"config: lexicons.{name}.sources: {source!r} is not defined under sources")
        if entry["parallel"] == "pairs" and source not in config["experiment"]["sources"]:
            raise InputError(f"config: lexicons.{name}.sources: {source!r} is not among experiment.sources")
        kind = config["sources"][source]["format"]
        if entry["parallel"] == "texts" and kind not in LINE_PARALLEL:
            raise InputError(
                f"config: lexicons.{name}.sources: the texts of {source!r} ({kind}) are not parallel by the line, as "
                f"those of {', '.join(LINE_PARALLEL)} are; set parallel to pairs, where they have both languages"
            )
    for lang in entry["languages"]:
        if not parallel_sources(config, name, lang):
            raise InputError(
                f"config: lexicons.{name}.languages: none of {', '.join(entry['sources'])} has {entry['parallel']} "
                f"in both en and {lang!r}"
            )


def check_lexicon_files(config: Config, table: Mapping[str, Language]) -> None:
    """Raise InputError, one line, where a lexicon in use has no file for one of its languages."""
    for name in lexicons_in_use(config):
        entry = config["lexicons"][name]
        if entry["format"] == ATLAS:
            check_generated(f"lexicons.{name}.languages", entry["languages"])
        for lang in entry["languages"]:
            if entry["format"] == INDUCED:
                paths = _parallel_files(config, name, lang)
            else:
                paths = [] if entry["format"] == ATLAS else [Path(lexicon_path(config, name, lang, table))]
            for path in paths:
                if not path.is_file():
                    raise InputError(f"config: lexicons.{name}.languages: {lang!r}: {path} does not exist")


def _parallel_files(config: Config, name: str, lang: str) -> list[Path]:
    """Return the local files of the texts that a lexicon is induced from; the pairs' are checked as the sources'."""
    if config["lexicons"][name]["parallel"] == "pairs":
        return []
    return [
        path
        for source in parallel_sources(config, name, lang)
        if config["sources"][source]["format"] != ATLAS and "hub" not in config["sources"][source]
        for known in ("en", lang)
        for path in text_files(config["sources"][source]["format"], data_folder(config, "sources", source), known)
    ]
