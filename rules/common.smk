# The checked config, and one input function a need. Every other file of rules reads these.

import os
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# Jobs call `python -m workflow_scripts.<rule>`, from whatever folder Snakemake works in.
sys.path.insert(0, workflow.basedir)
os.environ.update(
    PYTHONPATH=os.pathsep.join(
        filter(None, [workflow.basedir, os.getenv("PYTHONPATH")])
    )
)

from workflow_scripts.data import layouts
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.languages import read_languages
from workflow_scripts.data.translation_languages import read_translation_languages
from workflow_scripts.planning import (
    data_files,
    job_costs,
    job_resources,
    lexicons,
    runs,
    sizes,
    token_arrays,
    translation,
)
from workflow_scripts.planning import settings as section
from workflow_scripts.planning.config import resolve_config
from workflow_scripts.planning.config_files import check_repeated_keys
from workflow_scripts.planning.earlier_jobs import still_queued
from workflow_scripts.planning.fingerprint import FingerprintCache, code_fingerprint

try:
    for config_file in workflow.configfiles:
        check_repeated_keys(config_file)
    LANGUAGES = read_languages(Path(workflow.basedir, "resources/languages.csv"))
    config = resolve_config(config, LANGUAGES)
    data_files.check_data_files(config)
    lexicons.check_lexicon_files(config, LANGUAGES)
    translation.check_translation(
        config,
        read_translation_languages(
            Path(workflow.basedir, "resources/translation_languages.csv")
        ),
    )
except InputError as error:
    raise WorkflowError(str(error)) from None

# What is fetched from the hub, by the path of its manifest.
FILE_SETS = {
    str(files.manifest(config["downloads"])): files
    for files in data_files.all_file_sets(config)
}

# Beside Snakemake's own records of what it knows.
FINGERPRINTS = FingerprintCache.read(Path(".snakemake/code_fingerprints.json"))


wildcard_constraints:
    kind="pairs|texts",
    source=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    collection=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    lexicon=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    model=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    strategy=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    seed=r"[0-9]+",
    part=r"[a-z]+(-[0-9]+)?",
    vocabulary=rf"{token_arrays.PRETRAINED}|family-[A-Za-z0-9][A-Za-z0-9._-]*",
    table=r"[a-z]+/[^/]+/[^/]+",
    form=r"q[0-9]+-p[0-9]+(-[0-9a-f]{8})?",
    lang=r"[a-z]{2,3}",
    hub=r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+",
    revision=r"[0-9a-f]{40}",
    files=r"[A-Za-z0-9._-]+",


def stop_where_earlier_jobs_go_on():
    """Two jobs must not write the same files: one that a killed Snakemake left in the queue, and its successor."""
    known = {
        job_id
        for job in workflow.dag.jobs
        for job_id in workflow.persistence.external_jobids(job)
    }
    if jobs := still_queued(known):
        names = " ".join(jobs)
        raise WorkflowError(
            f"jobs of an earlier Snakemake process are in Slurm's queue: wait until they end, or scancel {names}"
        )


def resource(path):
    """A file that ships with the workflow."""
    return os.path.join(workflow.basedir, "resources", path)


def made(path):
    """A path below the experiment's results, for params; inputs and outputs write <results>."""
    return workflow.pathvars.apply(f"<results>/{path}")


def logged(path):
    """A path below the experiment's logs, for params."""
    return workflow.pathvars.apply(f"<logs>/{path}")


def code(rule_name):
    """A digest for each file that an entry module imports."""
    return code_fingerprint(rule_name, known=FINGERPRINTS)


# --- Files of sources and collections.


def root_of(kind, name):
    """The folder of a source's or collection's files; the generated ones lie among the results."""
    if config[kind][name]["format"] == data_files.GENERATED:
        return made("sources/atlas")
    return data_files.data_folder(config, kind, name)


def source_root(wildcards):
    return root_of("sources", wildcards.source)


