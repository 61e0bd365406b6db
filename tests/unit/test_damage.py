"""Damaged files: a reader notices, or what it reads is right; a job that is not sure writes nothing."""

import json
import random
import re
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from retrieval_case import LANGS, files, write_collection, write_vectors

from workflow_scripts.data.content_key import content_key
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.hit_lists import HitFiles, hits_file
from workflow_scripts.data.manifest import (
    check_header,
    checked_digest,
    checked_digests,
    read_facts,
    write_manifest,
)
from workflow_scripts.data.sealed_json import read_sealed, write_sealed
from workflow_scripts.data.sealed_parquet import SealedParquet, sealed_writer
from workflow_scripts.data.table_digest import digest_table
from workflow_scripts.data.tables import HITS, PASSAGES, QUERIES, read_table, write_table
from workflow_scripts.index import index
from workflow_scripts.search import search

WORDS = ["mji", "ziwa", "mlima", "bahari", "kisiwa", "nchi"]
DEPTH = 10
SETTINGS = {
    "kind": "exact",
    "depth": DEPTH,
    "settings": ["monolingual", "cross-lingual", "multilingual"],
    "parallel": True,
    "faiss": {},
}


@pytest.fixture
def passages(tmp_path):
    """A table of two row groups, with dictionaries and plain pages."""
    rows = [
        {"passage_id": f"{n}#0", "lang": "sw", "title": WORDS[n % 6], "text": f"{n} {WORDS[n % 5]}"} for n in range(60)
    ]
    path = tmp_path / "passages.parquet"
    with sealed_writer(path, PASSAGES) as writer:
        for first in (0, 30):
            writer.write_table(pa.Table.from_pylist(rows[first : first + 30], schema=PASSAGES))
    return path


def turned(content, place, bit):
    damaged = bytearray(content)
    damaged[place] ^= 1 << bit
    return bytes(damaged)


def test_no_turned_bit_of_a_table_is_read_as_something_else(passages):
    content, whole = passages.read_bytes(), read_table(passages, PASSAGES)
    noticed = 0
    for place in range(len(content)):
        passages.write_bytes(turned(content, place, place % 8))
        try:
            assert read_table(passages, PASSAGES).equals(whole), place
        except InputError as error:
            noticed += 1
            assert str(passages) in str(error) and "remove it and rerun" in str(error)
            assert "\n" not in str(error)
    assert noticed > 0.9 * len(content)


