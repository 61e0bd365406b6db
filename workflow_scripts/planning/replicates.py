"""Several pre-trainings of one model: models that are one rung of the ladder, and differ in random numbers alone."""

from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.planning.runs import Config

# What another pre-training of a model may have for its own.
_OWN = {"label", "replicate_of", "published_as", "hub", "revision", "folder"}


def replicates(config: Config) -> dict[str, str]:
    """Return the further pre-trainings among the chosen models: model → the rung that it belongs to."""
    entries = {name: config["models"][name] for name in config["experiment"]["models"]}
    return {name: entry["replicate_of"] for name, entry in entries.items() if "replicate_of" in entry}


def pretraining_seed(config: Config, model: str) -> int:
    """Return the seed of a model's pre-training: its own, or the one of all."""
    return config["models"][model]["pretrain"].get("seed", config["pretraining"]["seed"])


def name_replicates(config: Config) -> None:
    """Fill in label and family of every further pre-training: those of its rung, the label with its own name."""
    for name, entry in config["models"].items():
        if rung := config["models"].get(entry.get("replicate_of")):
            entry.setdefault("label", f"{rung.get('label', entry['replicate_of'])} ({name})")
            entry.setdefault("family", rung.get("family", entry["replicate_of"]))


def check_replicates(config: Config) -> None:
    """Raise InputError, one line, on a ``replicate_of`` that is none, and on two pre-trainings with one seed."""
    rungs: dict[str, list[str]] = {name: [name] for name in config["experiment"]["models"]}
    for name, rung in replicates(config).items():
        entry, key = config["models"][name], f"config: models.{name}.replicate_of: {rung!r}"
        if rung not in rungs:
            raise InputError(f"{key} is not among experiment.models; choose it too")
        of = config["models"][rung]
        if "replicate_of" in of:
            raise InputError(f"{key} is itself a replicate; name {of['replicate_of']!r}")
        for part in sorted({*entry, *of} - _OWN):
            if _comparable(entry.get(part)) != _comparable(of.get(part)):
                raise InputError(f"{key} has another {part}; a replicate differs in its random numbers alone")
        rungs[rung].append(name)
    for names in rungs.values():
        first: dict[int, str] = {}
        for name in (name for name in names if "pretrain" in config["models"][name]):
            seed = pretraining_seed(config, name)
            if seed in first:
                raise InputError(
                    f"config: models.{name}.pretrain.seed: {seed} is that of {first[seed]} too; "
                    "another pre-training needs another seed"
                )
            first[seed] = name


def _comparable(value: Any) -> Any:
    """Return a model's key without the seed of its pre-training."""
    return {key: below for key, below in value.items() if key != "seed"} if isinstance(value, dict) else value
