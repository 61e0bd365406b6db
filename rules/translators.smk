# Which model translates what, and into how many shards: the input functions of translation's rules.

TAGS = resource("translation_languages.csv")


def fetched_translators():
    return [
        name
        for name in translation.translators(config)
        if "hub" in config["translators"][name]
    ]


def translator_repository(wildcards):
    return config["translators"][wildcards.translator]["hub"]


def translator_revision(wildcards):
    return config["translators"][wildcards.translator]["revision"]


def translator_marker(name):
    """The file that stands for a translator's folder: its manifest, or the config of a folder that has none."""
    entry = config["translators"][name]
    if "folder" in entry:
        return f"{entry['folder']}/config.json"
    return f"<results>/translators/{name}/manifest.json"


@cache
def translator_contents(name):
    """What is read of a folder that no manifest speaks for: its config stays the same when weights change."""
    entry = config["translators"][name]
    if "folder" not in entry:
        return []
    read = (
        "*.safetensors",
        "*.json",
        "*.model",
        "*.spm",
    )  # weights, settings, tokenizers
    return sorted(
        str(path) for pattern in read for path in Path(entry["folder"]).glob(pattern)
    )


def converted_marker(name):
    """The file that stands for the translator as CTranslate2 reads it; nothing where another engine runs it."""
    if config["translation"]["engine"] != "ctranslate2":
        return []
    return f"<results>/translators/{name}.ct2/manifest.json"


def translator_files(wildcards):
    return translator_marker(wildcards.translator)


def converted_contents(wildcards):
    return translator_contents(wildcards.translator)


def conversion_memory(wildcards, attempt):
    entry = config["translators"][wildcards.translator]
    return starting_memory() + attempt * job_resources.translation_memory_mb(entry)


def translator_disk(wildcards):
    return job_resources.translator_disk_mb(config["translators"][wildcards.translator])


def convert_translator_settings(wildcards):
    return section.convert_translator_settings(config, wildcards.translator)


# --- From English.


def translator_of(wildcards):
    return translation.translator(config, wildcards.lang)


def translator_model(wildcards):
    return translator_marker(translator_of(wildcards))


def translating_contents(wildcards):
    return translator_contents(translator_of(wildcards))


def translator_converted(wildcards):
    return converted_marker(translator_of(wildcards))


def translator_settings(wildcards):
    return section.translate_shard_settings(config, translator_of(wildcards))


def translator_threads(wildcards):
    entry = config["translators"][translator_of(wildcards)]
    return job_resources.translator_threads(entry)


def translator_gpus(wildcards):
    return job_resources.translator_gpus(
        config["translators"][translator_of(wildcards)]
    )


def translator_memory(wildcards, attempt):
    entry = config["translators"][translator_of(wildcards)]
    return starting_memory() + attempt * job_resources.translation_memory_mb(entry)


def translator_gpu_memory(wildcards):
    return job_resources.translation_gpu_memory_gb(
        config["translators"][translator_of(wildcards)], config["translation"]
    )


def shard_pairs(wildcards):
    """How many pairs a shard has, as the config has it."""
    drawn = planned_pairs(wildcards.source) * translated_share(wildcards)
    return drawn / config["translation"]["shards"]


def translation_time(translator, wildcards):
    return job_resources.translation_minutes(
        config["translators"][translator],
        shard_pairs(wildcards),
        config["translation"]["beam"],
    )


def translator_time(wildcards, attempt):
    return attempt * translation_time(translator_of(wildcards), wildcards)


def from_english(wildcards):
    return ["en", wildcards.lang]


def names_of_languages(wildcards):
    """What the translator may call the two languages: all that a job takes from the table of such names."""
    return names_to(translator_of(wildcards), wildcards.lang)


def names_to(translator, lang):
    family = config["translators"][translator]["family"]
    return section.canonical(
        [TRANSLATION_LANGUAGES[code][family] for code in ("en", lang)]
    )


def translation_state(wildcards):
    return made(
        f".partial/translations/{wildcards.source}/{wildcards.lang}/{wildcards.shard}"
    )


# --- Back to English.


def back_translator_of(wildcards):
    return translation.back_translator(config, wildcards.lang)


def back_translator_model(wildcards):
    return translator_marker(back_translator_of(wildcards))


def back_translating_contents(wildcards):
    return translator_contents(back_translator_of(wildcards))


def back_translator_converted(wildcards):
    return converted_marker(back_translator_of(wildcards))


def back_translator_settings(wildcards):
    return section.translate_shard_settings(config, back_translator_of(wildcards))


def back_translator_threads(wildcards):
    entry = config["translators"][back_translator_of(wildcards)]
    return job_resources.translator_threads(entry)


def back_translator_gpus(wildcards):
    entry = config["translators"][back_translator_of(wildcards)]
    return job_resources.translator_gpus(entry)


def back_translator_memory(wildcards, attempt):
    entry = config["translators"][back_translator_of(wildcards)]
    return starting_memory() + attempt * job_resources.translation_memory_mb(entry)


def back_translator_gpu_memory(wildcards):
    return job_resources.translation_gpu_memory_gb(
        config["translators"][back_translator_of(wildcards)], config["translation"]
    )


def back_translator_time(wildcards, attempt):
    return attempt * translation_time(back_translator_of(wildcards), wildcards)


def to_english(wildcards):
    return [wildcards.lang, "en"]


def back_names_of_languages(wildcards):
    return names_to(back_translator_of(wildcards), wildcards.lang)


def back_translation_state(wildcards):
    return translation_state(wildcards) + ".back"


# --- What the judge of the translations reads.


def every_shard(path):
    return expand(path, shard=range(config["translation"]["shards"]))


def translation_shards(wildcards):
    if not translation.is_neural(config):
        return []
    return every_shard("<results>/translations/{{source}}/{{lang}}/{shard}.parquet")


def back_translation_shards(wildcards):
    if not translation.makes_round_trip(config):
        return []
    return every_shard(
        "<results>/translations/{{source}}/{{lang}}/{shard}.back.parquet"
    )


def similarity_shards(wildcards):
    if translation.similarity_model(config) is None:
        return []
    return every_shard(
        "<results>/translations/{{source}}/{{lang}}/{shard}.similarity.parquet"
    )


def translate_settings(wildcards):
    return section.translate_settings(config, wildcards.lang)


def comparing_model(wildcards):
    return base_files(translation.similarity_model(config))


def comparing_contents(wildcards):
    """Of a model in a folder of one's own; it reads text itself, not token arrays."""
    model = translation.similarity_model(config)
    weights = folder_weights(model)
    return [*weights, f"{base_folder(model)}/tokenizer.json"] if weights else []


def comparing_settings(wildcards):
    return section.compare_translations_settings(
        config, translation.similarity_model(config)
    )


def comparing_entry():
    return config["models"][translation.similarity_model(config)]


def comparing_threads(wildcards):
    return job_resources.threads(comparing_entry())


def comparing_gpus(wildcards):
    return job_resources.gpus(comparing_entry())


def comparing_gpu_memory(wildcards):
    return gpu_memory_of_encoding(translation.similarity_model(config))


def comparing_time(wildcards, attempt):
    return attempt * job_resources.comparing_minutes(
        comparing_entry(), shard_pairs(wildcards)
    )


def comparing_memory(wildcards, attempt):
    return starting_memory() + attempt * job_resources.encoding_memory_mb(
        comparing_entry(), pretraining_vocabulary()
    )
