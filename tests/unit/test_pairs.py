import numpy as np
import pyarrow as pa
import pytest
from training_case import pair_rows, write_case

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import PAIRS, write_table
from workflow_scripts.training.pairs import read_pairs


def written(folder, lang, rows):
    path = folder / f"{lang}.parquet"
    write_table(pa.Table.from_pylist(rows, schema=PAIRS), path, PAIRS)
    return path


def test_pairs_line_up_across_languages_and_overlaps_go_in_all_of_them(tmp_path):
    paths = write_case(tmp_path)
    pairs = read_pairs(paths["pairs"], paths["overlaps"])
    (source,) = pairs.sources
    assert pairs.languages == ["en", "hi", "sw"]
    assert source.queries.shape == (3, 59) and pairs.left_out == 3
    column = np.flatnonzero(source.queries[0] == pairs.queries.index(pair_rows("en")[7]["query"]))[0]
    assert pairs.queries[source.queries[2, column]] == pair_rows("sw")[7]["query"]
    assert pairs.passages[source.passages[1, column]] == (pair_rows("hi")[7]["title"], pair_rows("hi")[7]["passage"])
    assert not any(pair_rows(lang)[3]["query"] in pairs.queries for lang in ("en", "sw", "hi"))


def test_a_missing_side_stays_missing(tmp_path):
    rows = pair_rows("en", 4)
    rows[0]["query"] = rows[1]["passage"] = rows[1]["title"] = None
    (source,) = read_pairs([written(tmp_path, "en", rows)], []).sources
    assert (source.queries[0] >= 0).tolist() == [False, True, True, True]
    assert (source.passages[0] >= 0).tolist() == [True, False, True, True]


def test_languages_are_chosen_and_must_be_there(tmp_path):
    paths = write_case(tmp_path)
    assert read_pairs(paths["pairs"], [], ["en"]).languages == ["en"]
    with pytest.raises(InputError, match="no pairs in te"):
        read_pairs(paths["pairs"], [], ["en", "te"])


def test_wrong_pairs_are_refused(tmp_path):
    twice = pair_rows("en", 3)
    twice[1]["pair_id"] = "p0"
    with pytest.raises(InputError, match="p0 stands twice in en"):
        read_pairs([written(tmp_path / "a", "en", twice)], [])
    other = pair_rows("sw", 3)
    other[2]["group_id"] = "made:9"
    with pytest.raises(InputError, match="p2 has another group_id"):
        read_pairs([written(tmp_path / "b", "en", pair_rows("en", 3)), written(tmp_path / "b", "sw", other)], [])
    with pytest.raises(InputError, match="no pair is left"):
        read_pairs([written(tmp_path / "c", "en", [])], [])
