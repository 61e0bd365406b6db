"""Plain text for the tokenizer and for pre-training, language by language."""

import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import TEXTS, read_table
from workflow_scripts.training.overlaps import read_overlaps, without_overlaps

_log = logging.getLogger(__name__)


def read_texts(paths: Iterable[str | Path], paths_to_overlaps: Iterable[str | Path]) -> dict[str, pa.Table]:
    """Return the TEXTS of each language (languages sorted) without overlaps and blank lines.

    Raises InputError where nothing is left.
    """
    paths = list(paths)
    columns = ["text_id", "group_id", "source", "lang", "text"]
    table = pa.concat_tables([read_table(path, TEXTS, columns) for path in paths])
    kept = without_overlaps(table, "text_id", read_overlaps(paths_to_overlaps, "texts"))
    _log.info("%d texts, %d left out as overlapping evaluation text", kept.num_rows, table.num_rows - kept.num_rows)
    filled = np.array([bool(text.strip()) for text in kept["text"].to_pylist()], dtype=bool)
    kept = kept.filter(pa.array(filled))
    if kept.num_rows == 0:
        raise InputError(f"{', '.join(map(str, paths))}: no text is left; add texts or look at the overlaps")
    langs = np.array(kept["lang"].to_pylist())
    return {lang: kept.filter(pa.array(langs == lang)) for lang in sorted(set(langs.tolist()))}
