"""What a job has to do, counted from the config, and how long that takes at given rates.

A job's time is linear in its work: ``seconds = Σ rate × amount`` over the units of ``resources/rates.csv``. That is
processor time, which a job's threads share evenly, as far as a plan knows; for GPUs and downloads it is the clock's.
The arithmetic of a transformer is 2 operations a non-embedding parameter and token forward, 4 backward (Kaplan et al.,
arXiv 2001.08361, section 2.1).
"""

import csv
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any, ClassVar

from workflow_scripts.data.errors import InputError
from workflow_scripts.planning import runs
from workflow_scripts.planning.job_resources import (
    COMPONENT_BYTES,
    HIT_BYTES,
    ID_BYTES,
    PARAMETER_BYTES,
    TEXT_BYTES,
    TOKEN_BYTES,
    code_bytes,
    non_embedding_parameters,
    total_parameters,
    vector_width,
)
from workflow_scripts.planning.runs import Config, Run
from workflow_scripts.planning.sizes import Size, hard_negatives
from workflow_scripts.planning.text_lengths import COLLECTION, PAIRS, TEXTS, TextLengths
from workflow_scripts.planning.token_arrays import longest_texts, source_of_table
from workflow_scripts.planning.translation import back_translator, translator

UNITS = (
    "job",
    "text",
    "cpu_megatoken",
    "cpu_tflop",
    "gpu_tflop",
    "gigascore",
    "gigaproduct",
    "row",
    "list",
    "slice",
    "draw",
    "megabyte",
)
_OF_A_TRANSFORMER = ("megatoken", "tflop")

_FETCHING = ("fetch_model", "fetch_translator")
COMPRESSION = 2  # of text in Parquet
TOKEN_TEXT_BYTES = 5  # of a token's text in a source's files: 3 in English, up to 6 in Indic scripts
UNIGRAM_PASSES = 15  # times the work of BPE at most: 3 to 4 were measured of English, 9 to 15 of seven languages
_GROUPS = 8  # of languages, in a collection: low-resource ones, those seen in training, scripts
_STAGES_THAT_TELL = 5  # from so many on their median is the processor's, not one stage's
SAMPLED_TEXTS = 10_000  # evaluation texts of a language that decontamination looks at before it starts

Rates = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Job:
    """A job of the plan: ``key`` is unique; ``needs`` are keys of jobs that come before; ``left``: not done yet.

    ``benchmark`` is the file in which Snakemake notes what it took, ``log`` the one that ends with its processor time.
    """

    key: str
    rule: str
    wildcards: Mapping[str, str]
    threads: int
    gpus: int
    memory_mb: int
    disk_mb: int
    left: bool
    needs: tuple[str, ...]
    benchmark: str = ""
    log: str = ""
    gpu_memory_gb: int = 0

    @property
    def model(self) -> str:
        """The model that it works on, or nothing."""
        return self.wildcards.get("model", "")

    @property
    def by_the_clock(self) -> bool:
        """Whether its rates and what it took are seconds of the clock, not of a processor."""
        return bool(self.gpus) or self.rule.startswith("fetch")

    def lasts(self, taken: float) -> float:
        """Return the seconds by the clock of what it takes: estimated or measured, its threads share processor time."""
        return taken if self.by_the_clock else taken / self.threads


