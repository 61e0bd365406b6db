"""Texts lose the white space at their ends, whatever it is, and nothing else."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.data.passages import BLOCK, tidy
from workflow_scripts.data.row_counts import RowCounts

SPACES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
# Letters whose first or last bytes are also white space's.
TEXTS = st.text(st.one_of(st.sampled_from(SPACES), st.sampled_from("ab.àĠ\u0a80က\u3042\u2030")), max_size=6)


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=20))
def test_white_space_at_the_ends_goes_as_with_python(rows):
    counts = RowCounts()
    block = pa.record_batch([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], schema=BLOCK)
    stripped = [tuple(field.strip() for field in row) for row in rows]
    kept = [row for row in stripped if row[1] or row[2]]
    assert [tuple(row.values()) for row in tidy(block, counts).to_pylist()] == kept
    assert counts["passages", "neither title nor text"] == len(stripped) - len(kept)
