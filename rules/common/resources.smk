# What jobs ask for: GPUs, memory, time, disk and threads, from the sizes of what they work on.


def starting_memory():
    """What a job on a node holds beside its own: the Snakemake processes that start it."""
    return 0 if workflow.local_exec else job_resources.SNAKEMAKE_MB


def model_threads(wildcards):
    return job_resources.threads(config["models"][wildcards.model])


def model_gpus(wildcards):
    return job_resources.gpus(config["models"][wildcards.model])


def training_threads(wildcards):
    return job_resources.training_threads(config["models"][wildcards.model])


def training_gpus(wildcards):
    return job_resources.training_gpus(config["models"][wildcards.model])


def training_memory(wildcards, attempt):
    strategy = config["strategies"][wildcards.strategy]
    return starting_memory() + attempt * job_resources.training_memory_mb(
        config["models"][wildcards.model],
        pretraining_vocabulary(),
        job_resources.pairs_memory(
            training_counts(wildcards.strategy), strategy["alpha"], config["training"]
        ),
    )


def training_counts(strategy):
    """Of each source that a strategy reads how many pairs every language has, and how many hard negatives all of these."""
    trained = runs.training_languages(config, strategy)
    for source in runs.pair_sources(config):
        pairs = {
            lang: counted_pairs(source, lang)
            for lang in runs.pair_languages(config, source)
            if lang in trained
        }
        yield list(pairs.values()), sum(
            number * sizes.hard_negatives(config, source, lang)
            for lang, number in pairs.items()
        )


def pretraining_memory(wildcards, attempt):
    tokens = sum(
        sizes.text_count(config, Path(made("")), source, lang, text_lengths())
        * text_lengths().of("texts", config["sources"][source], lang).passage
        for source in config["experiment"]["sources"]
        for lang in config["sources"][source]["texts"]
    )
    return starting_memory() + attempt * job_resources.training_memory_mb(
        config["models"][wildcards.model],
        pretraining_vocabulary(),
        job_resources.TEXT_TOKEN_BYTES * tokens,
    )


def training_gpu_memory(wildcards):
    settings = config["training"]
    return job_resources.training_gpu_memory_gb(
        config["models"][wildcards.model],
        pretraining_vocabulary(),
        settings["chunk_tokens"],
        settings["dtype"],
    )


def pretraining_gpu_memory(wildcards):
    model = config["models"][wildcards.model]
    return job_resources.pretraining_gpu_memory_gb(model, config["pretraining"])


# There may be thousands of jobs, and each asks.
@cache
def gpu_memory_of_encoding(model):
    return job_resources.encoding_gpu_memory_gb(
        config["models"][model],
        pretraining_vocabulary(),
        config["encoding"]["batch_tokens"],
    )


def encoding_gpu_memory(wildcards):
    return gpu_memory_of_encoding(wildcards.model)


def recomputes_layers(wildcards):
    return int(config["models"][wildcards.model]["gradient_checkpointing"])


def training_nodes(wildcards):
    return config["models"][wildcards.model]["nodes"]


def on_several_machines(value):
    """A resource of models that train on several machines: `value` of a model's entry; others do not have it."""

    def resource_of_model(wildcards):
        model = config["models"][wildcards.model]
        return value(model) if model["nodes"] > 1 else None

    return resource_of_model


def is_on_several_machines(model):
    return config["models"][model]["nodes"] > 1


# What Slurm has to be asked for beside `nodes`: a task on each, which the job itself starts (`mpi`: training/launch.py),
# and as many GPUs on each. Nothing where no model asks for it: `slurm_extra` of a profile would be written over.
SEVERAL_MACHINES = (
    {
        "mpi": on_several_machines(lambda model: "srun"),
        "tasks": on_several_machines(lambda model: model["nodes"]),
        "tasks_per_gpu": on_several_machines(lambda model: 0),
        "slurm_extra": on_several_machines(job_resources.gpus_of_each_node),
    }
    if any(map(is_on_several_machines, config["experiment"]["models"]))
    else {}
)


def training_time(wildcards, attempt):
    model = config["models"][wildcards.model]
    return attempt * job_resources.training_minutes(model, config["training"])


def pretraining_time(wildcards, attempt):
    model = config["models"][wildcards.model]
    return attempt * job_resources.pretraining_minutes(model, config["pretraining"])


def encoding_memory(wildcards, attempt):
    model = config["models"][wildcards.model]
    return starting_memory() + attempt * job_resources.encoding_memory_mb(
        model, pretraining_vocabulary()
    )


