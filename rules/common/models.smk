# Models.


def base_folder(model):
    entry = config["models"][model]
    return entry["folder"] if "folder" in entry else made(f"base/{model}")


def base_files(model):
    """The files that stand for a base model: its manifest, or the config of a folder that has none."""
    marker = "config.json" if "folder" in config["models"][model] else "manifest.json"
    return f"{base_folder(model)}/{marker}"


@cache
def folder_weights(model):
    """The weights of a folder that no manifest speaks for: its config stays the same when they change."""
    entry = config["models"][model]
    if "folder" not in entry:
        return []
    return sorted(map(str, Path(entry["folder"]).glob("*.safetensors")))


def base_weights(wildcards):
    return folder_weights(wildcards.model)


def base_model(wildcards):
    return base_files(wildcards.model)


def base_folders(wildcards):
    return [base_folder(model) for model in config["experiment"]["models"]]


def base_models(wildcards):
    models = config["experiment"]["models"]
    return [
        path for model in models for path in (base_files(model), *folder_weights(model))
    ]


def trained_model(wildcards):
    """The checkpoint of a run; the base model where its strategy does not train."""
    if runs.is_trained(config, wildcards.strategy):
        return "<results>/models/{model}/{strategy}/{seed}/manifest.json"
    return base_files(wildcards.model)


def trained_weights(wildcards):
    """Those beside `trained_model` that its file does not stand for."""
    trained = runs.is_trained(config, wildcards.strategy)
    return [] if trained else base_weights(wildcards)


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
    part = os.path.join(wildcards.collection, wildcards.part)
    run = f"{wildcards.model}/{wildcards.strategy}/{wildcards.seed}"
    return made(f".partial/vectors/{run}/{part}")


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
