"""A plan beside what a finished run took, by stage; and how long, and how many, its texts were.

    PYTHONPATH=. python benchmarks/plan.py [EXPERIMENT.yaml ...]

Run it where the experiment ran (its results lie below the working folder). It prints a Markdown table: a stage's jobs,
what ``resources/rates.csv`` says they take, what their logs say they took (processor time), and the factor
between the two. ``--text-lengths`` prints rows of ``resources/text_lengths.csv`` instead, counted in what the run made;
``--rates`` those of ``resources/rates.csv`` that are of a processor, scaled to the one that the experiment ran on:

    snakemake --cores 8 all --configfile experiments/tiny.yaml
    PYTHONPATH=. python benchmarks/plan.py experiments/tiny.yaml --rates > rates.csv

(``plan: {rates: rates.csv}`` in a config takes them.)
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from tokenizers import Tokenizer

from workflow_scripts.data.languages import read_languages
from workflow_scripts.data.tables import TEXTS, VECTOR_IDS, read_table
from workflow_scripts.data.token_arrays import TokenArrays
from workflow_scripts.plan import experiment_of, measured_seconds
from workflow_scripts.planning.config import resolve_config
from workflow_scripts.planning.job_costs import Experiment, Job, corrections, processor_factor, read_rates, seconds
from workflow_scripts.planning.job_graph import job_graph
from workflow_scripts.planning.pin_revisions import merged
from workflow_scripts.planning.text_lengths import form_of

ROOT = Path(__file__).resolve().parents[1]
RESOURCES = ROOT / "resources"
KINDS = ("queries", "passages")
SAMPLE = 2000  # texts of a table


def compared(jobs: list[Job], experiment: Experiment) -> list[str]:
    """Return the table of stages that ran, those that took longest first."""
    rates = read_rates(RESOURCES / "rates.csv")
    stages: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for job in jobs:
        if (took := measured_seconds(job)) is not None:
            stages[job.rule].append((seconds(job.rule, experiment.work(job), rates), took))
    lines = ["| stage | jobs | estimated, s | measured, s | factor |", "| --- | ---: | ---: | ---: | ---: |"]
    for rule, times in sorted(stages.items(), key=lambda item: -sum(took for _, took in item[1])):
        estimated, measured = map(sum, zip(*times, strict=True))
        known = "" if rule in rates else " (a guess)"
        lines.append(
            f"| `{rule}`{known} | {len(times)} | {estimated:.1f} | {measured:.1f} | {estimated / measured:.2f} |"
        )
    return lines


def scaled(jobs: list[Job], experiment: Experiment) -> list[str]:
    """Return rates of a processor times the median, over stages that ran, of what they took by what the rates say."""
    path = RESOURCES / "rates.csv"
    rates = read_rates(path)
    estimated = {job.key: seconds(job.rule, experiment.work(job), rates) for job in jobs if not job.by_the_clock}
    measured = {job.key: took for job in jobs if job.key in estimated and (took := measured_seconds(job)) is not None}
    rules = {job.key: job.rule for job in jobs}
    factor = processor_factor(corrections(estimated, measured, lambda key: (rules[key], "")).values())
    lines = ["rule,unit,seconds"]
    for rule, units in rates.items():
        if not rule.startswith("fetch"):
            lines += [
                f"{rule},{unit},{rate * factor:.3g}" for unit, rate in units.items() if not unit.startswith("gpu_")
            ]
    return lines


def counted(jobs: list[Job], experiment: Experiment) -> list[str]:
    """Return kind, format, language, mean tokens of queries and of passages, rows of what has been tokenised, as CSV.

    Language ``*`` is the mean of a format's languages. Plain texts leave no tokens behind: a sample of each table is
    tokenised as pre-training does. A table whose passages are all another's has no line. A collection's rows are left
    empty: ``resources/collection_sizes.csv`` has them.
    """
    config = experiment.config
    tokenizers = [Path(job.key) for job in jobs if job.rule == "train_tokenizer" and Path(job.key).is_file()]
    found: dict[tuple[str, str, str], tuple[float | None, float, int | None]] = {}
    for job in jobs:
        made = Path(job.key)
        if job.rule == "tokenize_pairs" and made.is_file():
            _, source, lang = job.wildcards["table"].split("/")
            arrays = [TokenArrays.open(made.parent, kind) for kind in KINDS]
            if source in config["sources"] and all(map(len, arrays)):
                query, passage = (float(array.lengths().mean()) for array in arrays)
                pairs = experiment.pairs(source, lang) if lang in config["sources"][source]["pairs"] else None
                found["pairs", form_of(config["sources"][source]), lang] = query, passage, pairs
        elif job.rule == "tokenize_collection" and made.is_file():
            entry = config["collections"][job.wildcards["collection"]]
            query, passage = (_means_by_language(made.parent, kind) for kind in KINDS)
            found |= {("collection", form_of(entry), lang): (query[lang], passage[lang], None) for lang in passage}
        elif job.rule == "prepare_texts" and made.is_file() and tokenizers:
            texts = read_table(made, TEXTS, ["text"])["text"].to_pylist()
            lengths = [len(one.ids) for one in Tokenizer.from_file(str(tokenizers[0])).encode_batch(texts[:SAMPLE])]
            form = form_of(config["sources"][job.wildcards["source"]])
            found["texts", form, job.wildcards["lang"]] = None, fmean(lengths), len(texts)
    of_format: dict[tuple[str, str, str], list[tuple[float | None, float, int | None]]] = defaultdict(list)
    for (kind, form, _), one in found.items():
        of_format[kind, form, "*"].append(one)
    for key, every in of_format.items():
        queries, passages, rows = (_mean(column) for column in zip(*every, strict=True))
        found[key] = queries, passages, rows
    return sorted(",".join([*key, *map(_rounded, values)]) for key, values in found.items())


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def _means_by_language(folder: Path, kind: str) -> dict[str, float]:
    lengths = TokenArrays.open(folder, kind).lengths()
    languages = read_table(folder / f"{kind}.parquet", VECTOR_IDS, ["lang"])["lang"].to_pylist()
    found = defaultdict(list)
    for length, lang in zip(lengths.tolist(), languages, strict=True):
        found[lang].append(length)
    return {lang: fmean(values) for lang, values in found.items()}


def main() -> None:
    """Parse the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("overlays", nargs="*", type=Path, help="config files over config.yaml")
    parser.add_argument("--text-lengths", action="store_true", help="print mean lengths of texts instead")
    parser.add_argument("--rates", action="store_true", help="print rates of this processor instead")
    flags = parser.parse_args()
    raw = merged([ROOT / "config.yaml", *flags.overlays])
    config = resolve_config(raw, read_languages(RESOURCES / "languages.csv"))
    experiment = experiment_of(
        config,
        Path("results", config["experiment"]["name"]),
        RESOURCES / "languages.csv",
        RESOURCES / "collection_sizes.csv",
        RESOURCES / "text_lengths.csv",
    )
    # Of one thread each: what is compared are seconds of a processor.
    jobs = job_graph(ROOT / "Snakefile", raw, {"all"}, cores=1)
    print("\n".join((counted if flags.text_lengths else scaled if flags.rates else compared)(jobs, experiment)))


if __name__ == "__main__":
    main()