def collection_root(wildcards):
    return root_of("collections", wildcards.collection)


def source_format(wildcards):
    return config["sources"][wildcards.source]["format"]


def collection_format(wildcards):
    return config["collections"][wildcards.collection]["format"]


def source_pair_files(wildcards):
    files = layouts.pair_files(
        source_format(wildcards),
        source_root(wildcards),
        wildcards.lang,
        config["sources"][wildcards.source].get("files"),
    )
    return data_files.local_files(config, files) + fetched_pairs(wildcards)


def pair_options(wildcards):
    return section.pair_settings(config, wildcards.source)


def source_text_files(wildcards):
    files = layouts.text_files(
        source_format(wildcards), source_root(wildcards), wildcards.lang
    )
    return data_files.local_files(config, files) + fetched_texts(wildcards)


def collection_source_files(wildcards):
    parts = layouts.collection_files(
        collection_format(wildcards),
        collection_root(wildcards),
        wildcards.lang,
        data_files.collection_options(config, wildcards.collection),
    )
    files = [path for part in parts for path in part]
    return data_files.local_files(config, files) + fetched_collection(wildcards)


def fetched_pairs(wildcards):
    """Manifests of the pairs' files that come from the hub; one manifest stands for all files of its set."""
    sets = data_files.source_file_sets(
        config, wildcards.source, "pairs", wildcards.lang
    )
    return data_files.manifests(config, sets)


def fetched_texts(wildcards):
    sets = data_files.source_file_sets(
        config, wildcards.source, "texts", wildcards.lang
    )
    return data_files.manifests(config, sets)


def fetched_collection(wildcards):
    sets = data_files.collection_file_sets(config, wildcards.collection, wildcards.lang)
    return data_files.manifests(config, sets)


def everything_fetched(wildcards):
    """What comes from the hub: data and models."""
    return list(FILE_SETS) + [base_files(model) for model in hub_models()]


def patterns_of_files(wildcards, output):
    return FILE_SETS[output[0]].patterns


def collection_options(wildcards):
    return section.collection_settings(
        config, wildcards.collection, wildcards.lang, LANGUAGES
    )


def known_passages(wildcards):
    """How many passages a language of MIRACL has; 0 where nobody knows before they are read."""
    if config["collections"][wildcards.collection].get("dataset") != "miracl":
        return 0
    return LANGUAGES[wildcards.lang].miracl_passages or 0


def collection_threads(wildcards):
    return job_resources.collection_threads(known_passages(wildcards))


def collection_memory(wildcards, attempt):
    return attempt * job_resources.collection_memory_mb(known_passages(wildcards))


def collection_state(wildcards):
    return made(f".partial/collections/{wildcards.collection}/{wildcards.lang}")


def collection_folder(wildcards):
    return made(f"collections/{wildcards.collection}")


def atlas_templates(wildcards):
    names = ["entities", *sorted({"en", wildcards.lang})]
    return [resource(f"atlas/{name}.yaml") for name in names]


def glossary(wildcards):
    if translation.is_neural(config):
        return []
    entry = config["sources"][wildcards.source]
    if entry["format"] == "atlas":
        return f"<results>/sources/atlas/glossary/{wildcards.lang}.tsv"
    return os.path.join(config["data_root"], entry["glossary"], f"{wildcards.lang}.tsv")


# --- Pairs and texts, and what of them evaluation text contains.


def pair_table(source, lang):
    origin = "prepared" if lang in config["sources"][source]["pairs"] else "translated"
    return f"<results>/pairs/{origin}/{source}/{lang}.parquet"


def pair_tables(languages):
    return [
        pair_table(source, lang)
        for source in config["experiment"]["sources"]
        for lang in runs.pair_languages(config, source)
        if lang in languages
    ]


def text_tables(languages):
    return [
        f"<results>/texts/{source}/{lang}.parquet"
        for source in config["experiment"]["sources"]
        for lang in config["sources"][source]["texts"]
        if lang in languages
    ]