def test_every_bit_of_a_tables_footer_is_sealed(passages):
    content = passages.read_bytes()
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little") - 8
    places = random.Random(1).sample(range(start * 8, len(content) * 8), 1500)
    for place in places:
        passages.write_bytes(turned(content, place // 8, place % 8))
        with pytest.raises(InputError, match="not a readable table"):
            SealedParquet(passages, PASSAGES.names)


def test_a_table_cut_short_anywhere_is_refused(passages):
    content = passages.read_bytes()
    for length in range(0, len(content), 7):
        passages.write_bytes(content[:length])
        with pytest.raises(InputError, match="not a readable table"):
            read_table(passages, PASSAGES)


def test_a_sealed_table_is_read_by_others(passages):
    assert pq.read_table(passages).select(PASSAGES.names).equals(read_table(passages, PASSAGES))


def test_a_table_without_a_seal_is_not_ours(tmp_path):
    pq.write_table(PASSAGES.empty_table(), tmp_path / "foreign.parquet")
    with pytest.raises(InputError, match="was not written by this workflow"):
        read_table(tmp_path / "foreign.parquet", PASSAGES)


def test_a_table_s_digest_is_that_of_its_rows(passages, tmp_path):
    rows = SealedParquet(passages, []).read().to_pylist()

    def digest(rows):
        write_table(pa.Table.from_pylist(rows, schema=PASSAGES), tmp_path / "other.parquet", PASSAGES)
        return digest_table(tmp_path / "other.parquet", [])

    assert digest(rows) == digest(rows)
    turned_about = [{**row, "text": row["text"][::-1]} for row in rows]  # as long as before
    assert len({digest(rows), digest(turned_about), digest(rows[::-1]), digest(rows[:-1])}) == 4


def test_damage_is_noticed_while_hits_are_read_in_part(tmp_path):
    path = tmp_path / "hits.parquet"
    with hits_file(path, DEPTH) as append:
        for query in "abc":
            row = {"query_lang": "sw", "query_id": query, "passage_lang": "sw", "rank": 1, "score": 0.5}
            row |= {"passage_id": f"{query}#0", "neutral_id": query * 16}
            append(pa.Table.from_pylist([row], schema=HITS))
    content = path.read_bytes()
    path.write_bytes(turned(content, content.index(b"c#0"), 0))
    found = HitFiles.open([path])
    assert found.read("sw", "a", "b")["passage_id"].to_pylist() == ["a#0", "b#0"]
    with pytest.raises(InputError, match=r"hits\.parquet: .*; remove it and rerun"):
        found.read("sw", "a", "c")


def test_no_turned_bit_of_a_manifest_is_read_as_something_else(tmp_path):
    path = tmp_path / "manifest.json"
    content = {"files": {"weights": "ab" * 32}, "wall_seconds": 1.25, "languages": {1: ["sw"]}}
    write_sealed(path, content)
    whole, text = read_sealed(path, "remove it"), path.read_bytes()
    assert whole == {**content, "languages": {"1": ["sw"]}}
    noticed = 0
    for place in range(len(text)):
        for bit in range(8):
            path.write_bytes(turned(text, place, bit))
            try:
                assert read_sealed(path, "remove it") == whole
            except InputError as error:
                noticed += 1
                assert str(error).endswith("; remove it") and "\n" not in str(error)
    assert noticed > 0.8 * 8 * len(text)  # the rest is white space


@pytest.fixture
def model(tmp_path):
    from safetensors.numpy import save_file

    folder = tmp_path / "model"
    folder.mkdir()
    save_file({"a": np.arange(40, dtype=np.float32)}, folder / "model.safetensors")
    (folder / "config.json").write_text("{}")
    write_manifest(folder, inputs=[])
    return folder


def test_readers_of_a_model_notice_a_changed_or_missing_file(model):
    assert list(checked_digests(model, (".safetensors",))) == ["model.safetensors"]
    assert list(checked_digests(model)) == ["config.json", "model.safetensors"]
    weights = model / "model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(turned(content, len(content) - 1, 3))
    complaint = (
        rf"model\.safetensors: missing, damaged or not the file that its manifest names; remove {model} and rerun"
    )
    for read in (
        lambda: checked_digests(model),
        lambda: checked_digest(weights),
        lambda: content_key({}, [model]),
        lambda: content_key({}, [weights]),
        lambda: write_manifest(model, inputs=[weights]),
    ):
        with pytest.raises(InputError, match=complaint):
            read()
    check_header(weights)  # what counts parameters alone reads no values
    weights.write_bytes(turned(content, 20, 0))
    with pytest.raises(InputError, match=complaint):
        check_header(weights)
    weights.unlink()
    with pytest.raises(InputError, match=complaint):
        checked_digests(model)


def test_what_work_is_made_of_is_compared_whole_whatever_of_it_is_read(passages):
    content, metadata = passages.read_bytes(), pq.read_metadata(passages)
    for group in range(metadata.num_row_groups):
        for column in range(metadata.num_columns):
            place = metadata.row_group(group).column(column).data_page_offset
            passages.write_bytes(turned(content, place, 2))
            with pytest.raises(InputError, match=r"passages\.parquet: .* is damaged\); remove it and rerun"):
                content_key({}, [passages])
    passages.write_bytes(content)
    assert content_key({}, [passages]) == content_key({}, [passages])


def test_a_damaged_manifest_stands_for_nothing(model):
    path = model / "manifest.json"
    path.write_text(path.read_text().replace('"config.json": "', '"config.json": "0', 1))
    for read in (lambda: read_facts(model), lambda: checked_digest(model / "config.json")):
        with pytest.raises(InputError, match=rf"manifest\.json: is damaged.*; remove {model} and rerun"):
            read()
    path.write_text(path.read_text()[:-20])
    with pytest.raises(InputError, match="is damaged"):
        checked_digests(model)


def test_a_manifest_of_another_kind_in_a_folder_of_ones_own_says_nothing(model):
    (model / "manifest.json").write_text(json.dumps({"files": {"config.json": "unlike"}}))
    assert len(checked_digests(model)) == 2
    assert checked_digest(model / "config.json") == checked_digests(model)["config.json"]


@pytest.fixture
def indexed(tmp_path):
    write_collection(tmp_path / "c")
    write_vectors(tmp_path / "vectors" / "all", "c", LANGS)
    index(paths_to_vectors=[tmp_path / "vectors" / "all"], settings=SETTINGS, path_to_output=tmp_path / "all.json")

    def run(name):
        search(
            paths_to_indexes=[tmp_path / "all.json"],
            part="all",
            collection="c",
            settings=SETTINGS,
            paths_to_qrels=files(tmp_path / "c", "qrels"),
            path_to_hits=tmp_path / f"{name}.parquet",
            path_to_gold_ranks=tmp_path / f"{name}.gold.parquet",
        )

    return run


@pytest.mark.parametrize("name", ["passages.npy", "queries.npy"])
@pytest.mark.parametrize("bit", [0, 6])  # a little off; so far off that no unit vector has it
def test_search_in_a_damaged_matrix_writes_nothing(indexed, tmp_path, name, bit):
    path = tmp_path / "vectors" / "all" / name
    content = path.read_bytes()
    path.write_bytes(turned(content, len(content) - 1, bit))
    complaint = rf"{name}: missing, damaged or not .*; remove {path.parent} and rerun"
    with pytest.raises(InputError, match=complaint):
        indexed("hits")
    assert not list(tmp_path.glob("hits*"))
    path.write_bytes(content)
    indexed("hits")
    assert len(list(tmp_path.glob("hits*"))) == 2


def test_a_damaged_index_is_refused(indexed, tmp_path):
    path = tmp_path / "all.json"
    text = path.read_text()
    path.write_text(text.replace('"first": 12', '"first": 13', 1))
    assert path.read_text() != text
    with pytest.raises(InputError, match=r"all\.json: is damaged.*; remove it and rerun index"):
        indexed("hits")


def test_an_index_is_not_made_of_damaged_vectors(tmp_path):
    write_vectors(tmp_path / "vectors", "c", LANGS)
    path = tmp_path / "vectors" / "passages.npy"
    content = path.read_bytes()
    path.write_bytes(turned(content, len(content) - 1, 0))
    with pytest.raises(InputError, match=r"passages\.npy: missing, damaged"):
        index(
            paths_to_vectors=[tmp_path / "vectors"],
            settings={"kind": "fp16", "faiss": {}},
            path_to_output=tmp_path / "index" / "all.json",
        )
    assert not list((tmp_path / "index").rglob("*.index"))


def test_unfinished_vectors_that_were_damaged_are_begun_again(tmp_path, monkeypatch, caplog):
    from workflow_scripts.data.token_arrays import TokenArrays
    from workflow_scripts.retrieval import encoding

    monkeypatch.setattr(encoding, "BLOCK", 4)
    rows = TokenArrays.of([[n, n + 1] for n in range(10)])

    class Encoder:
        dimension = 3

        def __init__(self, most):
            self.left = most

        def encode_rows(self, texts):
            self.left -= len(texts)
            if self.left < 0:
                raise KeyboardInterrupt
            vectors = np.array([[text[0] + 1, 1, 2] for text in texts], dtype=np.float32)
            return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def encoded(name, most=99):
        encoding.UnfinishedVectors(tmp_path / name, "key").encode(Encoder(most), "passages", rows, 64, str)
        return (tmp_path / name / "passages.npy").read_bytes()

    whole = encoded("whole")
    assert np.load(tmp_path / "whole" / "passages.npy").shape == (10, 3)
    for damage in (lambda content: turned(content, len(content) - 1, 2), lambda content: content[:-5], lambda _: b""):
        with pytest.raises(KeyboardInterrupt):
            encoded("killed", most=8)
        path, progress = tmp_path / "killed" / "passages.npy", tmp_path / "killed" / "progress.json"
        kept, told = path.read_bytes(), progress.read_bytes()
        assert encoded("killed", most=2) == whole  # two of ten were missing
        path.write_bytes(damage(kept))
        progress.write_bytes(told)
        with pytest.raises(KeyboardInterrupt):
            encoded("killed", most=9)  # all ten are encoded again
        assert "it is begun again" in caplog.text
        assert encoded("killed") == whole
        shutil.rmtree(tmp_path / "killed")
        caplog.clear()


def test_a_damaged_checkpoint_is_left_out_for_the_one_before(tmp_path, caplog):
    import torch

    from workflow_scripts.training.checkpoints import Checkpoints

    def fresh():
        torch.manual_seed(0)
        model = torch.nn.Linear(3, 2)
        return model, torch.optim.AdamW(model.parameters(), lr=0.1)

    model, optimizer = fresh()
    checkpoints, states = Checkpoints(tmp_path, "key"), {}
    for step in (4, 8):
        model(torch.ones(1, 3)).sum().backward()
        optimizer.step()
        checkpoints.save(step, model, optimizer)
        states[step] = model.weight.detach().clone()
    checkpoints.save_best(model)
    newest = tmp_path / "step-00000008.safetensors"
    content = newest.read_bytes()
    rng = random.Random(2)
    for place in [len(content) - 1, 8, 40, *rng.sample(range(8, len(content)), 60)]:
        newest.write_bytes(turned(content, place, rng.randrange(8)))
        model, optimizer = fresh()
        assert Checkpoints(tmp_path, "key").restore(model, optimizer) == (4, []), place
        assert torch.equal(model.weight, states[4])
    newest.write_bytes(content[:-1])
    assert Checkpoints(tmp_path, "key").restore(*fresh()) == (4, [])
    newest.write_bytes(content)
    model, optimizer = fresh()
    assert Checkpoints(tmp_path, "key").restore(model, optimizer) == (8, [])
    assert torch.equal(model.weight, states[8])
    best = tmp_path / "best.safetensors"
    best.write_bytes(turned(best.read_bytes(), best.stat().st_size - 1, 1))
    with pytest.raises(InputError, match=rf"best\.safetensors: missing or damaged; remove {tmp_path} and rerun"):
        checkpoints.restore_best(model)


@pytest.mark.parametrize("damage", [b'{"step": 4, "lo\0s": 1}\n', b"\xff\n", b"[1]\n", b"{}\n"])
def test_a_damaged_record_of_a_training_that_was_killed_is_named(tmp_path, damage):
    from workflow_scripts.training.metrics import MetricsFile
    from workflow_scripts.training.processes import ALONE

    path = tmp_path / "metrics.jsonl"
    written = b'{"key": "k"}\n{"step": 2, "loss": 3.0}\n'
    path.write_bytes(written + b'{"step": 4, "lo')  # what was being written
    assert MetricsFile(tmp_path, "k", 2, ALONE, None).records == [{"step": 2, "loss": 3.0}]
    path.write_bytes(written + damage)
    with pytest.raises(InputError, match=rf"line 3: is damaged; remove {tmp_path} and run again"):
        MetricsFile(tmp_path, "k", 2, ALONE, None)
    assert path.read_bytes() == written + damage


def test_of_a_folder_that_is_made_as_a_whole_all_is_removed(tmp_path):
    path = tmp_path / "vectors" / "passages.parquet"
    path.parent.mkdir()
    write_table(QUERIES.empty_table(), path, QUERIES)
    (path.parent / "manifest.json").write_text("{}")
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)
    remedy = re.escape(f"remove {path.parent} and rerun")
    with pytest.raises(InputError, match=remedy):
        read_table(path, QUERIES)
    path.unlink()
    with pytest.raises(InputError, match=f"no such file; {remedy}"):
        read_table(path, QUERIES)
    (path.parent / "manifest.json").unlink()
    with pytest.raises(InputError, match="no such file; run the rule that makes it"):
        read_table(path, QUERIES)
