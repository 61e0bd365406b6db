"""Time and peak memory of the whole analysis at the scaling study's size, on made-up scores.

    PYTHONPATH=. python benchmarks/analysis.py --folder /tmp/analysis

8 models × 5 strategies × 3 seeds and BM25 answer MIRACL's 13,495 development queries in 18 languages, scored by
8 metrics, with 10,000 draws. Every rule from the scores to the page is called as Snakemake calls it, one after
another. Its plots and page stay in the folder, to be looked at: the truth behind them is `expected_score`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.data.languages import read_languages
from workflow_scripts.data.tables import BIAS, SCORES, write_table
from workflow_scripts.planning import settings as section
from workflow_scripts.planning.config import resolve_config
from workflow_scripts.planning.runs import BM25, Run, all_runs

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = read_languages(ROOT / "resources/languages.csv")
QUERIES = {code: row.miracl_dev_queries for code, row in LANGUAGES.items() if row.miracl_dev_queries}
METRICS = ["ndcg@10", "recall@100", "map", "mrr@10", "recall@1", "recall@10", "map@20", "comprehensiveness@20"]
STRATEGIES = {"english": 1.0, "codeswitch": 1.0, "mono": 1.0, "cross": 0.0, "hybrid": 0.5}
# Non-embedding parameters in millions and family of eight public encoders.
SIZES = {
    "mmini-l6": (11, "MiniLM"),
    "mmini-l12": (21, "MiniLM"),
    "distilmbert": (42, "mBERT"),
    "mbert": (86, "mBERT"),
    "xlmr-base": (86, "XLM-R"),
    "xlmr-large": (303, "XLM-R"),
    "xlmr-xl": (3_230, "XLM-R"),
    "xlmr-xxl": (9_700, "XLM-R"),
}


def experiment(name: str, draws: int, seeds: int) -> dict:
    """Return the resolved config of the made-up experiment."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    collection = {"format": "miracl", "languages": list(QUERIES), "settings": ["monolingual"]}
    config |= {
        "experiment": {
            "name": name,
            "sources": ["atlas"],
            "collections": ["miracl"],
            "models": list(SIZES),
            "strategies": list(STRATEGIES),
            "seeds": list(range(1, seeds + 1)),
        },
        "data_root": "data",
        "models": {
            model: {
                "hub": f"made-up/{model}",
                "revision": "0" * 40,
                "size_m": size,
                "family": family,
                "learning_rate": 1e-5,
            }
            for model, (size, family) in SIZES.items()
        },
        "strategies": {strategy: {"alpha": alpha} for strategy, alpha in STRATEGIES.items()},
        "collections": {"miracl": collection},
        "metrics": METRICS,
        "statistics": {"draws": draws, "confidence": 0.95, "seed": 1},
        "report": {**config["report"], "title": "Made-up scores at the scaling study's size", "collection": "miracl"},
    }
    for strategy in ("english", "codeswitch"):
        config["strategies"][strategy]["languages"] = ["en"]
    return resolve_config(config, LANGUAGES)


def expected_score(run: Run, lang: str) -> float:
    """Return the truth: every strategy gains 5 points a decade, hybrid 1 point a decade on mono from −2 at 10 M."""
    if run.model == BM25.model:
        return 0.40
    decades = np.log10(SIZES[run.model][0] / 10)
    level = {"english": 0.30, "codeswitch": 0.33, "mono": 0.38, "cross": 0.34, "hybrid": 0.36}[run.strategy]
    scarce = 0.06 if lang in ("sw", "te", "bn", "yo") else 0.0
    return level + 0.05 * decades + 0.01 * decades * (run.strategy == "hybrid") - scarce


