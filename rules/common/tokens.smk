# Token arrays.


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
        "<results>/{folder}/manifest.json", folder=training_token_names(wildcards)
    )


def training_token_folders(wildcards):
    return [made(name) for name in training_token_names(wildcards)]


def part_token_name(wildcards):
    return f"{tokens_of(wildcards.model)}/collections/{wildcards.collection}/{wildcards.part}"


def part_tokens(wildcards):
    return f"<results>/{part_token_name(wildcards)}/manifest.json"
