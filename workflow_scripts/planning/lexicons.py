"""Lexicons and the strategies that switch codes with them: what the config says, and what must hold."""

from collections.abc import Mapping
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.languages import Language
from workflow_scripts.data.lexicon_files import ATLAS, lexicon_file
from workflow_scripts.planning.runs import Config, pair_languages

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
    """The chosen sources that have English pairs."""
    return [name for name in config["experiment"]["sources"] if "en" in pair_languages(config, name)]


def lexicon_path(config: Config, name: str, lang: str, table: Mapping[str, Language]) -> str:
    """Return the file of a lexicon English → ``lang`` that is read from a folder below ``data_root``."""
    entry = config["lexicons"][name]
    iso639_3 = _MACROLANGUAGES.get(lang, table[lang].nllb_code.split("_")[0])
    folder = Path(config["data_root"], entry.get("path", name))
    return str(lexicon_file(entry["format"], folder, lang, iso639_3))


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
        if not switched_sources(config):
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
    if entry["format"] == ATLAS:
        if not any(config["sources"][source]["format"] == ATLAS for source in config["experiment"]["sources"]):
            raise InputError(f"config: lexicons.{name}.format: atlas needs a chosen source of that format")
    elif config["data_root"] is None:
        raise InputError(f"config: data_root: is null, but lexicons.{name} reads files; name the folder they lie in")


def check_lexicon_files(config: Config, table: Mapping[str, Language]) -> None:
    """Raise InputError, one line, where a lexicon in use has no file for one of its languages."""
    for name in lexicons_in_use(config):
        if config["lexicons"][name]["format"] == ATLAS:
            continue
        for lang in config["lexicons"][name]["languages"]:
            path = lexicon_path(config, name, lang, table)
            if not Path(path).is_file():
                raise InputError(f"config: lexicons.{name}.languages: {lang!r} has no lexicon: {path} does not exist")