@cache
def published_size(collection, lang):
    facts = Path(resource("collection_sizes.csv"))
    return sizes.published_size(config, collection, lang, LANGUAGES, facts)


@cache
def passages_of_part(collection, name):
    part = encoding_parts(collection)[name]
    passages = sum(published_size(collection, lang).passages for lang in part.languages)
    return passages / part.shards


def part_passages(wildcards):
    """How many passages an encoding part has, as published."""
    return passages_of_part(wildcards.collection, wildcards.part)


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
    threads = search_threads(wildcards)
    return attempt * job_resources.searching_minutes(model, comparisons, threads)


def search_threads(wildcards):
    return job_resources.search_threads(config["collections"][wildcards.collection])


@cache
def held_passages(collection, part):
    """How many passages' ids a search job holds: all of the collection where it ranks relevant ones in the whole pool."""
    entry = config["collections"][collection]
    pooled = entry["parallel"] and "multilingual" in entry["settings"]
    languages = entry["languages"] if pooled else runs.parts(config, collection)[part]
    return sum(published_size(collection, lang).passages for lang in languages)


def exact_search_memory(wildcards, attempt):
    passages = held_passages(wildcards.collection, wildcards.part)
    return starting_memory() + attempt * job_resources.search_memory_mb(
        config["search"], passages
    )


def lexical_search_memory(wildcards, attempt):
    passages = held_passages(wildcards.collection, wildcards.part)
    return starting_memory() + attempt * job_resources.lexical_memory_mb(
        config["search"], passages
    )


def lexical_search_time(wildcards, attempt):
    passages = held_passages(wildcards.collection, wildcards.part)
    return attempt * job_resources.text_minutes(passages)


def pretraining_vocabulary():
    return config["pretraining"]["tokenizer"]["vocabulary"]


def training_disk(wildcards):
    model = config["models"][wildcards.model]
    return job_resources.training_disk_mb(model, pretraining_vocabulary())


def model_disk(wildcards):
    model = config["models"][wildcards.model]
    return job_resources.model_disk_mb(model, pretraining_vocabulary())


def collection_disk(wildcards):
    passages = published_size(wildcards.collection, wildcards.lang).passages
    return job_resources.collection_disk_mb(passages)


def tokens_disk(wildcards):
    _, longest = token_arrays.longest_texts(wildcards.form)
    return job_resources.tokens_disk_mb(part_passages(wildcards), longest)


def fetched_disk(wildcards):
    """A bound where the files are a collection's of known size."""
    manifest = "{}/{}/{}/.fetched/{}.json".format(config["downloads"], *wildcards)
    known = [
        published_size(*place)
        for place in FETCHED_LANGUAGES.get(FILE_SETS[manifest], ())
    ]
    if not known or not all(size.known for size in known):
        return job_resources.fetched_disk_mb(None)
    return job_resources.fetched_disk_mb(sum(size.passages for size in known))


@cache
def text_lengths():
    return TextLengths.read(Path(resource("text_lengths.csv")))


def counted_pairs(source, lang):
    """How many pairs a source gives in a language: as prepared, else as known; a job is asked when it is to start."""
    return sizes.pair_count(config, Path(made("")), source, lang, text_lengths())


def planned_pairs(source):
    """How many pairs a source gives in a language, as the config has it."""
    return config["sources"][source].get("examples") or sizes.ASSUMED_PAIRS


def compared_texts(wildcards):
    """How many texts of a language training has, and how many evaluation, as the config and published sizes have it."""
    lang = wildcards.lang
    training = {
        "pairs": sum(
            planned_pairs(source) * (2 + sizes.hard_negatives(config, source, lang))
            for source in runs.pair_sources(config)
            if lang in runs.pair_languages(config, source)
        ),
        "texts": sizes.ASSUMED_TEXTS * len(text_tables([lang])),
    }
    evaluation = [
        published_size(name, lang)
        for name in config["experiment"]["collections"]
        if lang in config["collections"][name]["languages"]
    ]
    return training[wildcards.kind], sum(
        size.queries + size.passages for size in evaluation
    )


def decontamination_memory(wildcards, attempt):
    return starting_memory() + attempt * job_resources.decontamination_memory_mb(
        *compared_texts(wildcards)
    )


def decontamination_time(wildcards, attempt):
    return attempt * job_resources.decontamination_minutes(*compared_texts(wildcards))


