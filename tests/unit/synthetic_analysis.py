"""Analysis tables of a made-up experiment: values by formula, so that tests know them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from workflow_scripts.data.tables import MEANS, write_table
from workflow_scripts.reporting.figure_files import FigureFiles

LANGUAGES = {
    "en": "English",
    "es": "Spanish",
    "ru": "Russian",
    "hi": "Hindi",
    "id": "Indonesian",
    "ar": "Arabic",
    "sw": "Swahili",
    "te": "Telugu",
    "bn": "Bengali",
    "yo": "Yoruba",
}
GROUPS = {
    "all": list(LANGUAGES),
    "low-resource": ["sw", "te", "bn", "yo"],
    "low-resource without yo": ["sw", "te", "bn"],
    "seen in fine-tuning": ["en", "es", "ru", "hi", "id", "ar", "sw", "bn"],
    "unseen in fine-tuning": ["te", "yo"],
}
MODELS = {"atlas-s": ("S", 25_000), "atlas-m": ("M", 156_000), "atlas-l": ("L", 890_000)}
STRATEGIES = {
    "untuned": "not fine-tuned",
    "english": "English only",
    "mono": "monolingual batches",
    "cross": "cross-lingual batches",
    "hybrid": "hybrid batches",
}
SETTINGS = ("monolingual", "cross-lingual", "multilingual")
METRICS = ("ndcg@10", "recall@100", "map")
LEVEL = {"untuned": 0.1, "english": 0.3, "mono": 0.5, "cross": 0.42, "hybrid": 0.48, "bm25": 0.45}


def settings(**more) -> dict:
    """Settings of any plot of this experiment."""
    return {
        "report": {
            "title": "A made-up experiment",
            "collection": "atlas",
            "setting": "monolingual",
            "metric": "ndcg@10",
            "group": "low-resource",
            "compare": {"strategy": "hybrid", "baselines": ["mono", "cross"]},
        },
        "collections": {
            "atlas": {"languages": list(LANGUAGES), "settings": list(SETTINGS), "parallel": True, "groups": GROUPS}
        },
        "metrics": list(METRICS),
        "models": list(MODELS),
        "strategies": list(STRATEGIES),
        "families": dict.fromkeys(MODELS, "atlas"),
        "statistics": {"draws": 2000, "confidence": 0.95, "seed": 1},
        "labels": {"models": {name: label for name, (label, _) in MODELS.items()}, "strategies": STRATEGIES},
        "alphas": {"mono": 1.0, "cross": 0.0, "hybrid": 0.5},
        "languages": LANGUAGES,
        **more,
    }


def figure_files(folder, name: str = "a") -> FigureFiles:
    """Where a test lets a figure be written."""
    return FigureFiles(*(folder / f"{name}.{form}" for form in ("svg", "png", "pdf")))


def value(model: str, strategy: str, setting: str, lang: str) -> float:
    """The made-up mean of any metric in 0..1."""
    size = 0 if model == "bm25" else list(MODELS).index(model)
    penalty = {"monolingual": 0, "cross-lingual": 0.2, "multilingual": 0.25}[setting]
    scarce = 0.12 if lang in GROUPS["low-resource"] else 0.0
    if setting != "monolingual" and strategy == "bm25":
        return 0.05
    return max(0.01, LEVEL[strategy] + 0.09 * size - penalty - scarce + 0.01 * list(LANGUAGES).index(lang))


def write_tables(folder: Path) -> dict[str, Path]:
    """Write every CSV and Parquet table below ``folder``; return their paths by name."""
    folder.mkdir(parents=True, exist_ok=True)
    systems = [(model, strategy) for model in MODELS for strategy in STRATEGIES] + [("bm25", "bm25")]
    per_language, per_group, means, bias, comparisons = [], [], [], [], []
    for model, strategy in systems:
        base = {"model": model, "strategy": strategy, "collection": "atlas"}
        seeds = 2 if strategy in ("english", "mono", "cross", "hybrid") else 1
        for setting in SETTINGS:
            for metric in (*METRICS, *(("rank_distance", "rank_distance_share") if setting == "multilingual" else ())):
                scale = {"rank_distance": 9000, "rank_distance_share": 0.8}.get(metric, 1)
                key = {**base, "setting": setting, "metric": metric}
                by_lang = {lang: scale * value(model, strategy, setting, lang) for lang in LANGUAGES}
                spread = {"sd": 0.01 * scale if seeds > 1 else "", "seeds": seeds}
                for lang, mean in by_lang.items():
                    interval = {"mean": mean, "low": mean - 0.06 * scale, "high": mean + 0.05 * scale}
                    count = {"queries": 150, "units": 150, "effective_units": 150.0}
                    per_language.append({**key, "lang": lang, **count, **spread, **interval})
                for group, members in GROUPS.items():
                    mean = float(np.mean([by_lang[lang] for lang in members]))
                    interval = {"mean": mean, "low": mean - 0.03 * scale, "high": mean + 0.025 * scale}
                    counts = {
                        "languages": " ".join(members),
                        "queries": 150 * len(members),
                        "units": 150 * len(members),
                    }
                    per_group.append({**key, "group": group, **counts, **spread, **interval})
            for seed in range(1, seeds + 1):
                for query_lang in LANGUAGES:
                    for passage_lang in LANGUAGES:
                        if setting == "multilingual" or (setting == "monolingual") != (query_lang == passage_lang):
                            continue
                        mean = value(model, strategy, setting, query_lang) - 0.01 * list(LANGUAGES).index(passage_lang)
                        pair = {"query_lang": query_lang, "passage_lang": passage_lang, "queries": 150}
                        means.append(
                            {
                                **base,
                                "seed": seed,
                                "setting": setting,
                                "metric": "ndcg@10",
                                **pair,
                                "mean": max(mean, 0),
                            }
                        )
        own = {"untuned": 0.9, "english": 0.6, "mono": 0.7, "cross": 0.15, "hybrid": 0.25, "bm25": 0.95}[strategy]
        for query_lang in LANGUAGES:
            for passage_lang in LANGUAGES:
                share = own if query_lang == passage_lang else (1 - own) / 9
                for measure, number in (("top10_share", share), ("pool_share", 0.1), ("gold_rank", 40.0)):
                    pair = {"query_lang": query_lang, "passage_lang": passage_lang}
                    bias.append({**base, "measure": measure, **pair, "seeds": seeds, "mean": number, "sd": ""})
    for model in MODELS:
        for setting in SETTINGS:
            for i, group in enumerate([*GROUPS, *(f"lang:{lang}" for lang in LANGUAGES)]):
                for baseline in ("mono", "cross"):
                    difference = LEVEL["hybrid"] - LEVEL[baseline] + 0.004 * (i % 5 - 2)
                    comparisons.append(
                        {
                            "collection": "atlas",
                            "setting": setting,
                            "metric": "ndcg@10",
                            "model": model,
                            "group": group,
                            "languages": " ".join(GROUPS.get(group, [group.removeprefix("lang:")])),
                            "strategy": "hybrid",
                            "baseline": baseline,
                            "queries": 150,
                            "units": 150,
                            "difference": difference,
                            "low": difference - 0.03,
                            "high": difference + 0.03,
                            "effect": difference / 0.4,
                            "effect_low": (difference - 0.03) / 0.4,
                            "effect_high": (difference + 0.03) / 0.4,
                            "p": 0.01 if baseline == "cross" else 0.3,
                            "p_holm": 0.03 if baseline == "cross" else 1.0,
                            "detectable": 0.042,
                        }
                    )
    scaling = [
        {
            "collection": "atlas",
            "setting": "monolingual",
            "metric": "ndcg@10",
            "group": "low-resource",
            "strategy": strategy,
            "models": 3,
            "slope": 0.058,
            "low": 0.03,
            "high": 0.08,
            "intercept": 0.1,
            "left_out": left_out,
        }
        for strategy in (*STRATEGIES, "hybrid - mono", "hybrid - cross")
        for left_out in ("", *MODELS)
    ]
    sizes = [
        {
            "model": name,
            "label": label,
            "family": "atlas",
            "layers": 2,
            "hidden": 64,
            "vocabulary": 8000,
            "embedding": 512_000,
            "non_embedding": size,
            "total": size + 512_000,
        }
        for name, (label, size) in MODELS.items()
    ]
    costs = [
        {
            "model": model,
            "strategy": strategy,
            "stage": stage,
            "runs": 2,
            "wall_hours": hours,
            "cpu_hours": 1.5 * hours,
            "gpu_hours": 0,
        }
        for model, (_, size) in MODELS.items()
        for strategy in STRATEGIES
        for stage, hours in (("pretrain", size / 1e6), ("finetune", size / 2e6), ("encode", size / 1e7))
        if stage != "finetune" or strategy != "untuned"
    ]
    paths = {}
    for name, rows in {
        "costs": costs,
        "models": sizes,
        "per_language": per_language,
        "per_group": per_group,
        "bias": bias,
        "comparisons": comparisons,
        "scaling": scaling,
    }.items():
        paths[name] = folder / f"{name}.csv"
        pd.DataFrame(rows).to_csv(paths[name], index=False)
    paths["means"] = folder / "means.parquet"
    write_means(pd.DataFrame(means), paths["means"])
    paths["verdict"] = folder / "verdict.json"
    return paths


def write_means(means, path):
    write_table(pa.Table.from_pandas(means, preserve_index=False), path, MEANS)


if __name__ == "__main__":
    import sys

    write_tables(Path(sys.argv[1]))
    (Path(sys.argv[1]) / "settings.json").write_text(json.dumps(settings()))
