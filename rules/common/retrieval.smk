# Collections, hits and scores.


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
