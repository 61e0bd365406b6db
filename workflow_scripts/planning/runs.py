"""What an experiment consists of: runs, parts, languages. Pure functions of the resolved config."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Config = dict[str, Any]

UNTUNED_SEED = 0  # a model as it is has no training seed


@dataclass(frozen=True, order=True)
class Run:
    """One system whose hits are scored: model × strategy × seed."""

    model: str
    strategy: str
    seed: int

    @property
    def path(self) -> str:
        """The run's place below ``hits/``, ``scores/`` and their like."""
        return f"{self.model}/{self.strategy}/{self.seed}"


BM25 = Run("bm25", "bm25", UNTUNED_SEED)


def alphas(config: Config) -> dict[str, float]:
    """The chosen strategies that differ in alpha alone: those that fine-tune on all languages."""
    chosen = {name: config["strategies"][name] for name in config["experiment"]["strategies"]}
    return {name: entry["alpha"] for name, entry in chosen.items() if "alpha" in entry and not entry.get("languages")}


def is_trained(config: Config, strategy: str) -> bool:
    """Whether a strategy fine-tunes: it has an alpha."""
    return "alpha" in config["strategies"][strategy]


def dense_runs(config: Config) -> list[Run]:
    """Every run that encodes, in the config's order of models, strategies and seeds."""
    chosen = config["experiment"]
    return [
        Run(model, strategy, seed)
        for model in chosen["models"]
        for strategy in chosen["strategies"]
        for seed in (chosen["seeds"] if is_trained(config, strategy) else [UNTUNED_SEED])
    ]


def trained_runs(config: Config) -> list[Run]:
    """Every run that fine-tunes."""
    return [run for run in dense_runs(config) if is_trained(config, run.strategy)]


def all_runs(config: Config) -> list[Run]:
    """Every run, BM25 first where the experiment asks for it."""
    return ([BM25] if config["experiment"]["lexical_baseline"] else []) + dense_runs(config)


def held_out_source(config: Config) -> str | None:
    """The source whose pairs are all held out of training, if one is."""
    return config["training"].get("held_out", {}).get("source")


def pair_sources(config: Config) -> list[str]:
    """The sources whose pairs are read: those that train, then the one that is held out."""
    held_out = held_out_source(config)
    return config["experiment"]["sources"] + ([] if held_out is None else [held_out])


def lexicon_text_sources(config: Config) -> list[str]:
    """The sources whose texts lexicons of the chosen strategies are induced from, each once, whether they train or not.

    The config may be one whose names are not yet checked, and without defaults.
    """
    switching = (
        config.get("strategies", {}).get(name, {}).get("codeswitch", {}) for name in config["experiment"]["strategies"]
    )
    lexicons = (config.get("lexicons", {}).get(name, {}) for entry in switching for name in entry.get("lexicons", []))
    induced = (entry for entry in lexicons if entry.get("parallel", "texts") == "texts")
    return list(dict.fromkeys(name for entry in induced for name in entry.get("sources", [])))


def costly_jobs(config: Config) -> dict[str, list[list[str]]]:
    """Return the jobs whose cost is shown, by rule: lists of which every choice of one each, joined by ``/``, is a job.

    There may be ten thousand, whose names are too long for a command.
    """
    chosen, dense = config["experiment"], [run.path for run in dense_runs(config)]

    tries = [
        f"{model}/{strategy}/{rate:g}"
        for model in chosen["models"]
        for strategy in chosen["strategies"]
        if is_trained(config, strategy)
        for rate in config["models"][model].get("learning_rates", [])
    ]

    def parts_of(named: Callable[[Config, str], Iterable[str]]) -> list[str]:
        return [f"{collection}/{part}" for collection in chosen["collections"] for part in named(config, collection)]

    return {
        "pretrain": [[model for model in chosen["models"] if "pretrain" in config["models"][model]]],
        "try_learning_rate": [tries],
        "finetune": [[run.path for run in trained_runs(config)]],
        "encode": [dense, parts_of(encoding_parts)],
        "search": [dense, parts_of(parts)],
        "score": [[run.path for run in all_runs(config)], list(chosen["collections"])],
    }