def training_text_in_language(wildcards):
    tables = {"pairs": pair_tables, "texts": text_tables}[wildcards.kind]
    return tables([wildcards.lang])


def evaluation_in_language(wildcards):
    return [
        f"<results>/collections/{name}/{wildcards.lang}/{table}.parquet"
        for name in config["experiment"]["collections"]
        if wildcards.lang in config["collections"][name]["languages"]
        for table in ("queries", "passages")
    ]


def evaluation_flags(wildcards):
    return [
        f"{name}={made(f'collections/{name}/{wildcards.lang}')}"
        for name in config["experiment"]["collections"]
        if wildcards.lang in config["collections"][name]["languages"]
    ]


def translated_share(wildcards):
    return config["sources"][wildcards.source]["translate"][wildcards.lang]


def training_pairs(wildcards):
    if "codeswitch" in config["strategies"][wildcards.strategy]:
        return [
            f"<results>/pairs/codeswitched/{wildcards.strategy}/{source}.parquet"
            for source in lexicons.switched_sources(config)
        ]
    return pair_tables(runs.training_languages(config, wildcards.strategy))


def training_overlaps(wildcards):
    return expand(
        "<results>/overlaps/pairs/{lang}.parquet",
        lang=runs.training_languages(config, wildcards.strategy),
    )


def pretraining_texts(wildcards):
    return text_tables(runs.text_languages(config))


def pretraining_overlaps(wildcards):
    return expand(
        "<results>/overlaps/texts/{lang}.parquet", lang=runs.text_languages(config)
    )


def overlap_reports(wildcards):
    return expand(
        "<results>/overlaps/pairs/{lang}.csv", lang=runs.training_languages(config)
    ) + expand("<results>/overlaps/texts/{lang}.csv", lang=runs.text_languages(config))


def translation_yields(wildcards):
    return [
        f"<results>/pairs/translated/{source}/{lang}.yield.csv"
        for source in config["experiment"]["sources"]
        for lang in config["sources"][source]["translate"]
    ]


# --- Lexicons and code-switching.


def lexicon_source_file(wildcards):
    if lexicon_format(wildcards) == data_files.GENERATED:
        return "<results>/sources/atlas/glossary/{lang}.tsv"
    return lexicons.lexicon_path(config, wildcards.lexicon, wildcards.lang, LANGUAGES)


def lexicons_made(induced):
    """A wildcard constraint: the lexicons that are induced, or those that are read."""
    return one_of(
        name
        for name, entry in config["lexicons"].items()
        if (entry["format"] == lexicons.INDUCED) == induced
    )


def parallel_tables(wildcards, lang):
    kind = config["lexicons"][wildcards.lexicon]["parallel"]
    sources = lexicons.parallel_sources(config, wildcards.lexicon, wildcards.lang)
    if kind == "texts":
        return [f"<results>/texts/{source}/{lang}.parquet" for source in sources]
    return [pair_table(source, lang) for source in sources]


def parallel_english(wildcards):
    return parallel_tables(wildcards, "en")


def parallel_other(wildcards):
    return parallel_tables(wildcards, wildcards.lang)


def induction_settings(wildcards):
    return section.induction_settings(config, wildcards.lexicon)


def lexicon_format(wildcards):
    return config["lexicons"][wildcards.lexicon]["format"]


def lexicon_tables(names):
    return [
        f"<results>/lexicons/{name}/{lang}.parquet"
        for name in names
        for lang in config["lexicons"][name]["languages"]
    ]


def switching_lexicons(wildcards):
    return lexicon_tables(
        config["strategies"][wildcards.strategy]["codeswitch"]["lexicons"]
    )


def lexicons_in_use(wildcards):
    return lexicon_tables(lexicons.lexicons_in_use(config))