def write_scores(folder: Path, runs: list[Run]) -> list[Path]:
    """Write one score file a run: a query's hardness is shared, 0.1 noise of each score, 0.01 of each seed."""
    rng = np.random.default_rng(1)
    hardness = {lang: rng.normal(0, 0.25, count) for lang, count in QUERIES.items()}
    ids = {lang: [f"{lang}{i}" for i in range(count)] for lang, count in QUERIES.items()}
    langs, metrics = list(QUERIES), len(METRICS)
    names = [name for lang in langs for name in ids[lang]]
    counts = np.array([QUERIES[lang] for lang in langs])
    rows = counts.sum() * metrics
    lang_codes = pa.array(np.repeat(np.arange(len(langs)), counts * metrics).astype(np.int32))
    columns = {
        "query_lang": pa.DictionaryArray.from_arrays(lang_codes, langs),
        "passage_lang": pa.DictionaryArray.from_arrays(lang_codes, langs),
        "query_id": pa.DictionaryArray.from_arrays(np.repeat(np.arange(len(names)), metrics).astype(np.int32), names),
        "metric": pa.DictionaryArray.from_arrays(np.tile(np.arange(metrics), len(names)).astype(np.int32), METRICS),
    }
    paths = []
    for run in runs:
        swing = rng.normal(0, 0.01)
        values = np.concatenate(
            [
                np.clip(
                    expected_score(run, lang)
                    + swing
                    + hardness[lang][:, None]
                    + rng.normal(0, 0.1, (QUERIES[lang], metrics)),
                    0,
                    1,
                ).reshape(-1)
                for lang in langs
            ]
        )
        constant = {"model": run.model, "strategy": run.strategy, "collection": "miracl", "setting": "monolingual"}
        zeros = np.zeros(rows, dtype=np.int32)
        table = pa.table(
            {
                **{name: pa.DictionaryArray.from_arrays(zeros, [value]) for name, value in constant.items()},
                "seed": np.full(rows, run.seed, dtype=np.int32),
                **columns,
                "value": values,
            }
        )
        path = folder / "scores" / run.path / "miracl.parquet"
        write_table(table, path, SCORES)
        write_table(BIAS.empty_table(), path.with_suffix(".bias.parquet"), BIAS)
        paths.append(path)
    return paths


def write_models(path: Path) -> None:
    """Write models.csv as ``count_parameters`` does."""
    rows = [
        [model, model, family, 12, 768, 250_000, 192_000_000, int(size * 1e6), int(size * 1e6) + 192_000_000]
        for model, (size, family) in SIZES.items()
    ]
    columns = ["model", "label", "family", "layers", "hidden", "vocabulary", "embedding", "non_embedding", "total"]
    write_csv(path, columns, rows)


