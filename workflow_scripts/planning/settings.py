"""What each rule is told of the config: one canonical JSON string of just the keys that decide its output.

Snakemake compares params as a set of values without names, so each rule gets one string
with its keys inside; labels and colours are in none but those of tables, plots and report.
"""

import json
from collections.abc import Mapping
from typing import Any

from workflow_scripts.data.languages import Language
from workflow_scripts.planning.data_files import collection_options
from workflow_scripts.planning.language_groups import language_groups
from workflow_scripts.planning.replicates import pretraining_seed, replicates
from workflow_scripts.planning.runs import Config, all_runs, alphas, costly_jobs, is_trained
from workflow_scripts.planning.sampling_units import article_ends
from workflow_scripts.planning.translation import GLOSSARY, translation_jobs, translator

_ENCODER_KEYS = (
    "pooling",
    "query_prefix",
    "passage_prefix",
    "max_query_length",
    "max_passage_length",
)
_LEARNING_KEYS = ("learning_rate", "processes", "sharded", "lora")
# What decides a faiss index, which may take hours to make, and what a search does with it.
FAISS_BUILDING = ("nlist", "pq_pieces", "pq_bits", "hnsw_links", "ef_construction")
FAISS_SEARCHING = ("margin", "nprobe", "ef_search")


# MTEB's tasks name three of MIRACL's languages by their macrolanguages, and the script of one by another code.
_MTEB_MIRACL = {"ar": "ara-Arab", "fa": "fas-Arab", "ko": "kor-Kore", "sw": "swa-Latn"}


def canonical(value: Any) -> str:
    """Return ``value`` as JSON with sorted keys: equal settings give equal strings, however they were written."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def tokenizer_settings(config: Config) -> str:
    """For ``train_tokenizer``."""
    return canonical(config["pretraining"]["tokenizer"])


def pretrain_settings(config: Config, model: str) -> str:
    """For ``pretrain``: the model's shape and the pre-training section with its seed, the tokenizer's part aside."""
    section = {key: value for key, value in config["pretraining"].items() if key != "tokenizer"}
    section["seed"] = pretraining_seed(config, model)
    shape = {key: value for key, value in config["models"][model]["pretrain"].items() if key != "seed"}
    return canonical({"model": {"pretrain": shape}, "pretraining": section})


def finetune_settings(config: Config, model: str, strategy: str) -> str:
    """For ``finetune``: how the model reads text and learns, the strategy, and what of the training section decides it.

    Checkpoints and recomputed layers decide no weight, nor does the one rate of a model with ``learning_rates``.
    """
    chosen = config["models"][model]
    keys = [key for key in _LEARNING_KEYS if not (key == "learning_rate" and "learning_rates" in chosen)]
    entry = {**_encoder_entry(config, model), **{key: chosen[key] for key in keys if key in chosen}}
    point = {key: value for key, value in config["strategies"][strategy].items() if key != "label"}
    training = {key: value for key, value in config["training"].items() if key != "checkpoint_every"}
    return canonical({"model": entry, "strategy": point, "training": training})


def codeswitch_settings(config: Config, strategy: str) -> str:
    """For ``codeswitch``: how the strategy's texts are switched; which lexicons it reads, its inputs say."""
    entry = config["strategies"][strategy]["codeswitch"]
    return canonical({key: entry[key] for key in ("mode", "share", "sides", "seed")})


def induction_settings(config: Config, lexicon: str) -> str:
    """For ``induce_lexicon``: which tables are parallel, and which entries are kept."""
    entry = config["lexicons"][lexicon]
    return canonical({key: entry[key] for key in ("parallel", "min_count", "min_weight")})


def encode_settings(config: Config, model: str) -> str:
    """For ``encode``: how the model reads text, and the encoding section."""
    entry = _encoder_entry(config, model)
    if "max_norm" in config["models"][model]:
        # Vectors as they are, made into unit vectors of the same order.
        entry |= {"normalise": False, "max_norm": config["models"][model]["max_norm"]}
    return canonical({"model": entry, "encoding": config["encoding"]})


def compare_translations_settings(config: Config, model: str) -> str:
    """For ``compare_translations``: how the encoder reads text, to unit vectors, and its arithmetic."""
    encoding = {key: config["encoding"][key] for key in ("batch_tokens", "dtype")}
    return canonical({"model": _encoder_entry(config, model), "encoding": encoding})


def pair_settings(config: Config, source: str) -> str:
    """For ``prepare_pairs``: what of the source is read."""
    entry = config["sources"][source]
    return canonical({key: entry[key] for key in ("examples", "negatives", "seed", "files", "columns") if key in entry})