def pairs_disk(wildcards):
    negatives = sizes.hard_negatives(config, wildcards.source, wildcards.lang)
    return job_resources.pairs_disk_mb(planned_pairs(wildcards.source), negatives)


def judging_memory(wildcards, attempt):
    pairs = counted_pairs(wildcards.source, "en")
    return starting_memory() + attempt * job_resources.judging_memory_mb(pairs)


def judging_time(wildcards, attempt):
    return attempt * job_resources.judging_minutes(
        counted_pairs(wildcards.source, wildcards.lang)
    )


def shard_disk(wildcards):
    """Text of one shard of a source's pairs, translated."""
    return job_resources.pairs_disk_mb(
        planned_pairs(wildcards.source) / config["translation"]["shards"], negatives=0
    )


def pair_tokens_memory(wildcards, attempt):
    source, lang = token_arrays.source_of_table(wildcards.table)
    return starting_memory() + attempt * job_resources.pair_tokens_memory_mb(
        counted_pairs(source, lang), sizes.hard_negatives(config, source, lang)
    )


def pair_tokens_time(wildcards, attempt):
    source, lang = token_arrays.source_of_table(wildcards.table)
    texts = 2 + sizes.hard_negatives(config, source, lang)
    return attempt * job_resources.text_minutes(counted_pairs(source, lang) * texts)


def pair_tokens_disk(wildcards):
    source, lang = token_arrays.source_of_table(wildcards.table)
    return job_resources.pair_tokens_disk_mb(
        planned_pairs(source),
        token_arrays.longest_texts(wildcards.form),
        sizes.hard_negatives(config, source, lang),
    )


def encoding_disk(wildcards):
    model = config["models"][wildcards.model]
    return job_resources.encoding_disk_mb(model, part_passages(wildcards))


def index_disk(wildcards):
    shards = indexed_shards(wildcards.collection)[wildcards.part]
    passages = sum(passages_of_part(wildcards.collection, name) for name in shards)
    model = config["models"][wildcards.model]
    return job_resources.index_disk_mb(config["search"], model, passages)


def hits_disk(wildcards):
    rows = job_costs.hit_rows(
        config, published_size, wildcards.collection, wildcards.part
    )
    return job_resources.hits_disk_mb(rows)


def trec_disk(wildcards):
    """Hits of all parts, and those of the pool once more."""
    name = wildcards.collection
    rows = [
        job_costs.hit_rows(config, published_size, name, part)
        for part in runs.parts(config, name)
    ]
    pooled = "multilingual" in config["collections"][name]["settings"]
    return job_resources.trec_disk_mb(sum(rows) + (max(rows) if pooled else 0))


def index_memory(wildcards, attempt):
    if not FAISS_FOLDERS:
        return starting_memory() + attempt * job_resources.EXACT_INDEX_MEMORY_MB
    width = job_resources.vector_width(config["models"][wildcards.model])
    rows = indexed_rows(wildcards, [wildcards.part], width)
    return starting_memory() + attempt * job_resources.faiss_memory_mb(
        config["search"], width, rows
    )


def indexed_rows(wildcards, shards, width):
    """How many passages encoding parts have: by the size of their matrices once these are there, else as published."""
    run = f"{wildcards.model}/{wildcards.strategy}/{wildcards.seed}"
    folder = Path(made(f"vectors/{run}/{wildcards.collection}"))
    matrices = [folder / name / "passages.npy" for name in shards]
    if all(path.is_file() for path in matrices):
        size = sum(path.stat().st_size for path in matrices)
        return size / (job_resources.COMPONENT_BYTES * width)
    return sum(passages_of_part(wildcards.collection, name) for name in shards)


def index_time(wildcards, attempt):
    """faiss makes an index of each language of one encoding part."""
    passages = []
    if FAISS_FOLDERS:
        part = encoding_part(wildcards)
        passages = [
            published_size(wildcards.collection, lang).passages / part.shards
            for lang in part.languages
        ]
    model = config["models"][wildcards.model]
    return attempt * job_resources.indexing_minutes(config["search"], model, passages)


def search_memory(wildcards, attempt):
    """Its budget, and the faiss indexes of its part whole."""
    if not FAISS_FOLDERS:
        return exact_search_memory(wildcards, attempt)
    width = job_resources.vector_width(config["models"][wildcards.model])
    shards = runs.shards_of(config, wildcards.collection, wildcards.part)
    held = job_resources.faiss_search_mb(
        config["search"], width, indexed_rows(wildcards, shards, width)
    )
    return exact_search_memory(wildcards, attempt) + attempt * held
