"""A run's monolingual scores as a result file of MTEB (arXiv 2210.07316), which its tools and leaderboard read."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from workflow_scripts.data.errors import InputError

_MONOLINGUAL = "monolingual"
_MAIN = "ndcg@10"
_NO_REVISION = "no_revision_available"  # MTEB's own word where there is none: it takes no null here


def mteb_result(
    scores: pa.Table, task: str, split: str, languages: Mapping[str, str], subsets: Mapping[str, str]
) -> dict[str, Any]:
    """Return the file's content: one entry a language under ``scores.<split>``, with each metric's mean over queries.

    ``scores`` has the columns of SCORES; ``languages``: our code → ISO 639-3 and script, as MTEB names them
    (``swh-Latn``); ``subsets``: our code → the subset of the dataset that holds the language. What MTEB would know and
    we do not is null (its version) or ``no_revision_available`` (the dataset's revision there). Raises InputError where
    the run has no monolingual score.
    """
    table = scores.select(["setting", "query_lang", "metric", "value"]).to_pandas()
    means = table[table["setting"] == _MONOLINGUAL].groupby(["query_lang", "metric"], observed=True)["value"].mean()
    if means.empty:
        raise InputError(f"{task}: no monolingual score, which is all that an MTEB result of retrieval can hold")
    entries = []
    for lang, of_lang in means.groupby(level="query_lang", observed=True):
        values = {_name(metric): round(float(value), 6) for (_, metric), value in of_lang.items()}
        main = values.get(_name(_MAIN), next(iter(values.values())))
        named = {"hf_subset": subsets[str(lang)], "languages": [languages[str(lang)]]}
        entries.append({**values, "main_score": main, **named})
    return {
        "dataset_revision": _NO_REVISION,
        "task_name": task,
        "mteb_version": None,
        "scores": {split: entries},
        "evaluation_time": None,
        "kg_co2_emissions": None,
    }


def _name(metric: str) -> str:
    return metric.replace("@", "_at_")
