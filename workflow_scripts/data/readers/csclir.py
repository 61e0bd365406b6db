"""MS MARCO in the shape of rlitschk/csclir (arXiv 2305.05295): one judged query and passage a line, text included.

``{"qid", "query", "pid", "passage", "label"}``, where label 1 is relevant and 0 is not. Files lie in folders named by
the languages of both sides (``xxxx``: English whose words are replaced from many languages' lexicons).
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workflow_scripts.data.draw import draw_keys, hash_of
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.groups import Groups
from workflow_scripts.data.records import Negative, Pair
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_lines import filled_field, read_json_lines, string_field


def read_csclir_pairs(
    paths: list[Path], counts: RowCounts, *, examples: int | None, negatives: int, seed: int
) -> Iterator[Pair]:
    """Yield ``examples`` pairs of a query and a passage of label 1, with up to ``negatives`` of the query's label 0.

    Pairs are drawn by a hash of their ids in a first pass and read in a second; negatives are those of the least hash.
    Pairs that share a query or a passage, directly or through others, are one group. A pair that stands twice (its
    words replaced otherwise) is read once. Memory: the texts drawn.
    """
    positives = (_key(record) for record in _records(paths) if record["label"])
    drawn = draw_keys(positives, examples or 1 << 62, seed)
    queries = {key.partition("\t")[0] for key in drawn}
    pairs: dict[str, tuple[str, str, str]] = {}
    others: dict[str, dict[str, str]] = defaultdict(dict)
    for record in _records(paths):
        key = _key(record)
        if record["label"] and key in pairs:
            counts["pairs", "repeated pair"] += 1
        elif record["label"]:
            if key in drawn:
                pairs[key] = record["qid"], record["query"], record["passage"]
            else:
                counts["pairs", "not drawn"] += 1
        elif negatives and record["qid"] in queries and record["passage"]:
            least = others[record["qid"]]
            least.setdefault(key, record["passage"])
            if len(least) > negatives:
                del least[max(least, key=lambda name: hash_of(name, seed))]
    groups = Groups()
    for key in sorted(pairs):  # the same groups in whatever order a language's file is
        query_id, passage_id = key.split("\t")
        groups.join(f"q{query_id}", f"p{passage_id}")
    for key in sorted(pairs):
        query_id, query, passage = pairs[key]
        if not query or not passage:
            counts["pairs", "empty query" if not query else "empty passage"] += 1
            continue
        found = [Negative("", others[query_id][name]) for name in sorted(others.get(query_id, ()))]
        yield Pair(key.replace("\t", "-"), groups.root(f"q{query_id}"), query, "", passage, found or None)


def _key(record: dict[str, Any]) -> str:
    return f"{record['qid']}\t{record['pid']}"


def _records(paths: list[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        for number, record in read_json_lines(path):
            where = f"{path}: line {number}"
            if record.get("label") not in (0, 1):
                raise InputError(f"{where}: 'label' is {record.get('label')!r}, not 0 or 1")
            for key in ("qid", "pid"):
                if isinstance(record.get(key), int):  # upstream writes both
                    record[key] = str(record[key])
                record[key] = filled_field(record, key, where)
            for key in ("query", "passage"):
                record[key] = string_field(record, key, where)
            yield record
