"""Files and tables that exist whole or not at all, and manifests that know their files."""

import json

import pyarrow as pa
import pytest

from workflow_scripts.data.atomic import atomic_file, atomic_folder
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import read_manifest, write_manifest
from workflow_scripts.data.tables import QRELS, count_rows, read_table, write_table


def test_a_file_that_failed_halfway_leaves_the_old_one(tmp_path):
    path = tmp_path / "sub" / "table"
    with atomic_file(path) as temporary:
        temporary.write_text("old")
    with pytest.raises(RuntimeError), atomic_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [entry.name for entry in path.parent.iterdir()] == ["table"]


def test_a_folder_appears_with_its_marker_or_not_at_all(tmp_path):
    folder = tmp_path / "model"
    with pytest.raises(RuntimeError), atomic_folder(folder) as temporary:
        (temporary / "weights").write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError, match="completeness marker"), atomic_folder(folder) as temporary:
        (temporary / "weights").write_text("whole")
    with atomic_folder(folder) as temporary:
        (temporary / "weights").write_text("whole")
        (temporary / "manifest.json").write_text("{}")
    assert sorted(entry.name for entry in folder.iterdir()) == ["manifest.json", "weights"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["model"]


def test_a_manifest_notices_a_changed_and_a_missing_file(tmp_path):
    (tmp_path / "weights").write_bytes(b"abc")
    write_manifest(tmp_path, inputs=[tmp_path / "weights"], seed=7)
    manifest = read_manifest(tmp_path)
    assert manifest["seed"] == 7 and manifest["versions"]["python"]
    assert manifest["machine"]["processors"] >= 1 and manifest["machine"]["system"]
    assert list(manifest["files"]) == ["weights"]
    (tmp_path / "weights").write_bytes(b"abd")
    with pytest.raises(InputError, match="weights: missing, damaged or not the file that its manifest names"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(InputError, match="not whole"):
        read_manifest(tmp_path)


def test_facts_of_a_manifest_are_json(tmp_path):
    with pytest.raises(TypeError):
        write_manifest(tmp_path, inputs=[], seed={1, 2})
    assert list(tmp_path.iterdir()) == []
    write_manifest(tmp_path, inputs=[], seed=1)
    assert json.loads((tmp_path / "manifest.json").read_text())["files"] == {}


def test_a_table_has_exactly_its_schema(tmp_path):
    path = tmp_path / "qrels.parquet"
    rows = {"query_id": ["1#0"], "passage_id": ["1#0"], "relevance": [1], "extra": ["x"]}
    write_table(pa.table(rows), path, QRELS)
    assert read_table(path, QRELS).column_names == QRELS.names
    assert read_table(path, QRELS, ["relevance"]).to_pydict() == {"relevance": [1]}
    with pytest.raises(InputError, match="columns relevance are missing"):
        write_table(pa.table({"query_id": ["1"], "passage_id": ["1"]}), path, QRELS)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="not a readable table"):
        read_table(path, QRELS)
    with pytest.raises(InputError, match="no such file"):
        read_table(tmp_path / "none.parquet", QRELS)


def test_rows_are_counted_by_the_footer_alone(tmp_path):
    # A large corpus' ids take a gigabyte, which counting has no need of.
    path = tmp_path / "qrels.parquet"
    rows = [{"query_id": f"q{i}", "passage_id": f"p{i}", "relevance": 1} for i in range(5000)]
    write_table(pa.Table.from_pylist(rows, schema=QRELS), path, QRELS)
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="is damaged"):
        read_table(path, QRELS)
    assert count_rows(path, QRELS) == 5000
    path.write_bytes(content[:-10])
    with pytest.raises(InputError, match=r"qrels\.parquet: not a readable table"):
        count_rows(path, QRELS)


def test_equal_rows_give_equal_bytes(tmp_path):
    rows = pa.table({"query_id": ["a", "b"], "passage_id": ["c", "d"], "relevance": [1, 0]})
    write_table(rows, tmp_path / "one", QRELS)
    write_table(rows, tmp_path / "two", QRELS)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