def commands(folder: Path, config: dict, scores: list[Path]) -> dict[str, list[str]]:
    """Return the command line of each rule, in an order in which they can run."""
    tables, plots = folder / "tables", folder / "plots"
    names = {code: language.name for code, language in LANGUAGES.items()}
    analysis = ["--settings", section.analysis_settings(config, LANGUAGES)]
    display = ["--settings", section.display_settings(config, LANGUAGES, names)]
    score_files = ["--scores", *map(str, scores)]
    models, published = ["--models", str(tables / "models.csv")], str(ROOT / "resources/published_results.csv")
    of = {name: str(tables / f"{name}.csv") for name in ("per_language", "per_group", "comparisons", "scaling", "bias")}
    found = {
        "aggregate": [
            *score_files,
            *("--bias", *(str(path.with_suffix(".bias.parquet")) for path in scores)),
            *analysis,
            *("--means", str(tables / "means.parquet"), "--per-language", of["per_language"]),
            *("--per-passage-language", str(tables / "per_passage_language.csv"), "--per-group", of["per_group"]),
            *("--bias-table", of["bias"]),
        ],
        "compare": [
            *score_files,
            *analysis,
            *("--output", of["comparisons"], "--all-pairs", str(tables / "all_comparisons.csv")),
        ],
        "fit_scaling": [
            *score_files,
            *models,
            *analysis,
            *("--output", of["scaling"], "--verdict", str(tables / "verdict.json")),
        ],
        "compare_published": [
            *("--per-language", of["per_language"], "--per-group", of["per_group"], "--published", published),
            *("--settings", section.published_settings(config), "--output", str(tables / "published.csv")),
        ],
        "format_tables": [
            *("--per-language", of["per_language"], "--per-group", of["per_group"]),
            *("--comparisons", str(tables / "all_comparisons.csv"), "--collection", "miracl"),
            *display,
            *("--csv", str(tables / "miracl.csv"), "--markdown", str(tables / "miracl.md")),
            *("--latex", str(tables / "miracl.tex")),
        ],
        "plot_scaling": ["--per-group", of["per_group"], *models, "--published", published, *display],
        "plot_languages": ["--per-language", of["per_language"], *models, *display],
        "plot_comparisons": ["--comparisons", of["comparisons"], *display],
        "plot_alpha": ["--per-group", of["per_group"], *models, "--collection", "miracl", *display],
    }
    for rule, flags in found.items():
        if rule.startswith("plot_"):
            name = rule.removeprefix("plot_")
            place = f"miracl/{name}" if name == "alpha" else name
            flags += [
                flag for form in ("svg", "png", "pdf") for flag in (f"--output-{form}", str(plots / f"{place}.{form}"))
            ]
    figures = [f"{name}={plots / name}.svg" for name in ("scaling", "languages", "comparisons", "miracl/alpha")]
    resources = ROOT / "resources/report"
    found["report"] = [
        *("--figure", *figures),
        *("--table", *(f"{name}={path}" for name, path in of.items() if name != "bias")),
        *(f"{name}={tables / name}.csv" for name in ("models", "published")),
        *("--verdict", str(tables / "verdict.json"), "--licences", str(resources / "licences.csv")),
        *("--template", str(resources / "page.html.j2"), "--style", str(resources / "style.css")),
        *("--script", str(resources / "tables.js")),
        *("--settings", section.report_settings(config, LANGUAGES, names), "--output", str(folder / "report.html")),
    ]
    return found


def timed(rule: str, flags: list[str]) -> tuple[float, float, float]:
    """Run a rule's command; return wall seconds, CPU seconds and GB resident at the peak."""
    began = time.perf_counter()
    command = [sys.executable, "-m", f"workflow_scripts.{rule}", *flags]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            log.seek(0)
            raise SystemExit(f"{rule} failed:\n{log.read().decode()}")
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


def main() -> None:
    """Parse the command line, make the scores, measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="where scores, tables, plots and the page go")
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--prepare", action="store_true", help="only make the scores, to be measured by a second call")
    parser.add_argument("--rules", nargs="*", help="measure these alone; what they read must be there")
    flags = parser.parse_args()
    config = experiment("made-up", flags.draws, flags.seeds)
    runs = all_runs(config)
    (flags.folder / "plots/miracl").mkdir(parents=True, exist_ok=True)
    (flags.folder / "tables").mkdir(exist_ok=True)
    marker = flags.folder / "made.json"
    made = json.dumps({"seeds": flags.seeds})
    scores = [flags.folder / "scores" / run.path / "miracl.parquet" for run in runs]
    if not marker.exists() or marker.read_text() != made:
        write_scores(flags.folder, runs)
        write_models(flags.folder / "tables/models.csv")
        marker.write_text(made)
    if flags.prepare:
        return
    print(f"{len(runs)} runs × {sum(QUERIES.values()):,} queries × {len(METRICS)} metrics, {flags.draws:,} draws\n")
    print("| rule | wall, s | CPU, s | peak, GB |\n| --- | ---: | ---: | ---: |")
    found = []
    for rule, arguments in commands(flags.folder, config, scores).items():
        if not flags.rules or rule in flags.rules:
            found.append(timed(rule, arguments))
            print(f"| `{rule}` | {found[-1][0]:.1f} | {found[-1][1]:.1f} | {found[-1][2]:.2f} |", flush=True)
    wall, cpu, peak = (np.array(column) for column in zip(*found, strict=True))
    print(f"| all, one after another | {wall.sum():.1f} | {cpu.sum():.1f} | {peak.max():.2f} |")


if __name__ == "__main__":
    main()