def switched_pairs(wildcards):
    return [pair_table(source, "en") for source in lexicons.switched_sources(config)]


def lexicon_coverage(wildcards):
    """For the report; nothing where no strategy switches codes."""
    found = lexicons.lexicons_in_use(config)
    return ["<results>/tables/lexicon_coverage.csv"] if found else []


def switching_rates(wildcards):
    return expand(
        "<results>/pairs/codeswitched/{strategy}/{source}.rates.csv",
        strategy=lexicons.switching_strategies(config),
        source=lexicons.switched_sources(config),
    )


def lexicon_flags(wildcards, input):
    return [f"{Path(path).stem}={path}" for path in input.lexicons]


def english_pairs(wildcards):
    return pair_table(wildcards.source, "en")


def codeswitch_settings(wildcards):
    return section.codeswitch_settings(config, wildcards.strategy)


# --- Models.


def base_folder(model):
    entry = config["models"][model]
    return entry["folder"] if "folder" in entry else made(f"base/{model}")


def base_files(model):
    """The files that stand for a base model: its manifest, or the config of a folder that has none."""
    marker = "config.json" if "folder" in config["models"][model] else "manifest.json"
    return f"{base_folder(model)}/{marker}"


def base_model(wildcards):
    return base_files(wildcards.model)


def base_folders(wildcards):
    return [base_folder(model) for model in config["experiment"]["models"]]


def base_models(wildcards):
    return [base_files(model) for model in config["experiment"]["models"]]


def trained_model(wildcards):
    """The checkpoint of a run; the base model where its strategy does not train."""
    if runs.is_trained(config, wildcards.strategy):
        return "<results>/models/{model}/{strategy}/{seed}/manifest.json"
    return base_files(wildcards.model)


def models_of_kind(kind):
    return [
        model
        for model in config["experiment"]["models"]
        if kind in config["models"][model]
    ]


def hub_models():
    return [
        model
        for model in token_arrays.models_read(config)
        if "hub" in config["models"][model]
    ]


def one_of(names):
    """A wildcard constraint: one of the names, or nothing at all where there are none."""
    return "|".join(re.escape(name) for name in names) or "(?!)"


def hub_repository(wildcards):
    return config["models"][wildcards.model]["hub"]


def hub_revision(wildcards):
    return config["models"][wildcards.model]["revision"]


def hub_tokenizer(wildcards):
    """The flag that names the repository of a model's tokenizer, where it is not the model's own."""
    # Translators are fetched by the same rule; they have no entry among the models.
    entry = config["models"].get(wildcards.get("model"), {}).get("tokenizer")
    return f" --tokenizer {entry['hub']} {entry['revision']}" if entry else ""


def pretrain_settings(wildcards):
    return section.pretrain_settings(config, wildcards.model)


def finetune_settings(wildcards):
    return section.finetune_settings(config, wildcards.model, wildcards.strategy)


def encode_settings(wildcards):
    return section.encode_settings(config, wildcards.model)


def pretrain_state(wildcards):
    return made(f".partial/base/{wildcards.model}")


def encode_state(wildcards):
    return made(
        f".partial/vectors/{wildcards.model}/{wildcards.strategy}/{wildcards.seed}"
        f"/{wildcards.collection}/{wildcards.part}"
    )


def finetune_state(wildcards):
    return made(
        f".partial/models/{wildcards.model}/{wildcards.strategy}/{wildcards.seed}"
    )


def pretrain_events(wildcards):
    return logged(f"tensorboard/base/{wildcards.model}")


def finetune_events(wildcards):
    return logged(
        f"tensorboard/{wildcards.model}/{wildcards.strategy}/{wildcards.seed}"
    )


def model_threads(wildcards):
    return job_resources.threads(config["models"][wildcards.model])


def model_gpus(wildcards):
    return job_resources.gpus(config["models"][wildcards.model])


