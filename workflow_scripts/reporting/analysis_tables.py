"""Reading the CSV tables of the analysis (``docs/architecture.md``) for figures and the page."""

from pathlib import Path

import pandas as pd

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import MEANS, read_table

MODELS = {"model": str, "label": str, "family": str, "non_embedding": int, "total": int}
PER_GROUP = {
    "model": str,
    "strategy": str,
    "collection": str,
    "setting": str,
    "metric": str,
    "group": str,
    "languages": str,
    "queries": int,
    "units": int,
    "seeds": int,
    "mean": float,
    "sd": float,
    "low": float,
    "high": float,
}
PER_LANGUAGE = {("lang" if name == "group" else name): kind for name, kind in PER_GROUP.items() if name != "languages"}
PER_LANGUAGE["effective_units"] = float
BIAS = {
    "model": str,
    "strategy": str,
    "collection": str,
    "measure": str,
    "query_lang": str,
    "passage_lang": str,
    "mean": float,
}
COMPARISONS = {
    "collection": str,
    "setting": str,
    "metric": str,
    "model": str,
    "group": str,
    "languages": str,
    "strategy": str,
    "baseline": str,
    "queries": int,
    "units": int,
    "difference": float,
    "low": float,
    "high": float,
    "effect": float,
    "effect_low": float,
    "effect_high": float,
    "p": float,
    "p_holm": float,
    "detectable": float,
}
SCALING = {
    "collection": str,
    "setting": str,
    "metric": str,
    "group": str,
    "strategy": str,
    "models": int,
    "slope": float,
    "low": float,
    "high": float,
    "intercept": float,
    "left_out": str,
}
PUBLISHED = {
    "system": str,
    "strategy": str,
    "dataset": str,
    "setting": str,
    "lang": str,
    "metric": str,
    "value": float,
    "source": str,
}
PUBLISHED_CELLS = {
    "collection": str,
    "setting": str,
    "metric": str,
    "lang": str,
    "model": str,
    "strategy": str,
    "ours": float,
    "low": float,
    "high": float,
    "system": str,
    "published": float,
    "difference": float,
    "within_interval": str,
    "source": str,
}
COSTS = {
    "model": str,
    "strategy": str,
    "stage": str,
    "runs": int,
    "wall_hours": float,
    "cpu_hours": float,
    "gpu_hours": float,
}
PART_RECALL = {
    "kind": str,
    "query_lang": str,
    "passage_lang": str,
    "queries": int,
    "k": int,
    "recall": float,
    "index_bytes": int,
    "vector_bytes": int,
}
INDEX_RECALL = {
    "kind": str,
    "model": str,
    "strategy": str,
    "collection": str,
    "setting": str,
    "k": int,
    "seeds": int,
    "queries": int,
    "recall": float,
    "sd": float,
    "lowest": float,
    "index_bytes": int,
    "vector_bytes": int,
}
YIELD = {"source": str, "lang": str, "side": str, "reason": str, "count": int}
OVERLAPS = {"kind": str, "source": str, "lang": str, "reason": str, "checked": int, "dropped": int}


def read_analysis_table(path: str | Path, columns: dict[str, type]) -> pd.DataFrame:
    """Read a CSV table; ``columns`` of ``str`` keep every text as written, numbers may be empty (NaN).

    Other columns stay text. Raises InputError where the file or a column is missing or a number is none.
    """
    try:
        # Without this the language code "nan" (Min Nan) would be a missing value.
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run the rule that makes it") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a readable CSV table ({error}); remove it and rerun") from error
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise InputError(f"{path}: columns {', '.join(missing)} are missing; the table has {', '.join(table.columns)}")
    for name, kind in columns.items():
        if kind is str:
            continue
        numbers = pd.to_numeric(table[name].replace("", "nan"), errors="coerce")
        wrong = numbers.isna() & ~table[name].str.lower().isin(("", "nan"))
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            raise InputError(f"{path}, line {row + 2}: {name} is {table[name].iloc[row]!r}, not a number")
        table[name] = numbers.astype("Int64") if kind is int else numbers.astype(float)
    return table


def select_rows(table: pd.DataFrame, path: str | Path, **values: str) -> pd.DataFrame:
    """Return the rows whose columns have ``values``; raise InputError that names the file where there is none."""
    keep = pd.Series(True, index=table.index)
    for name, value in values.items():
        keep &= table[name] == value
    if not keep.any():
        wanted = ", ".join(f"{name} {value}" for name, value in values.items())
        raise InputError(f"{path}: no row with {wanted}; ask for what the experiment measures")
    return table[keep].reset_index(drop=True)


def read_means(path: str | Path) -> pd.DataFrame:
    """Read means.parquet: model, strategy, seed, collection, setting, metric, query_lang, passage_lang, mean."""
    columns = ["model", "strategy", "seed", "collection", "setting", "metric", "query_lang", "passage_lang", "mean"]
    table = read_table(path, MEANS, columns)
    return pd.DataFrame({name: table[name].to_pylist() for name in columns})
