"""The config, checked and completed before the first job.

The shape is in ``config.schema.yaml``; what one section says of another is checked here.
Every complaint is one line: the key, its value, what would be right.
"""

import copy
import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.languages import Language
from workflow_scripts.data.layouts import COLLECTION_OPTIONS
from workflow_scripts.planning.held_out import check_held_out, complete_held_out
from workflow_scripts.planning.language_groups import language_groups
from workflow_scripts.planning.lexicons import check_lexicons, complete_switching_strategies
from workflow_scripts.planning.replicates import check_replicates, name_replicates
from workflow_scripts.planning.runs import (
    BM25,
    Config,
    is_trained,
    lexicon_text_sources,
    pair_languages,
    pair_sources,
    training_languages,
)
from workflow_scripts.planning.sampling_units import check_sampling_units, complete_sampling_units
from workflow_scripts.planning.source_options import check_source_options
from workflow_scripts.planning.token_arrays import models_read
from workflow_scripts.planning.translation import GLOSSARY, complete_translation

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML has libyaml
PIN = "python -m workflow_scripts.planning.pin_revisions EXPERIMENT.yaml > PINS.yaml"
POSITIONS = 512  # of a model that is pre-trained here
# Tables of the whole experiment, beside which each collection's own lie by its name.
TABLES = {
    "all_comparisons", "bias", "comparisons", "costs", "index_recall", "lexicon_coverage", "models", "per_group",
    "per_language", "per_passage_language", "published", "scaling",
}  # fmt: skip
_SCHEMA = Path(__file__).resolve().parents[2] / "config.schema.yaml"
_KINDS = {
    "array": "a list", "boolean": "true or false", "integer": "a whole number", "number": "a number",
    "object": "a mapping (lines of key: value)", "string": "text",
}  # fmt: skip


def resolve_config(config: Config, table: Mapping[str, Language]) -> Config:
    """Return a copy of ``config`` with every default filled in; raise InputError, one line, where it is wrong.

    ``table`` is ``resources/languages.csv``.
    """
    schema = yaml.load(_SCHEMA.read_text(encoding="utf-8"), Loader=_LOADER)
    resolved = copy.deepcopy(config)
    _fill_defaults(resolved, schema, schema["$defs"])
    errors = sorted(_Validator(schema).iter_errors(resolved), key=lambda error: list(map(str, error.path)))
    if errors:
        raise InputError(_one_line(errors[0]))
    resolved["downloads"] = str(Path(resolved["downloads"]))
    name_replicates(resolved)
    for model, entry in resolved["models"].items():
        entry.setdefault("label", model)
        entry.setdefault("family", model)
    for strategy, entry in resolved["strategies"].items():
        entry.setdefault("label", strategy)
    for entry in resolved["collections"].values():
        if entry["format"] in ("miracl", "xquad-r", "mlqa-r"):  # the formats that bear their dataset's name
            entry.setdefault("dataset", entry["format"])
    complete_sampling_units(resolved)
    complete_switching_strategies(resolved)
    complete_translation(resolved)
    complete_held_out(resolved)
    _check_choices(resolved)
    _check_models(resolved)
    check_replicates(resolved)
    _check_labels(resolved)
    _check_hub(resolved)
    _check_languages(resolved, list(table))
    check_source_options(resolved)
    check_lexicons(resolved, list(table))
    _check_strategies(resolved)
    check_held_out(resolved)
    check_sampling_units(resolved)
    _check_collections(resolved)
    _check_metrics(resolved)
    _check_report(resolved, table)
    return resolved