def learning_rate_tries(wildcards):
    """What the run's learning rate is chosen by; nothing where the model has one rate."""
    return [
        f"<results>/learning_rates/{wildcards.model}/{wildcards.strategy}/{rate:g}.json"
        for rate in config["models"][wildcards.model].get("learning_rates", [])
    ]


def learning_rate_state(wildcards):
    return made(
        f".partial/learning_rates/{wildcards.model}/{wildcards.strategy}/{wildcards.rate}"
    )


def learning_rate_events(wildcards):
    return logged(
        f"tensorboard/{wildcards.model}/{wildcards.strategy}/rate-{wildcards.rate}"
    )


def training_threads(wildcards):
    return job_resources.training_threads(config["models"][wildcards.model])


def training_gpus(wildcards):
    return job_resources.training_gpus(config["models"][wildcards.model])


def training_memory(wildcards, attempt):
    return attempt * job_resources.training_memory_mb(config["models"][wildcards.model])


def training_time(wildcards, attempt):
    model = config["models"][wildcards.model]
    return attempt * job_resources.training_minutes(model, config["training"])


def pretraining_time(wildcards, attempt):
    model = config["models"][wildcards.model]
    return attempt * job_resources.pretraining_minutes(model, config["pretraining"])


def encoding_memory(wildcards, attempt):
    return attempt * job_resources.encoding_memory_mb(config["models"][wildcards.model])


def published_size(collection, lang):
    facts = Path(resource("collection_sizes.csv"))
    return sizes.published_size(config, collection, lang, LANGUAGES, facts)


def part_passages(wildcards):
    """How many passages an encoding part has, as published."""
    part = runs.encoding_parts(config, wildcards.collection)[wildcards.part]
    return (
        sum(
            published_size(wildcards.collection, lang).passages
            for lang in part.languages
        )
        / part.shards
    )


def encoding_time(wildcards, attempt):
    model = config["models"][wildcards.model]
    return attempt * job_resources.encoding_minutes(model, part_passages(wildcards))


def tokenizing_time(wildcards, attempt):
    return attempt * job_resources.text_minutes(part_passages(wildcards))


def collection_time(wildcards, attempt):
    passages = published_size(wildcards.collection, wildcards.lang).passages
    return attempt * job_resources.text_minutes(passages)


def search_time(wildcards, attempt):
    model = config["models"][wildcards.model]
    comparisons = job_costs.compared(
        config, published_size, wildcards.collection, wildcards.part
    )
    return attempt * job_resources.searching_minutes(model, comparisons)


def search_threads(wildcards):
    return job_resources.search_threads(config["collections"][wildcards.collection])


def exact_search_memory(wildcards, attempt):
    return attempt * job_resources.search_memory_mb(config["search"])


def search_memory(wildcards, input, attempt):
    """Its budget, and a faiss index whole."""
    if not FAISS_FOLDERS:
        return exact_search_memory(wildcards, attempt)
    return exact_search_memory(wildcards, attempt) + index_memory(
        wildcards, input, attempt
    )


def index_memory(wildcards, input, attempt):
    if not FAISS_FOLDERS:
        return attempt * job_resources.EXACT_INDEX_MEMORY_MB
    return attempt * job_resources.faiss_memory_mb(input.size_mb)


# --- Token arrays.

COLLECTION_TOKENS = [
    f"{kind}.{name}"
    for kind in ("queries", "passages")
    for name in ("ids.npy", "offsets.npy", "parquet")
]
PAIR_TOKENS = [
    *(
        f"{kind}.{name}.npy"
        for kind in ("queries", "passages")
        for name in ("ids", "offsets", "rows")
    ),
    "negatives.offsets.npy",
    "negatives.rows.npy",
]


def vocabulary_tokenizer(wildcards):
    """The file that says how a vocabulary's token arrays are made."""
    if wildcards.vocabulary == token_arrays.PRETRAINED:
        return "<results>/tokenizer/tokenizer.json"
    model = token_arrays.tokenizer_model(config, wildcards.vocabulary)
    if "folder" in config["models"][model]:
        return f"{base_folder(model)}/tokenizer.json"
    return base_files(model)


