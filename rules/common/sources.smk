# Files of sources and collections.


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


def local_files(kind, name, files):
    return data_files.local_files(config, kind, name, files)


def source_pair_files(wildcards):
    files = layouts.pair_files(
        source_format(wildcards),
        source_root(wildcards),
        wildcards.lang,
        config["sources"][wildcards.source].get("files"),
    )
    return local_files("sources", wildcards.source, files) + fetched_pairs(wildcards)


def pair_options(wildcards):
    return section.pair_settings(config, wildcards.source)


def source_text_files(wildcards):
    files = layouts.text_files(
        source_format(wildcards), source_root(wildcards), wildcards.lang
    )
    return local_files("sources", wildcards.source, files) + fetched_texts(wildcards)


def collection_source_files(wildcards):
    parts = layouts.collection_files(
        collection_format(wildcards),
        collection_root(wildcards),
        wildcards.lang,
        data_files.collection_options(config, wildcards.collection),
    )
    files = [path for part in parts for path in part]
    local = local_files("collections", wildcards.collection, files)
    return local + fetched_collection(wildcards)


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
    """What comes from the hub, as far as `all` needs it: data, models and translators."""
    models = [base_files(model) for model in fetched.read_models(config)]
    translators = [translator_marker(name) for name in fetched.read_translators(config)]
    data = data_files.manifests(config, fetched.read_file_sets(config))
    return data + models + translators


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
    return starting_memory() + attempt * job_resources.collection_memory_mb(
        known_passages(wildcards)
    )


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
