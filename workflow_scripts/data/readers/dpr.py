"""DPR's training files (arXiv 2004.04906): Natural Questions, TriviaQA, SQuAD and their like as one JSON array.

Each element is ``{"question", "positive_ctxs", "hard_negative_ctxs"}``, where a context has ``title`` and ``text``.
"""

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.json_array import read_json_array
from workflow_scripts.data.records import Negative, Pair
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_lines import string_field


def read_dpr_pairs(paths: list[Path], counts: RowCounts, *, negatives: int) -> Iterator[Pair]:
    """Yield question and first positive context, with the first ``negatives`` hard negatives: what DPR trains on.

    ``pair_id`` is the element's number, over all files; pairs of one passage are one group. Elements without a
    positive context are dropped and counted.
    """
    number = -1
    for path in paths:
        for element, record in read_json_array(path):
            number += 1
            where = f"{path}: element {element}"
            question = string_field(record, "question", where)
            positives = _passages(record, "positive_ctxs", where)
            if not question or not positives:
                counts["pairs", "empty query" if not question else "no positive passage"] += 1
                continue
            hard = [passage for passage in _passages(record, "hard_negative_ctxs", where) if passage not in positives]
            title, passage = positives[0]
            yield Pair(str(number), passage_group(title, passage), question, title, passage, hard[:negatives] or None)


def passage_group(title: str, passage: str) -> str:
    """Return a name that a passage's text alone decides, for sources whose passages have no id."""
    return blake2b(f"{title}\n{passage}".encode(), digest_size=8).hexdigest()


def _passages(record: dict[str, Any], key: str, where: str) -> list[Negative]:
    contexts = record.get(key, [])
    if not isinstance(contexts, list) or not all(isinstance(context, dict) for context in contexts):
        raise InputError(f"{where}: {key!r} is not a list of objects with 'title' and 'text'")
    found = []
    for place, context in enumerate(contexts):
        inside = f"{where}: {key}[{place}]"
        title = string_field(context, "title", inside) if context.get("title") is not None else ""
        text = string_field(context, "text", inside)
        if text:
            found.append(Negative(title, text))
    return found