def tokenize_threads(wildcards):
    return job_resources.tokenizing_threads(config["collections"][wildcards.collection])


def token_settings(wildcards):
    return token_arrays.token_settings(config, wildcards.form)


def tokens_of(model):
    """The place of a model's token arrays."""
    vocabulary = token_arrays.vocabulary(config, model)
    return f"tokens/{vocabulary}/{token_arrays.text_form(config, model)}"


def training_token_names(wildcards):
    """The place of the token arrays of each of a run's tables of pairs, in the order of the tables."""
    return [
        f"{tokens_of(wildcards.model)}/{table.removeprefix('<results>/').removesuffix('.parquet')}"
        for table in training_pairs(wildcards)
    ]


def training_tokens(wildcards):
    return expand(
        "<results>/{folder}/{file}",
        folder=training_token_names(wildcards),
        file=[*PAIR_TOKENS, "manifest.json"],
    )


def training_token_folders(wildcards):
    return [made(name) for name in training_token_names(wildcards)]


def part_token_name(wildcards):
    return f"{tokens_of(wildcards.model)}/collections/{wildcards.collection}/{wildcards.part}"


def part_tokens(wildcards):
    folder = part_token_name(wildcards)
    return [f"<results>/{folder}/{file}" for file in COLLECTION_TOKENS]


def part_tokens_manifest(wildcards):
    return f"<results>/{part_token_name(wildcards)}/manifest.json"


# --- Collections, hits and scores.


def encoding_part(wildcards):
    return runs.encoding_parts(config, wildcards.collection)[wildcards.part]


def encoding_part_languages(wildcards):
    return encoding_part(wildcards).languages


def encoding_part_shard(wildcards):
    """Which of how many shards; one string, since Snakemake compares params as a set."""
    part = encoding_part(wildcards)
    return f"{part.shard} {part.shards}"


def encoding_part_tables(wildcards):
    return expand(
        "<results>/collections/{collection}/{lang}/{table}.parquet",
        collection=wildcards.collection,
        lang=encoding_part_languages(wildcards),
        table=["queries", "passages"],
    )


def collection_tables(wildcards):
    return expand(
        "<results>/collections/{collection}/{lang}/{table}.parquet",
        collection=wildcards.collection,
        lang=config["collections"][wildcards.collection]["languages"],
        table=["queries", "passages"],
    )


def collection_qrels(wildcards):
    return expand(
        "<results>/collections/{collection}/{lang}/qrels.parquet",
        collection=wildcards.collection,
        lang=config["collections"][wildcards.collection]["languages"],
    )


def collection_passages(wildcards):
    return expand(
        "<results>/collections/{collection}/{lang}/passages.parquet",
        collection=wildcards.collection,
        lang=config["collections"][wildcards.collection]["languages"],
    )


def searched_parts(wildcards):
    return runs.searched_parts(config, wildcards.collection, wildcards.part)


def indexes(wildcards):
    return expand(
        "<results>/index/{{model}}/{{strategy}}/{{seed}}/{{collection}}/{part}.json",
        part=searched_parts(wildcards),
    )


# Kinds of index that are faiss's have a folder beside the manifest.
FAISS_FOLDERS = (
    []
    if config["search"]["kind"] == "exact"
    else [
        directory("<results>/index/{model}/{strategy}/{seed}/{collection}/{part}.faiss")
    ]
)


def faiss_folders(wildcards):
    if not FAISS_FOLDERS:
        return []
    return [path.replace(".json", ".faiss") for path in indexes(wildcards)]


def index_recalls(wildcards):
    """What an approximate index loses, for each part; an exact one loses nothing."""
    if not FAISS_FOLDERS:
        return []
    return [
        f"<results>/recall/{run.path}/{collection}/{part}.csv"
        for run in runs.dense_runs(config)
        for collection in config["experiment"]["collections"]
        for part in runs.parts(config, collection)
    ]