def collection_settings(config: Config, collection: str, lang: str, table: Mapping[str, Language]) -> str:
    """For ``prepare_collection``: the collection's options, and how many rows a language has and lacks, if known."""
    settings: dict[str, Any] = {"options": collection_options(config, collection)}
    if missing := config["collections"][collection].get("missing_passages", {}).get(lang):
        settings["missing_passages"] = missing
    if whole_datasets(config).get(collection) == "miracl":
        row = table[lang]
        sizes = {
            "queries": row.miracl_dev_queries,
            "judgements": row.miracl_dev_judgements,
            "passages": row.miracl_passages,
        }
        settings["sizes"] = {what: number for what, number in sizes.items() if number is not None}
    return canonical(settings)


def whole_datasets(config: Config) -> dict[str, str]:
    """Return the dataset of each chosen collection that is one with published facts, searched in its whole pool."""
    entries = {name: config["collections"][name] for name in config["experiment"]["collections"]}
    return {name: entry["dataset"] for name, entry in entries.items() if "dataset" in entry and _is_whole(entry)}


def _is_whole(entry: dict[str, Any]) -> bool:
    # Where sizes may be any, it may be a sample.
    return entry["pool"] == "full" and entry["sizes"] == "published"


def translate_settings(config: Config, lang: str) -> str:
    """For ``translate``: the engine's name and the thresholds of the filters that are asked."""
    section = config["translation"]
    thresholds = {
        key: value
        for key, value in section["quality"].items()
        if key != "similarity_model" and not (key in ("min_language", "min_round_trip") and value == 0)
    }
    chosen = {"engine": section["engine"], "quality": thresholds}
    return canonical(chosen if section["engine"] == GLOSSARY else {**chosen, "model": translator(config, lang)})


def translate_shard_settings(config: Config, name: str) -> str:
    """For ``translate_shard``: how the model ``name`` of ``translators`` is run; no threshold."""
    keys = ("engine", "precision", "beam", "batch_tokens", "segment_tokens", "output_ratio", "shards")
    chosen = {key: config["translation"][key] for key in keys}
    return canonical({**chosen, "family": config["translators"][name]["family"]})


def convert_translator_settings(config: Config, name: str) -> str:
    """For ``convert_translator``."""
    entry = config["translators"][name]
    return canonical({"family": entry["family"], "precision": config["translation"]["precision"]})


def _encoder_entry(config: Config, model: str) -> dict[str, Any]:
    # Exact search rests on unit vectors, so normalisation is no choice of the config.
    return {"normalise": True, **{key: config["models"][model][key] for key in _ENCODER_KEYS}}


def index_settings(config: Config) -> str:
    """For ``index``: its kind, and where faiss makes it, what of faiss's parameters decides the file."""
    return canonical(_index_section(config, FAISS_BUILDING))


def search_settings(config: Config, collection: str) -> str:
    """For ``search`` and ``measure_recall``: the kind of index and how it is looked through, what is asked and kept."""
    return canonical({**_index_section(config, FAISS_SEARCHING), **_asked_of_search(config, collection)})


def lexical_search_settings(config: Config, collection: str) -> str:
    """For ``search_bm25``: what is asked and kept; no vectors, so no kind of index."""
    return canonical(_asked_of_search(config, collection))


def _index_section(config: Config, keys: tuple[str, ...]) -> dict[str, Any]:
    search = config["search"]
    if search["kind"] == "exact":
        return {"kind": search["kind"]}
    return {"kind": search["kind"], "faiss": {key: search["faiss"][key] for key in keys}}


def _asked_of_search(config: Config, collection: str) -> dict[str, Any]:
    entry = config["collections"][collection]
    return {"depth": config["search"]["depth"], "settings": entry["settings"], "parallel": entry["parallel"]}


def score_settings(config: Config, collection: str) -> str:
    """For ``score`` and ``export_run``."""
    entry = config["collections"][collection]
    settings = {"settings": entry["settings"], "parallel": entry["parallel"], "metrics": config["metrics"]}
    return canonical(settings | ({"ignore_identical_ids": True} if entry.get("ignore_identical_ids") else {}))


