"""The entry modules of preparation: tables, counts, one-line errors."""

import csv
import gzip
import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from isal import igzip_threaded

from workflow_scripts.data import distinct_ids, passage_files, passage_table
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.pair_sources import PairOptions
from workflow_scripts.data.passage_check import PassageCheck
from workflow_scripts.data.tables import PAIRS, PASSAGES, QRELS, QUERIES, TEXTS, read_table, write_table
from workflow_scripts.prepare_collection import prepare_collection
from workflow_scripts.prepare_pairs import prepare_pairs
from workflow_scripts.prepare_texts import prepare_texts

REPOSITORY = Path(__file__).resolve().parents[2]


def counts(path):
    return {(row["kind"], row["reason"]): int(row["count"]) for row in csv.DictReader(path.read_text().splitlines())}


def write_lines(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_pairs_carry_the_sources_name(tmp_path):
    rows = [
        {"id": "a", "group": "g", "query": "Q", "passage": "P", "negatives": [{"title": "T", "passage": "N"}]},
        {"id": "b", "group": "g", "query": "", "passage": "P"},
    ]
    write_lines(tmp_path / "pairs-sw.jsonl", *rows)
    prepare_pairs(
        source="mine",
        format="jsonl",
        lang="sw",
        options=PairOptions(),
        path_to_root=tmp_path,
        path_to_pairs=tmp_path / "sw.parquet",
        path_to_dropped=tmp_path / "dropped.csv",
    )
    assert read_table(tmp_path / "sw.parquet", PAIRS).to_pylist() == [
        {
            "pair_id": "a",
            "group_id": "mine:g",
            "source": "mine",
            "lang": "sw",
            "origin": "native",
            "query": "Q",
            "title": "",
            "passage": "P",
            "negatives": [{"title": "T", "passage": "N"}],
        }
    ]
    assert counts(tmp_path / "dropped.csv") == {("pairs", "kept"): 1, ("pairs", "empty query"): 1}


def test_pairs_made_before_they_had_negatives_are_refused(tmp_path):
    before = PAIRS.remove(PAIRS.get_field_index("negatives"))
    write_table(before.empty_table(), tmp_path / "sw.parquet", before)
    with pytest.raises(InputError, match=r"no column negatives\); remove it and rerun"):
        read_table(tmp_path / "sw.parquet", PAIRS)


def test_texts_carry_the_sources_name(tmp_path):
    (tmp_path / "sw.txt").write_text("moja\n\n", encoding="utf-8")
    prepare_texts(
        source="news",
        format="ntrex",
        lang="sw",
        path_to_root=tmp_path,
        path_to_texts=tmp_path / "sw.parquet",
        path_to_dropped=tmp_path / "dropped.csv",
    )
    assert read_table(tmp_path / "sw.parquet", TEXTS).to_pylist() == [
        {"text_id": "1", "group_id": "news:1", "source": "news", "lang": "sw", "text": "moja"}
    ]
    assert counts(tmp_path / "dropped.csv") == {("texts", "kept"): 1, ("texts", "empty text"): 1}


@pytest.fixture
def miracl(tmp_path):
    folder = tmp_path / "root/miracl-v1.0-yo"
    for name, text in (
        ("topics", "1\tOne?\n2\tTwo?\n3\tThree?\n"),
        ("qrels", "1\tQ0\ta#0\t1\n2\tQ0\ta#0\t0\n"),
    ):
        (folder / name).mkdir(parents=True)
        (folder / name / f"{name}.miracl-v1.0-yo-dev.tsv").write_text(text, encoding="utf-8")
    corpus = tmp_path / "root/miracl-corpus-v1.0-yo"
    corpus.mkdir()
    with gzip.open(corpus / "docs-0.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps({"docid": "a#0", "title": "T", "text": "A."}) + "\n")
        file.write(json.dumps({"docid": "a#1", "title": "T", "text": "B."}) + "\n")
    return tmp_path


def prepare_miracl(folder, sizes=None):
    prepare_collection(
        collection="miracl",
        format="miracl",
        lang="yo",
        options={},
        path_to_root=folder / "root",
        path_to_queries=folder / "out/queries.parquet",
        path_to_passages=folder / "out/passages.parquet",
        path_to_qrels=folder / "out/qrels.parquet",
        path_to_dropped=folder / "out/dropped.csv",
        path_to_partial=folder / "partial",
        sizes=sizes,
    )


def test_a_collection_keeps_and_counts_queries_without_judgement(miracl):
    prepare_miracl(miracl)
    queries = read_table(miracl / "out/queries.parquet", QUERIES)
    assert queries["query_id"].to_pylist() == ["1", "2", "3"]
    assert set(queries["lang"].to_pylist()) == {"yo"}
    assert read_table(miracl / "out/passages.parquet", PASSAGES)["passage_id"].to_pylist() == ["a#0", "a#1"]
    assert read_table(miracl / "out/qrels.parquet", QRELS)["relevance"].to_pylist() == [1, 0]
    assert counts(miracl / "out/dropped.csv") == {
        ("passages", "kept"): 2,
        ("qrels", "kept"): 2,
        ("queries", "kept"): 3,
        ("queries", "kept: without judgement"): 1,
        ("queries", "kept: judged, but without relevant passage"): 1,
    }


def test_judged_passages_that_upstream_lacks_are_named_by_their_number(tmp_path):
    """As of ArguAna, whose test split judges five passages that are in no corpus."""
    rows = [f"q{n}\tp{n}\t1\n" for n in (1, 2, 3)] + ["q1\tp3\t0\n"]
    write_lines(tmp_path / "root/queries.jsonl", *({"_id": f"q{n}", "text": "Q?"} for n in (1, 2, 3)))
    passages = [{"_id": "p1", "title": "", "text": "P."}, {"_id": "p2", "title": " ", "text": ""}]
    write_lines(tmp_path / "root/corpus.jsonl", *passages)
    (tmp_path / "root/qrels").mkdir()
    (tmp_path / "root/qrels/test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(rows))

    def prepare(**settings):
        paths = {f"path_to_{name}": tmp_path / f"out/{name}.parquet" for name in ("queries", "passages", "qrels")}
        paths |= {"path_to_dropped": tmp_path / "out/dropped.csv", "path_to_partial": tmp_path / "partial"}
        root = tmp_path / "root"
        prepare_collection(collection="c", format="beir", lang="en", options={}, path_to_root=root, **paths, **settings)

    for number in (0, 1, 3):
        says = (
            rf"test\.tsv: line 3: passage 'p2' is not in .*; of the judged passages 2 are missing, not {number}: fetch"
        )
        with pytest.raises(InputError, match=says):
            prepare(missing_passages=number)
    prepare(missing_passages=2)
    assert read_table(tmp_path / "out/qrels.parquet", QRELS).num_rows == 4
    assert counts(tmp_path / "out/dropped.csv") == {
        ("passages", "kept"): 1,
        ("passages", "neither title nor text"): 1,
        ("qrels", "kept"): 4,
        ("qrels", "kept: passage not among the passages"): 3,
        ("queries", "kept"): 3,
    }
    write_lines(tmp_path / "root/corpus.jsonl", *({"_id": f"p{n}", "title": "", "text": "P."} for n in (1, 2, 3)))
    with pytest.raises(InputError, match="lacks no judged passage, but missing_passages says 2; remove it"):
        prepare(missing_passages=2)


def test_equal_input_gives_equal_bytes(miracl):
    prepare_miracl(miracl)
    first = {path.name: path.read_bytes() for path in (miracl / "out").iterdir()}
    prepare_miracl(miracl)
    assert {path.name: path.read_bytes() for path in (miracl / "out").iterdir()} == first


def test_a_broken_collection_leaves_nothing(miracl):
    (path,) = (miracl / "root/miracl-v1.0-yo/qrels").iterdir()
    path.write_text("1\tQ0\tabsent#0\t1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 1: passage 'absent#0'"):
        prepare_miracl(miracl)
    assert not list((miracl / "out").iterdir())


def add_shards(folder, *sizes):
    """Further shards of so many passages each."""
    corpus = folder / "root/miracl-corpus-v1.0-yo"
    for shard, size in enumerate(sizes, start=1):
        with gzip.open(corpus / f"docs-{shard}.jsonl.gz", "wt", encoding="utf-8") as file:
            for number in range(size):
                file.write(json.dumps({"docid": f"{shard}#{number}", "title": "", "text": f"{number} "}) + "\n")
            file.write(json.dumps({"docid": f"{shard}#x", "title": "", "text": ""}) + "\n")


def outputs(folder):
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


def test_a_killed_preparation_goes_on_at_the_last_whole_shard(miracl, monkeypatch, caplog):
    monkeypatch.setattr(passage_table, "_SOON_READ", 0)
    add_shards(miracl, 70_000, 5, 5)
    prepare_miracl(miracl)
    uninterrupted = outputs(miracl)
    assert counts(miracl / "out/dropped.csv")["passages", "neither title nor text"] == 3
    shutil.rmtree(miracl / "out")
    assert not (miracl / "partial").exists()

    opened = []

    def open_shard(path, *options, **more):
        opened.append(path)
        if len(opened) == 3:
            raise KeyboardInterrupt
        return original(path, *options, **more)

    original = igzip_threaded.open
    monkeypatch.setattr(igzip_threaded, "open", open_shard)
    with pytest.raises(KeyboardInterrupt):
        prepare_miracl(miracl)
    assert not outputs(miracl)
    kept = [path.suffix for path in (miracl / "partial").iterdir() if path.suffix != ".unfinished"]
    assert sorted(kept) == [".arrow", ".arrow", ".json", ".json"]

    with caplog.at_level(logging.INFO):
        prepare_miracl(miracl)
    assert len(opened) == 3 + 2, "the two whole shards are not read again"
    assert caplog.text.count("taken from an interrupted attempt") == 2
    assert outputs(miracl) == uninterrupted
    assert not (miracl / "partial").exists()


def test_memory_does_not_grow_with_the_corpus(miracl, monkeypatch):
    monkeypatch.setattr(passage_files, "_BYTES", 1 << 13)
    monkeypatch.setattr(passage_table, "_ROWS_PER_GROUP", 1024)
    corpus = miracl / "root/miracl-corpus-v1.0-yo"
    for shard in range(1, 9):
        rows = (json.dumps({"docid": f"{shard}#{n}", "title": "", "text": f"{n} " * 250}) for n in range(5_000))
        (corpus / f"docs-{shard}.jsonl.gz").write_bytes(gzip.compress("\n".join(rows).encode(), 1))
    before, pool = pa.default_memory_pool(), pa.proxy_memory_pool(pa.default_memory_pool())
    pa.set_memory_pool(pool)
    try:
        prepare_miracl(miracl)
    finally:
        pa.set_memory_pool(before)
    assert pq.ParquetFile(miracl / "out/passages.parquet").metadata.num_rows == 40_002
    assert pool.max_memory() < 20e6, "of 50 MB of text"


def test_a_kept_copy_that_was_damaged_is_not_taken(miracl, monkeypatch, caplog):
    monkeypatch.setattr(passage_table, "_SOON_READ", 0)
    add_shards(miracl, 2, 2)
    prepare_miracl(miracl)
    whole = outputs(miracl)
    with monkeypatch.context() as patch:
        patch.setattr(PassageCheck, "finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            prepare_miracl(miracl)
    first, second, *_ = sorted((miracl / "partial").glob("*.arrow"))
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 1
    first.write_bytes(content)
    second.with_suffix(".json").write_text('{"dropped": ')
    prepare_miracl(miracl)
    assert caplog.text.count("is damaged; its shard is read again") == 2
    assert outputs(miracl) == whole


def test_what_is_read_again_within_seconds_is_not_copied(miracl, monkeypatch):
    add_shards(miracl, 2, 2)
    with monkeypatch.context() as patch:
        patch.setattr(PassageCheck, "finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            prepare_miracl(miracl)
    assert not (miracl / "partial").exists()


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('{"docid": "b", "text": "1"}, {"docid": "c", "text": "2"}\n', r"line 1: is not JSON"),
        ('{"docid": "b", "text": "1"}\n{"docid": "c", "text": ["a"\n"b"]}\n', r"line 2: is not JSON"),
        ('{"docid": "b", "text": "1"}\n{"docid": 5, "text": "2"}\n', r"line 2: 'docid' is 5, which is no text"),
        ('{"docid": "b", "text": "1"}\n["c", "2"]\n', r"line 2: is not a JSON object"),
        ('{"docid": "b", "text": "1"}\n\n{"docid": "c", "text": "2"}\n', r"line 2: is not JSON \(it is empty"),
        ('{"docid": "b", "text": "\\ud800"}\n', r"line 1: 'text' holds half of a character"),
    ],
)
def test_lines_that_are_not_one_record_each_are_refused(miracl, lines, says):
    corpus = miracl / "root/miracl-corpus-v1.0-yo"
    with gzip.open(corpus / "docs-1.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(lines)
    with pytest.raises(InputError, match=f"docs-1.jsonl.gz: {says}"):
        prepare_miracl(miracl)


def test_a_shard_that_changed_meanwhile_is_read_again(miracl, monkeypatch):
    monkeypatch.setattr(passage_table, "_SOON_READ", 0)
    add_shards(miracl, 2, 2)
    with monkeypatch.context() as patch:
        patch.setattr(PassageCheck, "finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            prepare_miracl(miracl)
    assert len(list((miracl / "partial").glob("*.json"))) == 2, "of three, all but the last"
    add_shards(miracl, 3, 2)
    prepare_miracl(miracl)
    ids = read_table(miracl / "out/passages.parquet", PASSAGES)["passage_id"].to_pylist()
    assert ids == ["a#0", "a#1", "1#0", "1#1", "1#2", "2#0", "2#1"]


def test_what_other_code_has_read_is_read_again(miracl, monkeypatch, caplog):
    # Whoever mends a reader at the shard that it fails on wants none of what it made of those before.
    monkeypatch.setattr(passage_table, "_SOON_READ", 0)
    add_shards(miracl, 2, 2)
    with monkeypatch.context() as patch:
        patch.setattr(PassageCheck, "finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        patch.setattr(passage_table, "content_key", lambda *_: "other code")
        with pytest.raises(KeyboardInterrupt):
            prepare_miracl(miracl)
    assert len(list((miracl / "partial").glob("*.json"))) == 2
    with caplog.at_level(logging.INFO):
        prepare_miracl(miracl)
    assert "taken from an interrupted attempt" not in caplog.text


@pytest.mark.parametrize(
    ("what", "number", "says"),
    [
        ("queries", 4, r"root: holds 3 queries in 'yo', not 4; fetch it again, or say `sizes: any` for a sample"),
        ("judgements", 1, r"root: holds 2 judgements in 'yo', not 1"),
        ("passages", 49_043, r"miracl-corpus-v1.0-yo: holds 2 passages in 'yo', not 49,043"),
    ],
)
def test_published_sizes_are_asserted(miracl, what, number, says):
    right = {"queries": 3, "judgements": 2, "passages": 2}
    prepare_miracl(miracl, right)
    shutil.rmtree(miracl / "out")
    with pytest.raises(InputError, match=says):
        prepare_miracl(miracl, right | {what: number})
    assert not (miracl / "out").exists() or not outputs(miracl)


def test_equal_hashes_of_different_ids_are_no_complaint(miracl, monkeypatch):
    monkeypatch.setattr(distinct_ids, "id_hashes", lambda ids: np.zeros(len(ids), np.uint64))
    prepare_miracl(miracl)
    assert len(read_table(miracl / "out/passages.parquet", PASSAGES)) == 2


def test_an_empty_source_is_an_error_and_leaves_nothing(tmp_path):
    (tmp_path / "sw.txt").write_text("\n\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"holds no text in 'sw'; take sw from the texts of sources\.news"):
        prepare_texts(
            source="news",
            format="ntrex",
            lang="sw",
            path_to_root=tmp_path,
            path_to_texts=tmp_path / "out/sw.parquet",
            path_to_dropped=tmp_path / "out/dropped.csv",
        )
    assert not list((tmp_path / "out").iterdir())


def test_a_wrong_source_is_one_line_on_the_command_line(tmp_path):
    command = [
        sys.executable,
        "-m",
        "workflow_scripts.prepare_pairs",
        "--source",
        "s",
        "--format",
        "beir",
        "--root",
        tmp_path,
    ]
    command += ["--lang", "en", "--output", tmp_path / "o.parquet", "--dropped", tmp_path / "d.csv"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: pairs: format 'beir' is unknown; known formats of pairs: atlas, jsonl, mlqa")
    assert len(done.stderr.splitlines()) == 1