def pair_languages(config: Config, source: str) -> list[str]:
    """The languages of a source's training pairs: its own, then those that are translated, sorted."""
    entry = config["sources"][source]
    return [*entry["pairs"], *sorted(entry["translate"])]


def training_languages(config: Config, strategy: str | None = None) -> list[str]:
    """The languages that a strategy trains on (all pairs' languages where it names none), sorted."""
    available = {lang for source in config["experiment"]["sources"] for lang in pair_languages(config, source)}
    named = config["strategies"][strategy].get("languages") if strategy else None
    return sorted(available if named is None else available & set(named))


def trained_languages(config: Config) -> list[str]:
    """The languages that any chosen strategy trains on, sorted; none where nothing is fine-tuned."""
    chosen = config["experiment"]["strategies"]
    return sorted({lang for name in chosen if is_trained(config, name) for lang in training_languages(config, name)})


def prepared_languages(config: Config, source: str) -> list[str]:
    """The languages of a source's own pairs that train, with English where translations of it do."""
    entry, needed = config["sources"][source], set(trained_languages(config))
    if needed & entry["translate"].keys():
        needed.add("en")
    return [lang for lang in entry["pairs"] if lang in needed]


def overlap_languages(config: Config, strategy: str) -> list[str]:
    """The languages whose overlaps a strategy leaves out: of all that trains in the experiment, and its own, sorted.

    A pair goes in every language for every strategy, so that they are compared on the same pairs. Languages that
    nothing trains on do not count: what evaluates them decides no training.
    """
    return sorted({*trained_languages(config), *training_languages(config, strategy)})


def text_languages(config: Config) -> list[str]:
    """The languages whose plain text pre-training reads, sorted; none where no model is pre-trained here."""
    if not any("pretrain" in config["models"][model] for model in config["experiment"]["models"]):
        return []
    return sorted({lang for source in config["experiment"]["sources"] for lang in config["sources"][source]["texts"]})


@dataclass(frozen=True)
class EncodingPart:
    """What one encoding job does: languages, and which of ``shards`` of their passages; the first has the queries."""

    languages: list[str]
    shard: int = 0
    shards: int = 1


def encoding_parts(config: Config, collection: str) -> dict[str, EncodingPart]:
    """The encoding jobs of a collection by name: its search parts, large languages in shards (``en-00``, ``en-01``, …).

    Names in order are the shards in order.
    """
    shards = config["collections"][collection]["shards"]
    found = {}
    for part, languages in parts(config, collection).items():
        count = shards.get(part, 1)
        width = len(str(count - 1))
        for shard in range(count):
            name = part if count == 1 else f"{part}-{shard:0{width}}"
            found[name] = EncodingPart(languages, shard, count)
    return found


def shards_of(config: Config, collection: str, part: str) -> list[str]:
    """Return the encoding parts of a search part, in order: itself, or its shards."""
    languages = parts(config, collection)[part]
    return [name for name, encoded in encoding_parts(config, collection).items() if encoded.languages == languages]


def indexes(config: Config, collection: str) -> dict[str, list[str]]:
    """Return the indexes of a collection by name, each with the encoding parts that it is over.

    An exact index is a manifest of seconds, so one lies over all shards of a search part; faiss's take hours of a large
    language, so each encoding part has one.
    """
    if config["search"]["kind"] == "exact":
        return {part: shards_of(config, collection, part) for part in parts(config, collection)}
    return {name: [name] for name in encoding_parts(config, collection)}


def searched_indexes(config: Config, collection: str, part: str) -> list[str]:
    """Return the indexes that the search of a part reads: its own where languages are searched in themselves alone."""
    if config["collections"][collection]["settings"] != ["monolingual"]:
        return list(indexes(config, collection))
    own = set(shards_of(config, collection, part))
    return [name for name, over in indexes(config, collection).items() if own.issuperset(over)]


def parts(config: Config, collection: str) -> dict[str, list[str]]:
    """What one search job does: part name → the languages of its passages, in the config's order."""
    languages = config["collections"][collection]["languages"]
    if config["collections"][collection]["merged"]:
        return {"all": list(languages)}
    return {lang: [lang] for lang in languages}
