"""Score files of made-up runs, so that tests know every mean."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

from workflow_scripts.data.tables import BIAS, SCORES, write_table

Row = tuple[str, str, str, str, str, float]  # setting, query_lang, passage_lang, query_id, metric, value
COLUMNS = ("setting", "query_lang", "passage_lang", "query_id", "metric", "value")


def analysis(
    languages: list[str],
    *,
    parallel: bool,
    groups: dict[str, list[str]] | None = None,
    models: Iterable[str] = ("s", "m", "l"),
    strategies: Iterable[str] = ("mono", "cross", "hybrid"),
    draws: int = 400,
    **statistics,
) -> dict:
    """Settings of ``aggregate``, ``compare``, ``fit_scaling`` and, with labels, ``format_tables``."""
    design = {"languages": languages, "parallel": parallel, "groups": groups or {"all": languages}}
    return {
        "collections": {"toy": design},
        "models": list(models),
        "strategies": list(strategies),
        "metrics": ["ndcg@10"],
        "statistics": {"draws": draws, "confidence": 0.95, "seed": 1, **statistics},
        "report": {
            "collection": "toy",
            "setting": "monolingual",
            "metric": "ndcg@10",
            "group": "all",
            "compare": {"strategy": "hybrid", "baselines": ["mono"]},
        },
    }


def monolingual(scores: dict[str, np.ndarray], metric: str = "ndcg@10") -> list[Row]:
    """Rows of the monolingual setting: one value a query of each language."""
    return [
        ("monolingual", lang, lang, f"q{i}", metric, float(value))
        for lang, values in scores.items()
        for i, value in enumerate(values)
    ]


def write_scores(folder: Path, model: str, strategy: str, seed: int, rows: list[Row], collection: str = "toy") -> Path:
    """Write one run's score file."""
    table = pa.table(dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True)))
    for name, value in (("model", model), ("strategy", strategy), ("seed", seed), ("collection", collection)):
        table = table.append_column(name, pa.array([value] * len(rows)))
    path = folder / model / strategy / str(seed) / f"{collection}.parquet"
    write_table(table, path, SCORES)
    return path


def write_bias(folder: Path, model: str, strategy: str, seed: int, values: dict[tuple[str, str, str], float]) -> Path:
    """Write one run's bias file from (measure, query language, passage language) → value."""
    keys = list(values)
    table = pa.table(
        {
            "model": [model] * len(keys),
            "strategy": [strategy] * len(keys),
            "seed": [seed] * len(keys),
            "collection": ["toy"] * len(keys),
            "measure": [key[0] for key in keys],
            "query_lang": [key[1] for key in keys],
            "passage_lang": [key[2] for key in keys],
            "value": list(values.values()),
        }
    )
    path = folder / model / strategy / str(seed) / "toy.bias.parquet"
    write_table(table, path, BIAS)
    return path
