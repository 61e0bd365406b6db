"""Which jobs translate: the model of each language, its files, and what of the config they cannot do."""

import json
from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.translation_languages import ARCHITECTURES, Tags, language_names
from workflow_scripts.planning.runs import Config, pair_sources, trained_languages

GLOSSARY = "glossary"
_SOURCE_LANG = "en"  # translation starts from English pairs

_TRANSFORMERS_PRECISIONS = ("float32", "bfloat16")


def is_neural(config: Config) -> bool:
    """Whether a model translates, and not the glossary."""
    return config["translation"]["engine"] != GLOSSARY


def translated_languages(config: Config) -> dict[str, list[str]]:
    """Return the languages that sources have translated, the held-out one too: lang -> sources."""
    languages: dict[str, list[str]] = {}
    for source in pair_sources(config):
        for lang in config["sources"][source]["translate"]:
            languages.setdefault(lang, []).append(source)
    return languages


def translator(config: Config, lang: str) -> str:
    """Return the key under ``translators`` of the model that translates into ``lang``."""
    return config["translation"]["model_for"].get(lang, config["translation"].get("model"))


def back_translator(config: Config, lang: str) -> str:
    """Return the key of the model that translates back from ``lang``, for the round trip."""
    return config["translation"].get("back_model", translator(config, lang))


def translators(config: Config) -> list[str]:
    """Return the keys of all models that the experiment translates with, each once."""
    if not is_neural(config):
        return []
    names = [translator(config, lang) for lang in translated_languages(config)]
    if makes_round_trip(config):
        names += [back_translator(config, lang) for lang in translated_languages(config)]
    return list(dict.fromkeys(names))


def makes_round_trip(config: Config) -> bool:
    """Whether translations are translated back, to be compared with their source."""
    return is_neural(config) and config["translation"]["quality"]["min_round_trip"] > 0


def similarity_model(config: Config) -> str | None:
    """Return the key under ``models`` of the encoder that compares translations with their source, if any does."""
    return config["translation"]["quality"].get("similarity_model") if is_neural(config) else None


def translation_jobs(config: Config) -> dict[str, list[list[str]]]:
    """Return the jobs in which models run over the pairs, as ``runs.costly_jobs`` does; none with the glossary.

    Languages that nothing trains on have none.
    """
    trained = trained_languages(config)
    languages = {lang: sources for lang, sources in translated_languages(config).items() if lang in trained}
    if not languages or not is_neural(config):
        return {}
    rules = ["translate_shard"]
    rules += ["translate_back"] if makes_round_trip(config) else []
    rules += ["compare_translations"] if similarity_model(config) is not None else []
    tables = [f"{source}/{lang}" for lang, sources in languages.items() for source in sources]
    shards = [str(shard) for shard in range(config["translation"]["shards"])]
    return {rule: [tables, shards] for rule in rules}


def complete_translation(config: Config) -> None:
    """Fill in what follows from the engine: the glossary's output has no grammar to know a language by."""
    config["translation"]["quality"].setdefault("min_language", 0.1 if is_neural(config) else 0.0)


def check_translation(config: Config, tags: Tags) -> None:
    """Raise InputError, one line, where the config asks of translation what cannot be done.

    ``tags`` is ``resources/translation_languages.csv``.
    """
    if not is_neural(config):
        _check_glossary(config)
        return
    settings = config["translation"]
    if settings["engine"] == "transformers" and settings["precision"] not in _TRANSFORMERS_PRECISIONS:
        raise InputError(
            f"config: translation.precision: {settings['precision']!r} is a precision of ctranslate2; with "
            f"transformers it is one of {', '.join(_TRANSFORMERS_PRECISIONS)}"
        )
    for lang in settings["model_for"]:
        if lang not in tags:
            raise InputError(
                f"config: translation.model_for.{lang}: is not a language of resources/translation_languages.csv; "
                f"there are {', '.join(tags)}"
            )
    for lang, sources in translated_languages(config).items():
        directions = [(_model_key(config, lang), translator(config, lang), _SOURCE_LANG, lang)]
        if makes_round_trip(config):
            key = "translation.back_model" if "back_model" in settings else directions[0][0]
            directions.append((key, back_translator(config, lang), lang, _SOURCE_LANG))
        for key, name, *direction in directions:
            _check_direction(config, tags, key, name, direction, f"sources.{sources[0]}.translate")
    for name in translators(config):
        _check_files(config, name)
    _check_similarity(config)


def _model_key(config: Config, lang: str) -> str:
    return f"translation.model_for.{lang}" if lang in config["translation"]["model_for"] else "translation.model"


def _check_glossary(config: Config) -> None:
    for key in ("min_round_trip", "similarity_model"):
        if config["translation"]["quality"].get(key):
            raise InputError(
                f"config: translation.quality.{key}: {config['translation']['quality'][key]!r} is for neural engines; "
                "choose transformers or ctranslate2 as translation.engine, or leave it out"
            )


def _check_direction(config: Config, tags: Tags, key: str, name: str | None, direction: list[str], asked: str) -> None:
    if name is None:
        raise InputError(
            f"config: {key}: is missing; the {config['translation']['engine']} engine needs one of translators"
        )
    if name not in config["translators"]:
        raise InputError(
            f"config: {key}: {name!r} is not defined under translators; defined are: "
            f"{', '.join(config['translators']) or 'none'}"
        )
    family = config["translators"][name]["family"]
    for lang in direction:
        try:
            language_names(tags, family, lang)
        except InputError as error:
            raise InputError(f"config: {asked}: {lang!r} cannot be made by translators.{name}: {error}") from None


def _check_files(config: Config, name: str) -> None:
    entry = config["translators"][name]
    kinds = [kind for kind in ("hub", "folder") if kind in entry]
    if len(kinds) != 1:
        found = " and ".join(kinds) or "neither"
        raise InputError(f"config: translators.{name}: {found} given; a translator is exactly one of hub, folder")
    if "hub" in entry and "revision" not in entry:
        raise InputError(
            f"config: translators.{name}.hub: {entry['hub']!r} has no revision; give the 40-digit commit to use"
        )
    if "folder" in entry:
        _check_folder(name, entry)


def _check_folder(name: str, entry: dict[str, Any]) -> None:
    path = Path(entry["folder"], "config.json")
    try:
        found = json.loads(path.read_text(encoding="utf-8")).get("model_type")
    except (OSError, ValueError, AttributeError):
        raise InputError(
            f"config: translators.{name}.folder: {entry['folder']!r} has no readable config.json; "
            "name a folder in transformers' layout"
        ) from None
    wanted = ARCHITECTURES[entry["family"]]
    if found != wanted:
        raise InputError(
            f"config: translators.{name}.folder: {entry['folder']!r} holds a model of type {found!r}, but family "
            f"{entry['family']} is of type {wanted!r}; correct one of them"
        )


def _check_similarity(config: Config) -> None:
    quality = config["translation"]["quality"]
    given = [key for key in ("similarity_model", "min_similarity") if key in quality]
    if len(given) == 1:
        raise InputError(
            f"config: translation.quality.{given[0]}: stands without its like; give both similarity_model and "
            "min_similarity, or neither"
        )
    name = quality.get("similarity_model")
    if name is not None and not {"hub", "folder"} & config["models"].get(name, {}).keys():
        usable = [model for model, entry in config["models"].items() if {"hub", "folder"} & entry.keys()]
        raise InputError(
            f"config: translation.quality.similarity_model: {name!r} is not an encoder with hub or folder under "
            f"models; there is {', '.join(usable) or 'none'}"
        )
