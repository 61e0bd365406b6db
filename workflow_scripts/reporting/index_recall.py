"""What the experiment's approximate indexes lose: recall against exact search by system, and what they weigh."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from workflow_scripts.data.errors import InputError
from workflow_scripts.reporting.analysis_tables import PART_RECALL, read_analysis_table

COLUMNS = (
    *("kind", "model", "strategy", "collection", "setting", "k", "seeds", "queries"),
    *("recall", "sd", "lowest", "index_bytes", "vector_bytes"),
)
_SLICE = ["kind", "model", "strategy", "collection", "setting", "k"]
_PAIR = ["query_lang", "passage_lang"]


def recall_rows(paths_to_recalls: list[Path], replicates: Mapping[str, str]) -> Iterator[list]:
    """Yield the rows of a table with ``COLUMNS``, one a system, collection, setting and cutoff k.

    Files are those of ``measure_recall``, ``…/<model>/<strategy>/<seed>/<collection>/<part>.csv``. ``recall`` is the
    mean over ordered pairs of languages (of queries and passages), then over runs, whose standard deviation is ``sd``;
    ``lowest`` is that of the pair with the lowest mean over runs. ``queries`` are those measured of a run. Bytes are of
    the collection's indexes and fp16 vectors, means over runs. ``replicates``: a further pre-training of a model → that
    model. Raises InputError where a file is not such a table.
    """
    parts = pd.concat([_read_part(path, replicates) for path in paths_to_recalls])
    for key, found in parts.groupby(_SLICE, sort=False):
        runs = found.groupby("run", sort=False)
        recalls = runs["recall"].mean()
        queries = found.groupby(["run", "query_lang"])["queries"].max().groupby("run").sum()
        sizes = found.drop_duplicates(["run", "passage_lang"]).groupby("run")[["index_bytes", "vector_bytes"]].sum()
        yield [
            *key,
            len(recalls),
            round(queries.mean()),
            float(recalls.mean()),
            float(recalls.std()),
            float(found.groupby(_PAIR)["recall"].mean().min()),
            *(round(sizes[name].mean()) for name in sizes),
        ]


def _read_part(path: Path, replicates: Mapping[str, str]) -> pd.DataFrame:
    """Return a part's rows with the run that its path names and the setting of each pair of languages."""
    names = path.parts[-5:-1]
    if len(names) < 4:
        raise InputError(
            f"{path}: does not lie in <model>/<strategy>/<seed>/<collection>/; name files of measure_recall"
        )
    model, strategy, seed, collection = names
    rows = read_analysis_table(path, PART_RECALL)
    same = rows["query_lang"] == rows["passage_lang"]
    return rows.assign(
        run=f"{model}/{seed}",
        model=replicates.get(model, model),
        strategy=strategy,
        collection=collection,
        setting=same.map({True: "monolingual", False: "cross-lingual"}),
    )