def _fill_defaults(value: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> None:
    if "$ref" in schema:
        schema = {**definitions[schema["$ref"].rsplit("/", 1)[1]], **schema}
    if not isinstance(value, dict):
        return
    for key, below in schema.get("properties", {}).items():
        if "default" in below:
            value.setdefault(key, copy.deepcopy(below["default"]))
        if key in value:
            _fill_defaults(value[key], below, definitions)
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        for key in value.keys() - schema.get("properties", {}).keys():
            _fill_defaults(value[key], others, definitions)


def _matches(validator: Any, pattern: str, instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    # In JSON Schema `$` is the end of the text; in Python it also lets a line break stand behind it.
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _is_whole(checker: Any, instance: Any) -> bool:
    # JSON Schema takes 100.0 for a whole number; no job and no path does.
    return isinstance(instance, int) and not isinstance(instance, bool)


def _is_number(checker: Any, instance: Any) -> bool:
    # YAML knows .nan and .inf, which no bound of the schema would keep out.
    return _is_whole(checker, instance) or (isinstance(instance, float) and math.isfinite(instance))


_Validator = validators.extend(
    Draft202012Validator,
    {"pattern": _matches},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": _is_whole, "number": _is_number}),
)


def _one_line(error: Any) -> str:
    where = ".".join(map(str, error.path)) or "the top level"
    value = repr(error.instance)
    value = value if len(value) <= 80 else value[:77] + "..."
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        unknown = next(key for key in error.instance if key not in known)
        close = difflib.get_close_matches(str(unknown), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known keys: {', '.join(known)}"
        return f"config: {where}: unknown key {unknown!r}; {hint}"
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        return f"config: {where}: the key {missing!r} is missing"
    if error.validator == "type":
        return f"config: {where}: {_wrong_kind(error, value)}"
    expected = {
        "enum": lambda: "one of " + ", ".join(map(str, error.validator_value)),
        "minimum": lambda: f"at least {error.validator_value}",
        "maximum": lambda: f"at most {error.validator_value}",
        "exclusiveMinimum": lambda: f"greater than {error.validator_value}",
        "exclusiveMaximum": lambda: f"less than {error.validator_value}",
        "uniqueItems": lambda: "a list without repeats",
        "minItems": lambda: (
            f"a list of at least {error.validator_value} {'entry' if error.validator_value == 1 else 'entries'}"
        ),
        "pattern": lambda: f"of the form {error.validator_value} ({error.schema.get('description', '').rstrip('.')})",
    }.get(error.validator)
    if not expected:
        return f"config: {where}: {error.message}"
    return f"config: {where}: {value} is not {expected()}"


def _wrong_kind(error: Any, value: str) -> str:
    kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    wanted = " or ".join(_KINDS[kind] for kind in kinds if kind != "null")
    if error.instance is None:
        return f"is empty (null); give {wanted}, or leave the key out"
    return f"{value} is not {wanted}{_hint_of_kind(error.instance, kinds)}"


def _hint_of_kind(found: Any, kinds: list[str]) -> str:
    """What YAML made of a plain word, or of a quoted one, is seldom what was meant."""
    if "string" in kinds and isinstance(found, bool):
        return ", as YAML takes no, off and false, or yes, on and true, for that; write it in quotes"
    if "string" in kinds and not isinstance(found, (dict, list)):
        return "; write it in quotes"
    if "array" in kinds and not isinstance(found, dict):
        return f"; write [{found}]"
    if "integer" in kinds and isinstance(found, float) and found.is_integer():
        return f"; write {int(found)}"
    if not isinstance(found, str) or not {"integer", "number", "boolean"} & set(kinds):
        return ""
    # YAML 1.1 takes 1e-5, without a point, for text.
    if "number" in kinds and (written := re.fullmatch(r"([-+]?[0-9]+)(\.[0-9]*)?[eE]([-+]?)([0-9]+)", found)):
        whole, fraction, sign, power = written.groups()
        return f", as YAML takes it for text; write {whole}{fraction or '.0'}e{sign or '+'}{power}"
    plain = yaml.load(found, Loader=_LOADER) if re.fullmatch(r"[\w.+-]+", found) else found
    return "; write it without quotes" if _Validator({"type": kinds}).is_valid(plain) else ""


def _check_choices(config: Config) -> None:
    for section in ("sources", "collections", "models", "strategies"):
        for name in config["experiment"][section]:
            if name not in config[section]:
                hint = _instead(name, config[section])
                raise InputError(f"config: experiment.{section}: {name!r} is not defined under {section}; {hint}")
    for name in config["experiment"]["collections"]:
        if name in TABLES:
            raise InputError(
                f"config: experiment.collections: {name!r} is the name of a table of all collections; choose another"
            )
    for section, reserved in (("models", BM25.model), ("strategies", BM25.strategy)):
        if reserved in config["experiment"][section]:
            raise InputError(
                f"config: experiment.{section}: {reserved!r} is the lexical baseline's name; choose another"
            )


def _check_models(config: Config) -> None:
    for name in models_read(config):
        entry = config["models"][name]
        kinds = [kind for kind in ("pretrain", "hub", "folder") if kind in entry]
        if len(kinds) != 1:
            found = " and ".join(kinds) or "none of them"
            raise InputError(f"config: models.{name}: {found} given; a model is exactly one of pretrain, hub, folder")
        if "tokenizer" in entry and "hub" not in entry:
            raise InputError(
                f"config: models.{name}.tokenizer: is for a model with hub; put one into its folder instead"
            )
        for key, place in (("hub", entry), ("tokenizer.hub", entry.get("tokenizer", {}))):
            if "hub" not in place or "revision" in place:
                continue
            raise InputError(
                f"config: models.{name}.{key}: {place['hub']!r} has no revision; give the 40-digit commit to use, "
                f"or have all that are missing written: {PIN}"
            )
        trained = [strategy for strategy in config["experiment"]["strategies"] if is_trained(config, strategy)]
        if "max_norm" in entry and trained:
            raise InputError(
                f"config: models.{name}.max_norm: {entry['max_norm']} asks for search by dot product, but {trained[0]} "
                "fine-tunes for cosine; leave it out"
            )
        if "pretrain" not in entry and "size_m" not in entry:
            raise InputError(f"config: models.{name}: size_m is missing; give its non-embedding parameters in millions")
        if "pretrain" in entry and entry["pretrain"]["hidden"] % entry["pretrain"]["heads"]:
            shape = entry["pretrain"]
            raise InputError(
                f"config: models.{name}.pretrain.hidden: {shape['hidden']} is not a multiple "
                f"of heads ({shape['heads']})"
            )
        for key in ("max_query_length", "max_passage_length"):
            if "pretrain" in entry and entry[key] > POSITIONS:
                raise InputError(
                    f"config: models.{name}.{key}: {entry[key]} is more than the {POSITIONS} tokens that a model "
                    "pre-trained here knows places for"
                )
        pieces = config["search"]["faiss"]["pq_pieces"]
        if "pretrain" in entry and config["search"]["kind"] == "ivf-pq" and entry["pretrain"]["hidden"] % pieces:
            raise InputError(
                f"config: search.faiss.pq_pieces: {pieces} does not divide models.{name}.pretrain.hidden "
                f"({entry['pretrain']['hidden']}); use a divisor"
            )
        if "pretrain" in entry and not any(
            config["sources"][source]["texts"] for source in config["experiment"]["sources"]
        ):
            raise InputError(
                f"config: models.{name}.pretrain: no chosen source has texts; name languages under its texts"
            )
        if "learning_rates" in entry and "held_out" not in config["training"]:
            raise InputError(
                f"config: models.{name}.learning_rates: {entry['learning_rates']} are chosen from by held-out pairs; "
                "set some aside with training.held_out, or give one learning_rate"
            )
        if entry["processes"] % entry["nodes"]:
            raise InputError(
                f"config: models.{name}.nodes: {entry['nodes']} machines do not divide {entry['processes']} processes; "
                "give a divisor of models.<name>.processes, which counts those of all machines"
            )
        if entry["processes"] > config["training"]["batch_size"]:
            raise InputError(
                f"config: models.{name}.processes: {entry['processes']} do not all get a pair of "
                f"training.batch_size {config['training']['batch_size']}; use fewer"
            )


def _check_labels(config: Config) -> None:
    """Tables and plots name models and strategies by their labels alone."""
    for section in ("models", "strategies"):
        first = {"BM25": BM25.model} if config["experiment"]["lexical_baseline"] else {}
        for name in config["experiment"][section]:
            label = config[section][name]["label"]
            if label in first:
                raise InputError(
                    f"config: {section}.{name}.label: {label!r} is that of {first[label]} too, so tables and plots "
                    "would not tell them apart; give it another"
                )
            first[label] = name


def _check_hub(config: Config) -> None:
    chosen = [
        (section, name, config[section][name])
        for section, names in (
            ("sources", _sources_read(config)),
            ("collections", config["experiment"]["collections"]),
        )
        for name in names
    ]
    for section, name, entry in chosen:
        for hub, revision in (("hub", "revision"), ("corpus_hub", "corpus_revision")):
            if hub in entry and revision not in entry:
                raise InputError(
                    f"config: {section}.{name}.{hub}: {entry[hub]!r} has no {revision}; give the 40-digit commit to "
                    f"fetch (the page's list of files shows it under History), or have all missing ones written: {PIN}"
                )
            if revision in entry and hub not in entry:
                raise InputError(f"config: {section}.{name}.{revision}: is given without {hub}")
        if "corpus" in entry and "corpus_hub" in entry:
            raise InputError(f"config: {section}.{name}.corpus: {entry['corpus']!r} and corpus_hub are given; keep one")
        if entry["format"] == "atlas" and "hub" in entry:
            raise InputError(f"config: {section}.{name}.hub: atlas is generated, not fetched; leave hub out")


def _sources_read(config: Config) -> list[str]:
    """Those whose pairs are read, and those whose texts a lexicon is learned from, as far as they are defined."""
    of_lexicons = [name for name in lexicon_text_sources(config) if name in config["sources"]]
    return list(dict.fromkeys([*pair_sources(config), *of_lexicons]))


def _needs_data_root(entry: dict[str, Any]) -> bool:
    return (entry["format"] != "atlas" and "hub" not in entry) or "corpus" in entry


def _check_languages(config: Config, known: list[str]) -> None:
    named = {
        f"sources.{name}.{key}": entry[key]
        for name, entry in config["sources"].items()
        for key in ("pairs", "translate", "texts")
    }
    named |= {f"collections.{name}.languages": entry["languages"] for name, entry in config["collections"].items()}
    named |= {
        f"strategies.{name}.languages": entry.get("languages", []) for name, entry in config["strategies"].items()
    }
    for key, languages in named.items():
        for lang in languages:
            if lang not in known:
                raise InputError(
                    f"config: {key}: {lang!r} is not in resources/languages.csv; known: {', '.join(known)}"
                )
    for name in pair_sources(config):
        entry = config["sources"][name]
        twice = sorted(set(entry["pairs"]) & set(entry["translate"]))
        if twice:
            raise InputError(f"config: sources.{name}.translate: {twice[0]!r} stands under pairs too; keep one")
        if entry["translate"] and "en" not in entry["pairs"]:
            raise InputError(f"config: sources.{name}.translate: needs English pairs to translate; add en to pairs")
        uses_glossary = entry["translate"] and config["translation"]["engine"] == GLOSSARY
        if uses_glossary and entry["format"] != "atlas" and "glossary" not in entry:
            raise InputError(f"config: sources.{name}.glossary: is missing; the glossary engine needs <lang>.tsv files")
        if uses_glossary and entry["format"] != "atlas" and config["data_root"] is None:
            raise InputError(f"config: data_root: is null, but sources.{name}.glossary lies in it; name that folder")
        if not (entry["pairs"] or entry["texts"]):
            raise InputError(f"config: sources.{name}: has neither pairs nor texts; name the languages it has")
    for name in _sources_read(config):
        if _needs_data_root(config["sources"][name]) and config["data_root"] is None:
            raise InputError(f"config: data_root: is null, but sources.{name} reads files; name the folder they lie in")


def _check_strategies(config: Config) -> None:
    trained = [name for name in config["experiment"]["strategies"] if is_trained(config, name)]
    if trained and not any(pair_languages(config, source) for source in config["experiment"]["sources"]):
        raise InputError(f"config: experiment.strategies: {trained[0]!r} needs pairs, but no chosen source has any")
    for name in trained:
        languages = training_languages(config, name)
        missing = sorted(set(config["strategies"][name].get("languages", [])) - set(languages))
        if missing:
            raise InputError(
                f"config: strategies.{name}.languages: no chosen source has pairs in {missing[0]!r}; "
                "leave it out, or name it under pairs or translate of a source"
            )
        alpha = config["strategies"][name]["alpha"]
        of_sources = [
            set(languages) & set(pair_languages(config, source)) for source in config["experiment"]["sources"]
        ]
        if alpha < 1 and max(map(len, of_sources)) < 2:
            where = "no source has them in two of" if len(languages) > 1 else "they exist in no language but"
            raise InputError(
                f"config: strategies.{name}.alpha: {alpha} asks for cross-lingual batches, for which a source needs "
                f"pairs in two languages, but {where} {', '.join(languages)}; translate some"
            )


def _check_collections(config: Config) -> None:
    for name in config["experiment"]["collections"]:
        entry = config["collections"][name]
        _check_collection_options(name, entry)
        if entry["settings"] != ["monolingual"] and not entry["parallel"]:
            raise InputError(
                f"config: collections.{name}.settings: {', '.join(entry['settings'])} need a parallel collection; "
                "without parallel questions only monolingual can be judged"
            )
        if "cross-lingual" in entry["settings"] and len(entry["languages"]) < 2:
            raise InputError(
                f"config: collections.{name}.settings: cross-lingual needs two languages, but languages are "
                f"{', '.join(entry['languages'])} alone; leave it out"
            )
        for lang in entry["shards"]:
            if lang not in entry["languages"] or entry["merged"]:
                reason = "all languages are one part (merged)" if entry["merged"] else f"{lang!r} is not in languages"
                raise InputError(f"config: collections.{name}.shards: {reason}; remove it")
        for lang in entry.get("missing_passages", {}):
            if lang not in entry["languages"] or entry["parallel"]:
                reason = "a parallel collection ranks every relevant passage"
                reason = reason if entry["parallel"] else f"{lang!r} is not in languages"
                raise InputError(f"config: collections.{name}.missing_passages: {reason}; remove it")
        if entry.get("ignore_identical_ids") and (entry["parallel"] or entry.get("dataset") == "miracl"):
            what = "a parallel collection" if entry["parallel"] else "MIRACL"
            raise InputError(
                f"config: collections.{name}.ignore_identical_ids: a query and a passage of {what} that have the same "
                "id have nothing to do with each other; remove it"
            )
        if entry["format"] in ("xquad-r", "mlqa-r") and "candidate" not in entry:
            raise InputError(
                f"config: collections.{name}.candidate: is missing; choose sentence or sentence-in-paragraph"
            )
        if _needs_data_root(entry) and config["data_root"] is None:
            raise InputError(
                f"config: data_root: is null, but collections.{name} reads files; name the folder they lie in"
            )


def _check_collection_options(name: str, entry: dict[str, Any]) -> None:
    known = COLLECTION_OPTIONS.get(entry["format"], set())
    for option in sorted(set().union(*COLLECTION_OPTIONS.values())):
        for key in (option, f"{option}_hub"):
            if key in entry and option not in known:
                raise InputError(
                    f"config: collections.{name}.{key}: is no option of format {entry['format']}; leave it out"
                )
    subsets = [entry.get("subsets", {}).get(lang, lang) for lang in entry["languages"]]
    alike = entry["format"] in ("beir", "toolret") or len(set(subsets)) < len(subsets)
    if entry["format"] == "squad" and "{lang}" not in entry.get("files", ""):
        alike = True
    if len(entry["languages"]) > 1 and alike:
        raise InputError(
            f"config: collections.{name}.languages: {', '.join(entry['languages'])} would read the same files; "
            "make a collection of one language each"
        )
    words = re.findall(r"[a-z0-9]+", entry["pool"].lower())
    if entry["pool"] != "full" and not all(word in name.lower() for word in words):
        raise InputError(
            f"config: collections.{name}.pool: is {entry['pool']!r}, which the collection's name must say, as every "
            f"result shows the name: call it, for example, {name}-{'-'.join(words)}"
        )


def _check_metrics(config: Config) -> None:
    for metric in config["metrics"]:
        cutoff = int(metric.partition("@")[2] or 0)
        if cutoff > config["search"]["depth"]:
            raise InputError(
                f"config: metrics: {metric} looks beyond the {config['search']['depth']} hits that search keeps; "
                "raise search.depth"
            )


def _check_report(config: Config, table: Mapping[str, Language]) -> None:
    report = config["report"]
    if report["collection"] not in config["experiment"]["collections"]:
        raise InputError(
            f"config: report.collection: {report['collection']!r} is not among experiment.collections; "
            f"{_instead(report['collection'], config['experiment']['collections'])}"
        )
    collection = config["collections"][report["collection"]]
    if report["setting"] not in collection["settings"]:
        raise InputError(
            f"config: report.setting: {report['setting']!r} is not a setting of collections.{report['collection']} "
            f"({', '.join(collection['settings'])})"
        )
    if report["metric"] not in config["metrics"]:
        raise InputError(
            f"config: report.metric: {report['metric']!r} is not among metrics ({', '.join(config['metrics'])})"
        )
    groups = language_groups(config, report["collection"], table)
    if report["group"] not in groups:
        raise InputError(
            f"config: report.group: {report['group']!r} has no language in collections.{report['collection']} "
            f"(it has {', '.join(collection['languages'])}); groups there: {', '.join(groups)}"
        )
    _check_compared(config, report["compare"])


def _check_compared(config: Config, compared: dict[str, Any]) -> None:
    strategies = config["experiment"]["strategies"]
    if compared["strategy"] not in strategies:
        raise InputError(
            f"config: report.compare.strategy: {compared['strategy']!r} is not among experiment.strategies; "
            f"{_instead(compared['strategy'], strategies)}"
        )
    for name in compared["baselines"]:
        if name == compared["strategy"]:
            raise InputError(
                f"config: report.compare.baselines: {name!r} is the strategy that is compared; leave it out"
            )
        if name == BM25.strategy and not config["experiment"]["lexical_baseline"]:
            raise InputError(
                f"config: report.compare.baselines: {name!r} is not searched; set experiment.lexical_baseline to true"
            )
        if name not in (*strategies, BM25.strategy):
            raise InputError(
                f"config: report.compare.baselines: {name!r} is not among experiment.strategies; "
                f"{_instead(name, strategies)}"
            )


def _instead(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]}?" if close else f"choose from {', '.join(known)}"