@dataclass(frozen=True)
class Experiment:
    """What amounts of work follow from.

    ``size``: (collection, language) → Size; ``pairs`` and ``texts``: (source, language) → how many; ``source_bytes``:
    (source, pairs or texts, language) → bytes of the files that are read for it, nothing where they are not there.
    """

    config: Config
    size: Callable[[str, str], Size]
    pairs: Callable[[str, str], int]
    texts: Callable[[str, str], int]
    source_bytes: Callable[[str, str, str], float | None]
    lengths: TextLengths

    def work(self, job: Job) -> dict[str, float]:
        """Return the amounts of a job's work by unit; every job has one ``job``."""
        amounts = {"job": 1.0, **self._COUNTS.get(job.rule, lambda *_: {})(self, job.wildcards)}
        for unit in _OF_A_TRANSFORMER:
            if unit in amounts:
                device = "gpu" if job.gpus else "cpu"
                amounts[f"{device}_{unit}"] = amounts.pop(unit) / (job.gpus or 1)
        # What arithmetic does not cover is hidden behind it on a GPU, as far as is known.
        amounts.pop("gpu_megatoken", None)
        if job.gpus:
            amounts.pop("gigascore", None)
        return amounts

    def download_bytes(self, job: Job) -> float | None:
        """Return what a job fetches; nothing where nobody has written down how large it is."""
        return None if job.rule == "fetch_data" else self.disk_bytes(job) if job.rule in _FETCHING else 0.0

    def disk_bytes(self, job: Job) -> float:
        """Return roughly what a job leaves on disk: text, tokens, vectors, indexes, hits, models; the rest is small."""
        named = job.wildcards
        if job.rule == "prepare_collection":
            return self.size(named["collection"], named["lang"]).passages * TEXT_BYTES / COMPRESSION
        if job.rule == "tokenize_collection":
            tokens = self._encoded_tokens(named, *longest_texts(named["form"]))
            return tokens * TOKEN_BYTES + sum(self._encoded(named)) * (8 + ID_BYTES)
        if job.rule == "encode":
            return sum(self._encoded(named)) * (self._width(named["model"]) * COMPONENT_BYTES + ID_BYTES)
        if job.rule == "index" and self.config["search"]["kind"] != "exact":
            return self._encoded(named)[1] * code_bytes(self.config["search"], self._width(named["model"]))
        if job.rule == "search":
            return self._hits(named) * HIT_BYTES
        if job.rule in ("finetune", "pretrain", "fetch_model"):
            return self._total_parameters(named["model"]) * PARAMETER_BYTES
        if job.rule in ("fetch_translator", "convert_translator"):
            return self.config["translators"][named["translator"]]["size_m"] * 1e6 * PARAMETER_BYTES
        return 0.0

    def assumed(self) -> list[str]:
        """Return the collections' languages whose sizes are assumed."""
        return [
            f"{name}/{lang}"
            for name in self.config["experiment"]["collections"]
            for lang in self.config["collections"][name]["languages"]
            if not self.size(name, lang).known
        ]

    def _encoded(self, named: Mapping[str, str]) -> tuple[float, float]:
        """Queries and passages of an encoding job: the first shard has the queries."""
        part = runs.encoding_parts(self.config, named["collection"])[named["part"]]
        sizes = [self.size(named["collection"], lang) for lang in part.languages]
        queries = 0 if part.shard else sum(size.queries for size in sizes)
        return queries, sum(size.passages for size in sizes) / part.shards

    def _hits(self, named: Mapping[str, str]) -> float:
        return hit_rows(self.config, self.size, named["collection"], named["part"])

    def _width(self, model: str) -> int:
        return vector_width(self.config["models"][model])

    def _total_parameters(self, model: str) -> float:
        return total_parameters(self.config["models"][model], self.config["pretraining"]["tokenizer"]["vocabulary"])

    def _encoded_tokens(self, named: Mapping[str, str], longest_query: int, longest_passage: int) -> float:
        """Tokens of the texts of an encoding job."""
        part = runs.encoding_parts(self.config, named["collection"])[named["part"]]
        entry, tokens = self.config["collections"][named["collection"]], 0.0
        for lang in part.languages:
            size, length = self.size(named["collection"], lang), self.lengths.of(COLLECTION, entry, lang)
            tokens += size.passages / part.shards * min(length.passage, longest_passage)
            tokens += 0 if part.shard else size.queries * min(length.query, longest_query)
        return tokens

    def _mean_pair(self, strategy: str, model: Mapping[str, Any]) -> float:
        """Tokens of a pair and its hard negatives: sources and languages count alike, whatever their sizes."""
        languages = set(runs.training_languages(self.config, strategy))
        drawn = self.config["training"]["hard_negatives"]
        found = [
            min(length.query, model["max_query_length"])
            + (1 + min(drawn, hard_negatives(self.config, name, lang)))
            * min(length.passage, model["max_passage_length"])
            for name in self.config["experiment"]["sources"]
            for lang in runs.pair_languages(self.config, name)
            if lang in languages
            for length in [self.lengths.of(PAIRS, self.config["sources"][name], lang)]
        ]
        return fmean(found)

    def _finetune(self, named: Mapping[str, str]) -> dict[str, float]:
        model, training = self.config["models"][named["model"]], self.config["training"]
        tokens = training["batch_size"] * self._mean_pair(named["strategy"], model)
        passes = 8 if tokens > training["chunk_tokens"] else 6  # GradCache encodes a large batch twice
        passes += 2 if model["gradient_checkpointing"] else 0  # each layer once more in the backward pass
        tokens *= training["steps"]
        return {"megatoken": tokens / 1e6, "tflop": passes * non_embedding_parameters(model) * tokens / 1e12}

    def _pretrain(self, named: Mapping[str, str]) -> dict[str, float]:
        entry, section = self.config["models"][named["model"]], self.config["pretraining"]
        texts = [
            min(self.lengths.of(TEXTS, self.config["sources"][name], lang).passage, section["max_length"])
            for name in self.config["experiment"]["sources"]
            for lang in self.config["sources"][name]["texts"]
        ]
        tokens = 2 * section["batch_size"] * fmean(texts) * section["steps"]
        head = section["mask_share"] * section["tokenizer"]["vocabulary"] * entry["pretrain"]["hidden"]
        operations = 6 * (non_embedding_parameters(entry) + head) * tokens
        # A score of every piece of the vocabulary, for each token that is to be guessed.
        scores = section["mask_share"] * section["tokenizer"]["vocabulary"] * tokens
        return {"megatoken": tokens / 1e6, "tflop": operations / 1e12, "gigascore": scores / 1e9}

    def _encode(self, named: Mapping[str, str]) -> dict[str, float]:
        entry = self.config["models"][named["model"]]
        tokens = self._encoded_tokens(named, entry["max_query_length"], entry["max_passage_length"])
        return {"megatoken": tokens / 1e6, "tflop": 2 * non_embedding_parameters(entry) * tokens / 1e12}

    def _translate_shard(self, named: Mapping[str, str]) -> dict[str, float]:
        return self._translated(named, translator(self.config, named["lang"]))

    def _translate_back(self, named: Mapping[str, str]) -> dict[str, float]:
        return self._translated(named, back_translator(self.config, named["lang"]))

    def _translated(self, named: Mapping[str, str], name: str) -> dict[str, float]:
        """A translation is taken to be as long as its source: both count as tokens of half the model each."""
        length = self.lengths.of(PAIRS, self.config["sources"][named["source"]], "en")
        pairs = self.pairs(named["source"], named["lang"]) / self.config["translation"]["shards"]
        tokens = pairs * (length.query + length.passage)
        operations = 2 * self.config["translators"][name]["size_m"] * 1e6 * tokens
        return {"text": 2 * pairs, "tflop": operations / 1e12}

    def _fetched(self, named: Mapping[str, str]) -> dict[str, float]:
        if "translator" in named:
            size = self.config["translators"][named["translator"]]["size_m"] * 1e6
        else:
            size = self._total_parameters(named["model"])
        return {"megabyte": size * PARAMETER_BYTES / 1e6}

    def _search(self, named: Mapping[str, str]) -> dict[str, float]:
        comparisons = compared(self.config, self.size, named["collection"], named["part"])
        products = comparisons * self._width(named["model"])
        return {"gigascore": comparisons / 1e9, "gigaproduct": products / 1e9, "row": self._hits(named)}

    def _search_bm25(self, named: Mapping[str, str]) -> dict[str, float]:
        """Passages are cut into words, every query is scored against all of them, and its hits once more exactly."""
        entry, tokens = self.config["collections"][named["collection"]], 0.0
        for lang in runs.parts(self.config, named["collection"])[named["part"]]:
            passages = self.size(named["collection"], lang).passages
            tokens += passages * self.lengths.of(COLLECTION, entry, lang).passage
        return {
            "megatoken": tokens / 1e6,
            "gigascore": compared(self.config, self.size, named["collection"], named["part"]) / 1e9,
            "row": self._hits(named),
        }

    def _score(self, named: Mapping[str, str]) -> dict[str, float]:
        """Hits, and the ranked lists that are judged."""
        queries = self._queries(named["collection"])
        rows = sum(self._hits({**named, "part": part}) for part in runs.parts(self.config, named["collection"]))
        if named["model"] == runs.BM25.model:  # what shares no word with a query is no hit: few in other languages
            rows = min(rows, queries * self.config["search"]["depth"])
        return {"row": rows, "list": self._lists(named["collection"])}

    def _queries(self, collection: str) -> int:
        return sum(self.size(collection, lang).queries for lang in self.config["collections"][collection]["languages"])

    def _lists(self, collection: str) -> int:
        """Ranked lists of a run: one a query and language that it is asked of, and one of the pool."""
        entry = self.config["collections"][collection]
        of_setting = {"monolingual": 1, "cross-lingual": len(entry["languages"]) - 1, "multilingual": 1}
        return self._queries(collection) * sum(of_setting[setting] for setting in entry["settings"])

    def _aggregate(self, named: Mapping[str, str]) -> dict[str, float]:
        systems = len(systems_of(runs.all_runs(self.config)))
        return self._analysis(lambda languages: systems * (languages + _GROUPS))

    def _compare(self, named: Mapping[str, str]) -> dict[str, float]:
        """Every two strategies of a model, and once more those that the report asks for."""
        counts = Counter(model for model, _ in systems_of(runs.dense_runs(self.config)))
        pairs = sum(count * (count - 1) // 2 for count in counts.values())
        pairs += len(counts) * len(self.config["report"]["compare"]["baselines"])
        return self._analysis(lambda languages: pairs * (languages + _GROUPS))

    def _fit_scaling(self, named: Mapping[str, str]) -> dict[str, float]:
        """A line through all models, and one without each, of each strategy and difference."""
        models, strategies = map(set, zip(*systems_of(runs.dense_runs(self.config)), strict=True))
        lines = len(strategies) + len(self.config["report"]["compare"]["baselines"])
        return self._analysis(lambda languages: lines * (len(models) + 1) * _GROUPS)

    def _analysis(self, intervals: Callable[[int], int]) -> dict[str, float]:
        """Scores that are read and the runs' slices (collection, setting, metric) they are of, products of resampled
        weights with them, and drawn values that make intervals.

        ``intervals``: a collection's languages → how many intervals one of its slices has.
        """
        config, metrics, found = self.config, len(self.config["metrics"]), runs.all_runs(self.config)
        draws, systems = config["statistics"]["draws"], len(systems_of(found))
        rows = parts = products = values = 0
        for name in config["experiment"]["collections"]:
            entry = config["collections"][name]
            slices = metrics * len(entry["settings"])
            rows += len(found) * metrics * self._lists(name)
            parts += len(found) * slices
            products += slices * systems * self._queries(name)
            values += slices * intervals(len(entry["languages"]))
        return {"row": rows, "slice": parts, "gigaproduct": draws * products / 1e9, "draw": draws * values}

    def _format_tables(self, named: Mapping[str, str]) -> dict[str, float]:
        return {"text": len(systems_of(runs.all_runs(self.config)))}

    def _plot_heatmap(self, named: Mapping[str, str]) -> dict[str, float]:
        languages = len(self.config["collections"][named["collection"]]["languages"])
        return {"row": len(systems_of(runs.all_runs(self.config))) * languages**2}

    def _write_model_cards(self, named: Mapping[str, str]) -> dict[str, float]:
        return {"text": len(runs.trained_runs(self.config))}

    def _prepare_collection(self, named: Mapping[str, str]) -> dict[str, float]:
        return {"text": sum(self.size(named["collection"], named["lang"])[:2])}

    def _tokenize_collection(self, named: Mapping[str, str]) -> dict[str, float]:
        return {"megatoken": self._encoded_tokens(named, *longest_texts(named["form"])) / 1e6}

    def _translate(self, named: Mapping[str, str]) -> dict[str, float]:
        return {"text": 2 * self.pairs(named["source"], named["lang"])}

    def _tokenize_pairs(self, named: Mapping[str, str]) -> dict[str, float]:
        return {"text": self._pair_texts(*source_of_table(named["table"]))}

    def _prepare_pairs(self, named: Mapping[str, str]) -> dict[str, float]:
        source, lang = named["source"], named["lang"]
        negatives = hard_negatives(self.config, source, lang)
        read = self.source_bytes(source, PAIRS, lang) or self._pair_tokens(source, lang, negatives) * TOKEN_TEXT_BYTES
        return {"text": self._pair_texts(source, lang), "megabyte": read / 1e6}

    def _prepare_texts(self, named: Mapping[str, str]) -> dict[str, float]:
        source, lang = named["source"], named["lang"]
        read = self.source_bytes(source, TEXTS, lang) or self._text_tokens(source, lang) * TOKEN_TEXT_BYTES
        return {"text": self.texts(source, lang), "megabyte": read / 1e6}

    def _pair_texts(self, source: str, lang: str) -> float:
        """Queries, passages and hard negatives of a source's pairs."""
        return (2 + hard_negatives(self.config, source, lang)) * self.pairs(source, lang)

    def _pair_tokens(self, source: str, lang: str, negatives: int = 0) -> float:
        length = self.lengths.of(PAIRS, self.config["sources"][source], lang)
        return self.pairs(source, lang) * (length.query + (1 + negatives) * length.passage)

    def _text_tokens(self, source: str, lang: str) -> float:
        return self.texts(source, lang) * self.lengths.of(TEXTS, self.config["sources"][source], lang).passage

    def _text_sources(self, lang: str) -> list[str]:
        """The sources whose plain text of a language is read."""
        chosen = self.config["experiment"]["sources"]
        return [source for source in chosen if lang in self.config["sources"][source]["texts"]]

    def _decontaminate(self, named: Mapping[str, str]) -> dict[str, float]:
        """Training text passes twice; evaluation text once, and the start of it once more, to see how it is written."""
        lang, config = named["lang"], self.config
        if named["kind"] == PAIRS:
            sources = [name for name in runs.pair_sources(config) if lang in runs.pair_languages(config, name)]
            read = [self._pair_tokens(source, lang, hard_negatives(config, source, lang)) for source in sources]
            tokens = 2 * sum(read)
        else:
            tokens = 2 * sum(self._text_tokens(source, lang) for source in self._text_sources(lang))
        evaluated, texts = 0.0, 0.0
        for name in config["experiment"]["collections"]:
            if lang in config["collections"][name]["languages"]:
                size, length = self.size(name, lang), self.lengths.of(COLLECTION, config["collections"][name], lang)
                evaluated += size.queries * length.query + size.passages * length.passage
                texts += size.queries + size.passages
        sampled = min(1.0, SAMPLED_TEXTS / texts) if texts else 0.0
        return {"megatoken": (tokens + evaluated * (1 + sampled)) / 1e6}

    def _train_tokenizer(self, named: Mapping[str, str]) -> dict[str, float]:
        """As many texts as there are, those of a language in proportion to their number to the power of tau."""
        numbers, means = [], []
        for lang in runs.text_languages(self.config):
            sources = self._text_sources(lang)
            numbers.append(sum(self.texts(source, lang) for source in sources))
            means.append(sum(self._text_tokens(source, lang) for source in sources) / max(1, numbers[-1]))
        section = self.config["pretraining"]["tokenizer"]
        weights = [number ** section["tau"] for number in numbers]
        drawn = sum(weight * mean for weight, mean in zip(weights, means, strict=True)) / sum(weights)
        # Unigram starts from all pieces that repeat, more in more languages, and reads the text for each few it drops.
        passes = min(UNIGRAM_PASSES, 1 + 2 * len(numbers)) if section["kind"] == "unigram" else 1
        return {"megatoken": passes * sum(numbers) * drawn / 1e6}

    _COUNTS: ClassVar[dict[str, Any]] = {
        "finetune": _finetune,
        "try_learning_rate": _finetune,
        "pretrain": _pretrain,
        "encode": _encode,
        "search": _search,
        "search_bm25": _search_bm25,
        "score": _score,
        "aggregate": _aggregate,
        "compare": _compare,
        "fit_scaling": _fit_scaling,
        "format_tables": _format_tables,
        "plot_heatmap": _plot_heatmap,
        "write_model_cards": _write_model_cards,
        "prepare_collection": _prepare_collection,
        "tokenize_collection": _tokenize_collection,
        "prepare_pairs": _prepare_pairs,
        "prepare_texts": _prepare_texts,
        "decontaminate": _decontaminate,
        "train_tokenizer": _train_tokenizer,
        "tokenize_pairs": _tokenize_pairs,
        "translate": _translate,
        "translate_shard": _translate_shard,
        "translate_back": _translate_back,
        "fetch_model": _fetched,
        "fetch_translator": _fetched,
    }


def systems_of(found: Iterable[Run]) -> set[tuple[str, str]]:
    """Return the models and strategies of runs, whose seeds are repetitions."""
    return {(run.model, run.strategy) for run in found}


def compared(config: Config, size: Callable[[str, str], Size], collection: str, part: str) -> float:
    """Return how many pairs of a query and a passage a search job compares: every language's queries, its passages."""
    searched = [size(collection, lang) for lang in runs.parts(config, collection)[part]]
    entry = config["collections"][collection]
    if entry["settings"] == ["monolingual"]:
        return sum(one.queries * one.passages for one in searched)
    queries = sum(size(collection, lang).queries for lang in entry["languages"])
    return queries * sum(one.passages for one in searched)


def hit_rows(config: Config, size: Callable[[str, str], Size], collection: str, part: str) -> float:
    """Return how many hits a search job writes: of every query that it asks of its passages, the best ``depth``."""
    entry = config["collections"][collection]
    own = runs.parts(config, collection)[part]
    if entry["settings"] == ["monolingual"]:
        return sum(size(collection, lang).queries for lang in own) * config["search"]["depth"]
    return sum(size(collection, lang).queries for lang in entry["languages"]) * len(own) * config["search"]["depth"]


def read_rates(*paths: Path) -> Rates:
    """Return rule → unit → seconds from files as ``rates.csv`` (rule, unit, seconds); ``*`` is for rules without rows.

    A later file's rates replace those of the same rule and unit. Raises InputError, with file and line, where a row is
    no rate.
    """
    rates: dict[str, dict[str, float]] = defaultdict(dict)
    for path in paths:
        for number, row in enumerate(_rows(path), start=2):
            if row["unit"] not in UNITS:
                raise InputError(f"{path}, line {number}: unit {row['unit']!r} is not one of {', '.join(UNITS)}")
            try:
                rate = float(row["seconds"])
            except (TypeError, ValueError):
                rate = math.nan
            if not 0 <= rate < math.inf:
                raise InputError(f"{path}, line {number}: {row['seconds']!r} is no number of seconds")
            rates[row["rule"]][row["unit"]] = rate
    return dict(rates)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as rates: {error}") from None
    if missing := [name for name in ("rule", "unit", "seconds") if name not in (reader.fieldnames or ())]:
        raise InputError(f"{path}: has no column {missing[0]}; rates have rule, unit, seconds")
    return rows


def seconds(rule: str, work: Mapping[str, float], rates: Rates) -> float:
    """Return what a job of ``rule`` takes: seconds of a processor, or of the clock (``Job.by_the_clock``)."""
    known = rates.get(rule, rates["*"])
    return sum(known.get(unit, 0.0) * amount for unit, amount in work.items())


def corrections(
    estimated: Mapping[str, float], measured: Mapping[str, float], stage: Callable[[str], tuple[str, str]]
) -> dict[tuple[str, str], float]:
    """Return by stage (rule and model) the median of measured / estimated over the jobs that have been measured.

    ``estimated`` and ``measured``: job key → seconds.
    """
    ratios: dict[tuple[str, str], list[float]] = defaultdict(list)
    for key, took in measured.items():
        if estimated.get(key, 0) > 0:
            ratios[stage(key)].append(took / estimated[key])
    return {name: median(values) for name, values in ratios.items()}


def processor_factor(found: Collection[float]) -> float:
    """Return what a stage that has not run takes of its estimate on this processor, from those of stages that have.

    Another processor is another factor for all stages, about: their median, or 1 where a few alone are known.
    """
    return median(found) if len(found) >= _STAGES_THAT_TELL else 1.0