def vectors(wildcards):
    return expand(
        "<results>/vectors/{{model}}/{{strategy}}/{{seed}}/{{collection}}/{part}/{file}",
        part=searched_parts(wildcards),
        file=["queries.npy", "passages.npy", "queries.parquet", "passages.parquet"],
    )


def hits(wildcards):
    return expand(
        "<results>/hits/{{model}}/{{strategy}}/{{seed}}/{{collection}}/{part}.parquet",
        part=runs.parts(config, wildcards.collection),
    )


def gold_ranks(wildcards):
    return expand(
        "<results>/hits/{{model}}/{{strategy}}/{{seed}}/{{collection}}/{part}.gold.parquet",
        part=runs.parts(config, wildcards.collection),
    )


def search_settings(wildcards):
    return section.search_settings(config, wildcards.collection)


def score_settings(wildcards):
    return section.score_settings(config, wildcards.collection)


def collection_languages(wildcards):
    return config["collections"][wildcards.collection]["languages"]


def qrels_flags(wildcards, input):
    return [f"{Path(path).parent.name}={path}" for path in input.qrels]


def passages_flags(wildcards, input):
    return [f"{Path(path).parent.name}={path}" for path in input.passages]


def all_scores(wildcards):
    return expand(
        "<results>/scores/{run}/{collection}.parquet",
        run=[run.path for run in runs.all_runs(config)],
        collection=config["experiment"]["collections"],
    )


def all_bias(wildcards):
    return expand(
        "<results>/scores/{run}/{collection}.bias.parquet",
        run=[run.path for run in runs.all_runs(config)],
        collection=config["experiment"]["collections"],
    )


def mteb_settings(wildcards):
    return section.mteb_settings(config, wildcards.collection, LANGUAGES)


def every_mteb_file(wildcards):
    """MTEB's retrieval tasks are monolingual: collections that are not searched so have no file."""
    return expand(
        "<results>/mteb/{run}/{collection}.json",
        run=[run.path for run in runs.all_runs(config)],
        collection=[
            name
            for name in config["experiment"]["collections"]
            if "monolingual" in config["collections"][name]["settings"]
        ],
    )


def every_trec_folder(wildcards):
    return expand(
        "<results>/runs/{run}/{collection}",
        run=[run.path for run in runs.all_runs(config)],
        collection=config["experiment"]["collections"],
    )


def trained_run_files(name):
    return [f"<results>/models/{run.path}/{name}" for run in runs.trained_runs(config)]


def all_model_cards(wildcards):
    return trained_run_files("README.md")


def model_folders(wildcards, input):
    return [str(Path(path).parent) for path in input.manifests]


def all_metrics(wildcards):
    return trained_run_files("metrics.jsonl")


def all_batches(wildcards):
    return trained_run_files("batches.json")


def all_manifests(wildcards):
    return trained_run_files("manifest.json")


# --- Settings of the analysis.


def language_names():
    return {code: language.name for code, language in LANGUAGES.items()}


def analysis(wildcards):
    return section.analysis_settings(config, LANGUAGES)


def display(wildcards):
    return section.display_settings(config, LANGUAGES, language_names())


def whole_config(wildcards):
    return section.report_settings(config, LANGUAGES, language_names())


# --- What the experiment has to show. A plot whose subject the experiment lacks is left out.


def collection_plots(collection):
    """The figures that each collection has for itself, by the settings it is searched in."""
    settings = config["collections"][collection]["settings"]
    figures = {"heatmap": "cross-lingual", "language_bias": "multilingual"}
    names = [name for name, needed in figures.items() if needed in settings]
    if len(set(runs.alphas(config).values())) > 1:
        names.append("alpha")
    return [f"{collection}/{name}" for name in names]