def mteb_settings(config: Config, collection: str, table: Mapping[str, Language]) -> str:
    """For ``export_mteb``: the task's name in MTEB, where it is one of its tasks, its split, and of each language
    MTEB's code and the subset that holds it.
    """
    entry = config["collections"][collection]
    tasks = {"hard negatives": "MIRACLRetrievalHardNegatives"} | (
        {"full": "MIRACLRetrieval"} if _is_whole(entry) else {}
    )
    is_miracl = entry.get("dataset") == "miracl"
    codes = {lang: table[lang].nllb_code.replace("_", "-") for lang in entry["languages"]}
    if is_miracl:
        codes |= {lang: code for lang, code in _MTEB_MIRACL.items() if lang in codes}
    subsets = {lang: entry.get("subsets", {}).get(lang, lang) or "default" for lang in entry["languages"]}
    if entry["format"] == "beir":  # a layout of one language, which MTEB's tasks do not name
        subsets = dict.fromkeys(subsets, "default")
    return canonical(
        {
            "task": tasks.get(entry["pool"], collection) if is_miracl else collection,
            "split": entry.get("split", "test") if entry["format"] in ("beir", "mteb") else "dev",
            "languages": codes,
            "subsets": subsets,
        }
    )


def models_settings(config: Config) -> str:
    """For ``count_parameters``: the chosen models with label and family, which stand in the verdict's sentences."""
    chosen = config["experiment"]["models"]
    return canonical({model: {key: config["models"][model][key] for key in ("label", "family")} for model in chosen})


def card_settings(config: Config) -> str:
    """For ``write_model_cards``: labels, what models were before fine-tuning, what decides the licences of sources."""
    chosen = config["experiment"]
    bases: dict[str, dict[str, str]] = {}
    for name in chosen["models"]:
        entry = config["models"][name]
        if "hub" in entry:
            bases[name] = {"hub": entry["hub"], "revision": entry["revision"]}
        else:
            bases[name] = {"made": "pre-trained by the experiment itself" if "pretrain" in entry else "a local folder"}
    return canonical(
        {
            "experiment": chosen["name"],
            "models": {name: config["models"][name]["label"] for name in chosen["models"]},
            "strategies": {name: config["strategies"][name]["label"] for name in chosen["strategies"]},
            "bases": bases,
            "sources": {
                name: {key: config["sources"][name][key] for key in ("format", "licence")} for name in chosen["sources"]
            },
        }
    )


def analysis_settings(config: Config, table: Mapping[str, Language]) -> str:
    """For ``aggregate``, ``compare`` and ``fit_scaling``: groups, statistics and what is compared; no label."""
    report = {key: value for key, value in config["report"].items() if key != "title"}
    return canonical({**_design(config, table), "statistics": config["statistics"], "report": report})


def cost_settings(config: Config) -> str:
    """For ``sum_costs``: which jobs there are, and which models are further pre-trainings of which."""
    return canonical({"jobs": costly_jobs(config), "replicates": replicates(config)})


def replicate_settings(config: Config) -> str:
    """For ``aggregate_recalls``: which models are further pre-trainings of which."""
    return canonical({"replicates": replicates(config)})


def published_settings(config: Config) -> str:
    """For ``compare_published``: collections that others have published values of, and what they call our models."""
    chosen = config["experiment"]
    named = {name: config["models"][name].get("published_as") for name in chosen["models"]}
    return canonical(
        {
            "datasets": whole_datasets(config),
            "published_as": {name: system for name, system in named.items() if system},
            "untuned": [name for name in chosen["strategies"] if not is_trained(config, name)],
        }
    )


def display_settings(config: Config, table: Mapping[str, Language], names: dict[str, str]) -> str:
    """For tables, plots and the report: as for the analysis, with labels and the languages' English names."""
    labels = {
        section: {name: config[section][name]["label"] for name in config["experiment"][section]}
        for section in ("models", "strategies")
    }
    return canonical(
        {
            **_design(config, table),
            "statistics": config["statistics"],
            "report": config["report"],
            "alphas": alphas(config),
            "labels": labels,
            "languages": names,
        }
    )


def report_settings(config: Config, table: Mapping[str, Language], names: dict[str, str]) -> str:
    """For the report page: what it displays, which jobs there are, and the whole resolved config to print."""
    return canonical(
        {
            **json.loads(display_settings(config, table, names)),
            "jobs": {**translation_jobs(config), **costly_jobs(config)},
            "config": config,
        }
    )


def _design(config: Config, table: Mapping[str, Language]) -> dict[str, Any]:
    chosen = config["experiment"]
    further = replicates(config)
    ends = article_ends(config)
    return {
        **({"replicates": further} if further else {}),
        "collections": {
            name: {
                "languages": config["collections"][name]["languages"],
                "settings": config["collections"][name]["settings"],
                "parallel": config["collections"][name]["parallel"],
                "groups": language_groups(config, name, table),
                **({"article_ends": ends[name]} if name in ends else {}),
            }
            for name in chosen["collections"]
        },
        "metrics": config["metrics"],
        "models": [name for name in chosen["models"] if name not in further],
        "strategies": chosen["strategies"],
        "families": {name: config["models"][name]["family"] for name in chosen["models"]},
        "runs": [run.path for run in all_runs(config)],
    }
