"""Passages of JSON lines, read by the block: the same rows, and the same complaint, as read by the line."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from hypothesis import example, given
from hypothesis import strategies as st

from workflow_scripts.data import passage_files
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.passages import blocks_of, tidy
from workflow_scripts.data.row_counts import RowCounts

TEXTS = st.sampled_from(["a", " b ", "", "\u2028", "é", "日本", "😀", "\0", "\r\n", '"', "x" * 40])
ODD = st.sampled_from([None, 5, True, [], "\ud800"])
VALUES = st.one_of(*[TEXTS] * 9, ODD)
RECORDS = st.fixed_dictionaries({}, optional=dict.fromkeys(("docid", "title", "text", "other"), VALUES))
WHOLE = st.fixed_dictionaries({"docid": TEXTS, "text": TEXTS}, optional={"title": TEXTS})
LINES = st.one_of(
    *[WHOLE.map(json.dumps)] * 9, RECORDS.map(json.dumps), st.sampled_from(["", " ", "{", "[]", '{"docid": "a"},{}'])
)
FILES = st.tuples(st.lists(LINES, max_size=9), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n", "\n\n"]))


def read(blocks):
    """Rows and counts, or what is complained of; a complaint's rows before it are thrown away by whoever reads."""
    counts, rows = RowCounts(), []
    try:
        for block in blocks(counts):
            rows += block.to_pylist()
    except InputError as error:
        return str(error)
    return rows, {key: count for key, count in counts.items() if count}


@given(FILES, st.sampled_from([1, 20, 90]), st.sampled_from([1, 3]))
@example((['{"docid": " ", "text": ""}'], "\n", ""), 90, 3)
@example((['{"docid": "a", "text": "a"}'], "\n", "\n\n"), 20, 1)
def test_blocks_hold_what_lines_hold(file, at_once, pieces):
    lines, end, last = file
    with TemporaryDirectory() as folder:
        path = Path(folder, "docs.jsonl")
        path.write_bytes((end.join(lines) + last).encode())
        with patch.multiple(passage_files, _BYTES=at_once, _PIECES=pieces):
            by_block = read(passage_files.json_shard(path, "docid").blocks)
        rows = passage_files._json_rows(path, "docid")
        assert by_block == read(lambda counts: (tidy(block, counts) for block in blocks_of(rows)))