def plot_names():
    names = ["scaling", "languages", "comparisons"]
    for collection in config["experiment"]["collections"]:
        names += collection_plots(collection)
    if runs.trained_runs(config):
        names += ["training", "batches"]
    if runs.dense_runs(config):
        names.append("cost")
    if translation_yields(None):
        names.append("translation_yield")
    return names


def every_plot(wildcards):
    return expand(
        "<results>/plots/{name}.{form}", name=plot_names(), form=["svg", "png", "pdf"]
    )


def every_svg(wildcards):
    return expand("<results>/plots/{name}.svg", name=plot_names())


def every_table(wildcards):
    return expand(
        "<results>/tables/{collection}.{form}",
        collection=config["experiment"]["collections"],
        form=["csv", "md", "tex"],
    )


def report_tables(wildcards):
    return expand(
        "<results>/tables/{name}.csv",
        name=[
            "per_language",
            "per_group",
            "bias",
            "comparisons",
            "scaling",
            "models",
            "published",
            *(["costs"] if runs.dense_runs(config) else []),
        ],
    )


def figure_flags(wildcards, input):
    """Figures by their place below plots/: `scaling`, `<collection>/heatmap`."""
    return [
        f"{Path(path).relative_to(made('plots')).with_suffix('')}={path}"
        for path in input.figures
    ]


def table_flags(wildcards, input):
    return [f"{Path(path).stem}={path}" for path in input.tables]


def expected_values(wildcards):
    """Values that this experiment should give, where somebody has written them down."""
    name = config["experiment"]["name"]
    return os.path.join(workflow.basedir, "expected", f"{name}.yaml")


def published_results(wildcards):
    """Published reference lines belong to MIRACL alone."""
    name = config["report"]["collection"]
    is_miracl = section.whole_datasets(config).get(name) == "miracl"
    return resource("published_results.csv") if is_miracl else []


def dropped_rows(wildcards):
    sources = [
        f"<results>/{kind}/{name}/{lang}.dropped.csv"
        for name in config["experiment"]["sources"]
        for kind, languages in (
            ("pairs/prepared", config["sources"][name]["pairs"]),
            (
                "texts",
                config["sources"][name]["texts"] if runs.text_languages(config) else [],
            ),
        )
        for lang in languages
    ]
    collections = [
        f"<results>/collections/{name}/{lang}/dropped.csv"
        for name in config["experiment"]["collections"]
        for lang in config["collections"][name]["languages"]
    ]
    return sources + collections


def benchmarks_of_jobs(wildcards):
    """What the costly jobs took, one file a job."""
    encoded, searched = (
        [
            f"{run.path}/{collection}/{part}"
            for run in runs.dense_runs(config)
            for collection in config["experiment"]["collections"]
            for part in parts(config, collection)
        ]
        for parts in (runs.encoding_parts, runs.parts)
    )
    scored = [
        f"{run.path}/{collection}"
        for run in runs.all_runs(config)
        for collection in config["experiment"]["collections"]
    ]
    jobs = {
        "pretrain": models_of_kind("pretrain"),
        "finetune": [run.path for run in runs.trained_runs(config)],
        "encode": encoded,
        "search": searched,
        "score": scored,
    }
    return [
        f"<benchmarks>/{stage}/{job}.tsv"
        for stage, names in jobs.items()
        for job in names
    ]


def manifests_of_jobs(wildcards):
    """Manifests of the same jobs, which name the device; a local folder need not have one."""
    bases = [
        base_files(model)
        for model in config["experiment"]["models"]
        if "pretrain" in config["models"][model]
    ]
    encoded = [
        f"<results>/vectors/{run.path}/{collection}/{part}/manifest.json"
        for run in runs.dense_runs(config)
        for collection in config["experiment"]["collections"]
        for part in runs.encoding_parts(config, collection)
    ]
    return bases + all_manifests(wildcards) + encoded
