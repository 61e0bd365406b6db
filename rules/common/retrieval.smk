# Collections, hits and scores.


# There may be thousands of jobs, and each asks.
@cache
def encoding_parts(collection):
    return runs.encoding_parts(config, collection)


@cache
def searched_indexes(collection, part):
    return runs.searched_indexes(config, collection, part)


@cache
def indexed_shards(collection):
    return runs.indexes(config, collection)


def encoding_part(wildcards):
    return encoding_parts(wildcards.collection)[wildcards.part]


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


# A folder that has a manifest stands in the plan as its manifest alone, which holds the digests of the other files: tens
# of thousands of files less to look at. So it is the folder that is removed where something of it is to be made again.


def vector_files(encoding_parts, file):
    return expand(
        "<results>/vectors/{{model}}/{{strategy}}/{{seed}}/{{collection}}/{part}/{file}",
        part=encoding_parts,
        file=file,
    )


def indexed_vectors(wildcards):
    shards = indexed_shards(wildcards.collection)[wildcards.part]
    return vector_files(shards, "manifest.json")


def indexed_matrices(wildcards):
    """Where faiss reads them into memory, as much as they take."""
    if not FAISS_FOLDERS:
        return []
    shards = indexed_shards(wildcards.collection)[wildcards.part]
    return vector_files(shards, "passages.npy")


def folders_of_vectors(wildcards, input):
    return [str(Path(path).parent) for path in input.vectors]


def indexes(wildcards):
    return expand(
        "<results>/index/{{model}}/{{strategy}}/{{seed}}/{{collection}}/{part}.json",
        part=searched_indexes(wildcards.collection, wildcards.part),
    )


def searched_vectors(wildcards):
    """What the indexes lie over, so that who removed it and searches again has it made again. Only that it is there
    matters (`ancient`): what it is, the indexes say.
    """
    over = indexed_shards(wildcards.collection)
    names = searched_indexes(wildcards.collection, wildcards.part)
    return vector_files(
        [shard for name in names for shard in over[name]], "manifest.json"
    )


# Kinds of index that are faiss's have a folder beside the manifest.
FAISS_FOLDERS = (
    []
    if config["search"]["kind"] == "exact"
    else [
        directory("<results>/index/{model}/{strategy}/{seed}/{collection}/{part}.faiss")
    ]
)


def faiss_files(wildcards):
    """The indexes that a search holds in memory, and the matrices by which that is measured."""
    if not FAISS_FOLDERS:
        return []
    shards = runs.shards_of(config, wildcards.collection, wildcards.part)
    return vector_files(shards, "passages.npy") + expand(
        "<results>/index/{{model}}/{{strategy}}/{{seed}}/{{collection}}/{part}.faiss",
        part=shards,
    )


def index_recalls(wildcards):
    """What an approximate index loses, for each part; an exact one loses nothing."""
    if not FAISS_FOLDERS:
        return []
    return expand(
        "<results>/recall/{run}/{part}.csv",
        run=[run.path for run in runs.dense_runs(config)],
        part=searched_parts(),
    )


def searched_parts():
    """The parts of all collections, each below its collection's name."""
    return [
        f"{collection}/{part}"
        for collection in config["experiment"]["collections"]
        for part in runs.parts(config, collection)
    ]


def judgements_of_ranks(wildcards):
    """The judgements that a search reads: those of the passages whose ranks in the whole pool are asked for."""
    entry = config["collections"][wildcards.collection]
    if not (entry["parallel"] and "multilingual" in entry["settings"]):
        return []
    return collection_qrels(wildcards)


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


def lexical_search_settings(wildcards):
    return section.lexical_search_settings(config, wildcards.collection)


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


def judgements_of_units(wildcards):
    """The judgements that say which queries are one sampling unit, in collections where a query is not."""
    return [
        f"<results>/collections/{collection}/{lang}/qrels.parquet"
        for collection in article_ends(config)
        for lang in config["collections"][collection]["languages"]
    ]


def unit_flags(wildcards, input):
    return [f"{'/'.join(Path(path).parts[-3:-1])}={path}" for path in input.qrels]


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
