"""Vectors of a tiny random XLM-R, through the file contract and against sentence-transformers."""

import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from training_case import FORM

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import read_facts, read_manifest, write_manifest
from workflow_scripts.data.neutral_id import neutral_id
from workflow_scripts.data.sealed_json import write_sealed
from workflow_scripts.data.spent_time import SpentTime
from workflow_scripts.data.table_digest import digest_table
from workflow_scripts.data.tables import PASSAGES, QUERIES, VECTOR_IDS, read_table, write_table
from workflow_scripts.data.token_arrays import TokenArrays
from workflow_scripts.encode import encode
from workflow_scripts.encoders.bi_encoder import BiEncoder, load_bi_encoder
from workflow_scripts.retrieval import encoding
from workflow_scripts.retrieval.collection_tokens import KINDS, Shard
from workflow_scripts.retrieval.read_ahead import read_ahead
from workflow_scripts.tokenize_collection import tokenize_collection

ROOT = Path(__file__).resolve().parents[2]
TEXTS = {
    "sw": ["Nairobi ni mji mkuu wa Kenya", "Ziwa", "Mlima Kilimanjaro uko Tanzania na ni mrefu " * 6],
    "yo": ["Ìbàdàn jẹ́ ìlú ńlá", "Abuja ni olú ìlú Nàìjíríà", "Ẹ kú àárọ̀"],
}
MODEL = {
    "pooling": "mean",
    "normalise": True,
    "query_prefix": "query: ",
    "passage_prefix": "passage: ",
    "max_query_length": 12,
    "max_passage_length": 30,
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A folder as transformers saves it: 2 layers, width 32, a word-piece tokenizer of the texts' characters."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    lines = [text for texts in TEXTS.values() for text in texts]
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=120, special_tokens=special))
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    folder = tmp_path_factory.mktemp("model")
    names = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
    }
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)
    torch.manual_seed(1)
    config = XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        pad_token_id=1,
    )
    XLMRobertaModel(config).save_pretrained(folder)
    return folder


@pytest.fixture
def data(tmp_path):
    for lang, texts in TEXTS.items():
        ids = [f"{lang}{row}#0" for row in range(len(texts))]
        langs = [lang] * len(texts)
        queries = {"query_id": ids, "lang": langs, "text": texts}
        passages = {"passage_id": ids, "lang": langs, "title": ["", "Mji", ""], "text": texts}
        write_table(pa.table(queries), tmp_path / "data" / lang / "queries.parquet", QUERIES)
        write_table(pa.table(passages), tmp_path / "data" / lang / "passages.parquet", PASSAGES)
    return tmp_path / "data"


def tokens_of(model, data, output, entry=MODEL, shard=(0, 1)):
    tokenize_collection(
        path_to_tokenizer=model,
        collection="c",
        languages=["yo", "sw"],
        shard=Shard(*shard),
        path_to_data=data,
        settings={name: entry[name] for name in FORM},
        path_to_output=output,
    )
    return output


def test_a_shard_names_its_tables_by_their_seals_for_it_reads_none_whole(model, data, tmp_path):
    made = read_facts(tokens_of(model, data, tmp_path / "tokens", shard=(1, 2)))
    tables = {f"{lang}/{kind}": data / lang / f"{kind}.parquet" for lang in TEXTS for kind in KINDS}
    assert made["corpus"] == {name: digest_table(path, []) for name, path in tables.items()}
    assert len(set(made["corpus"].values())) == len(tables)


_THREADS_OF_THE_FIRST_TEXTS = """
import os
from workflow_scripts import tokenize_collection
from workflow_scripts.encoders.tokenization import TextTokenizer

tokenise, started = TextTokenizer.tokenize_and_count, []

def counted(*arguments):
    before = len(os.listdir("/proc/self/task"))
    made = tokenise(*arguments)
    started.append(len(os.listdir("/proc/self/task")) - before)
    return made

TextTokenizer.tokenize_and_count = counted
tokenize_collection.main()
print(started[0])
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_tokenising_has_the_threads_it_is_given_and_writes_the_same_with_any(model, data, tmp_path):
    whole = {}
    for threads in (1, 3):
        output = tmp_path / str(threads)
        command = [sys.executable, "-c", _THREADS_OF_THE_FIRST_TEXTS, "--tokenizer", model, "--collection", "c"]
        command += ["--languages", "yo", "sw", "--data", data, "--threads", str(threads), "--output", output]
        command += ["--settings", json.dumps({name: MODEL[name] for name in FORM})]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert int(done.stdout) == threads
        files = [path for path in output.iterdir() if path.name != "manifest.json"]
        whole[threads] = {path.name: path.read_bytes() for path in files}
    assert len(whole[1]) == 6 and whole[1] == whole[3]


def run(model, data, output, entry=MODEL, batch_tokens=128, shard=(0, 1), dtype="float32"):
    encode(
        path_to_model=model,
        path_to_tokens=tokens_of(model, data, output.with_name(f"{output.name}.tokens"), entry, shard),
        settings={"model": entry, "encoding": {"batch_tokens": batch_tokens, "dtype": dtype}},
        threads=1,
        path_to_output=output,
        path_to_partial=output.with_name(f"{output.name}.state"),
    )
    assert not output.with_name(f"{output.name}.state").exists()
    return output


def test_vectors_are_those_of_sentence_transformers(model, data, tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules as models

    output = run(model, data, tmp_path / "out")
    for kind, length, prefix in (("queries", 12, "query: "), ("passages", 30, "passage: ")):
        transformer = models.Transformer(str(model), max_seq_length=length)
        pooling = models.Pooling(transformer.get_embedding_dimension(), "mean")
        peer = SentenceTransformer(modules=[transformer, pooling, models.Normalize()], device="cpu")
        titles = (
            {"yo": ["", "Mji ", ""], "sw": ["", "Mji ", ""]} if kind == "passages" else {"yo": [""] * 3, "sw": [""] * 3}
        )
        texts = [
            prefix + title + text
            for lang in ("yo", "sw")
            for title, text in zip(titles[lang], TEXTS[lang], strict=True)
        ]
        theirs = peer.encode(texts)
        ours = np.load(output / f"{kind}.npy").astype(np.float64)
        cosines = (ours * theirs).sum(axis=1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
        assert cosines.min() >= 0.99999, kind


def test_rows_ids_and_manifest_agree(model, data, tmp_path):
    output = run(model, data, tmp_path / "out")
    ids = read_table(output / "passages.parquet", VECTOR_IDS).to_pylist()
    assert [row["id"] for row in ids] == ["yo0#0", "yo1#0", "yo2#0", "sw0#0", "sw1#0", "sw2#0"]
    assert [row["lang"] for row in ids] == ["yo"] * 3 + ["sw"] * 3
    assert ids[4]["neutral_id"] == neutral_id("c", "sw", "sw1#0")
    vectors = np.load(output / "passages.npy", allow_pickle=False)
    assert vectors.dtype == np.float16
    assert np.abs(np.linalg.norm(vectors.astype(np.float64), axis=1) - 1).max() < 1e-3
    manifest = read_manifest(output)
    assert manifest["passages"]["rows"] == 6
    assert manifest["passages"]["dimension"] == 32
    assert [(block["lang"], block["first"], block["rows"]) for block in manifest["passages"]["languages"]] == [
        ("yo", 0, 3),
        ("sw", 3, 3),
    ]
    assert manifest["passages"]["languages"][1]["truncated_share"] == pytest.approx(1 / 3, abs=1e-6)
    assert sorted(path.name for path in output.iterdir()) == [
        "manifest.json",
        "passages.npy",
        "passages.parquet",
        "queries.npy",
        "queries.parquet",
    ]


def test_the_key_follows_content_not_place(model, data, tmp_path):
    first = read_manifest(run(model, data, tmp_path / "a"))["key"]
    moved = data.rename(tmp_path / "moved")
    assert read_manifest(run(model, moved, tmp_path / "b"))["key"] == first
    assert read_manifest(run(model, moved, tmp_path / "d", MODEL | {"passage_prefix": ""}))["key"] != first


def test_blocks_and_batches_change_no_vector_beyond_rounding(model, data, tmp_path, monkeypatch):
    whole = np.load(run(model, data, tmp_path / "a") / "passages.npy")
    again = np.load(run(model, data, tmp_path / "b") / "passages.npy")
    assert whole.tobytes() == again.tobytes()
    monkeypatch.setattr(encoding, "BLOCK", 2)
    blocks = np.load(run(model, data, tmp_path / "c", batch_tokens=16) / "passages.npy")
    assert np.abs(blocks.astype(np.float32) - whole.astype(np.float32)).max() < 2e-3


@pytest.mark.parametrize(("dtype", "apart"), [("float16", 2e-3), ("bfloat16", 2e-2)])
def test_lower_precision_gives_nearly_the_same_vectors(model, data, tmp_path, dtype, apart):
    schema = yaml.safe_load((ROOT / "config.schema.yaml").read_text(encoding="utf-8"))
    assert dtype in schema["properties"]["encoding"]["properties"]["dtype"]["enum"]  # so it may be asked for
    whole, lower = (run(model, data, tmp_path / kind, dtype=kind) for kind in ("float32", dtype))
    for kind in ("queries", "passages"):
        expected, found = (np.load(folder / f"{kind}.npy").astype(np.float32) for folder in (whole, lower))
        assert 0 < np.abs(found - expected).max() < apart


def test_a_model_of_dot_products_has_unit_vectors_of_their_order(model, data, tmp_path):
    entry = MODEL | {"normalise": False, "max_norm": 100.0}
    folder = run(model, data, tmp_path / "v", entry)
    stored = [np.load(folder / f"{kind}.npy").astype(np.float64) for kind in ("queries", "passages")]
    assert read_manifest(folder)["passages"]["dimension"] == stored[0].shape[1] == 33
    encoder = load_bi_encoder(model, entry)
    queries, passages = (
        encoder.encode_rows(TokenArrays.open(tmp_path / "v.tokens", kind).rows(np.arange(6)))
        for kind in ("queries", "passages")
    )
    norms = np.linalg.norm(queries, axis=1, keepdims=True)
    assert np.allclose(stored[0] @ stored[1].T, queries @ passages.T / norms / 100, atol=1e-4)


def test_vectors_without_unit_length_are_refused(model, data, tmp_path):
    with pytest.raises(InputError, match="norm"):
        run(model, data, tmp_path / "out", MODEL | {"normalise": False})
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_nan_is_named_with_its_text(model, data, tmp_path, monkeypatch):
    """The weights are broken for one text alone."""
    whole = BiEncoder.encode_rows
    tokens = TokenArrays.open(tokens_of(model, data, tmp_path / "tokens"), "passages")
    (broken,) = tokens.rows(np.array([4]))

    def encode_rows(self, rows):
        vectors = whole(self, rows)
        vectors[[np.array_equal(row, broken) for row in rows]] = np.nan
        return vectors

    monkeypatch.setattr(BiEncoder, "encode_rows", encode_rows)
    with pytest.raises(InputError, match=r"sw1#0: its vector has norm nan, not 1.* encoding\.dtype: bfloat16"):
        run(model, data, tmp_path / "out")


class Killed(BaseException):
    """What no handler catches."""


def test_a_part_goes_on_at_its_last_whole_block_and_ends_with_the_same_bytes(model, data, tmp_path, monkeypatch):
    """Stopped in every batch in turn; a block that is done is not computed again."""
    monkeypatch.setattr(encoding, "BLOCK", 2)
    whole = run(model, data, tmp_path / "whole", batch_tokens=24)
    encode_rows, computed = BiEncoder.encode_rows, []

    def stop_at(batch):
        def limited(self, rows):
            if len(computed) == batch:
                raise Killed
            computed.append(len(rows))
            return encode_rows(self, rows)

        return limited

    took = SpentTime(wall=1e6, processor=2e6)
    total, batch = 12, 0
    while True:
        computed.clear()
        monkeypatch.setattr(BiEncoder, "encode_rows", stop_at(batch))
        try:
            with monkeypatch.context() as patched:
                patched.setattr(encoding, "spent_time", lambda: took)
                run(model, data, tmp_path / f"out{batch}", batch_tokens=24)
            break
        except Killed:
            assert not (tmp_path / f"out{batch}" / "manifest.json").exists()
            before = sum(computed)
        computed.clear()
        monkeypatch.setattr(BiEncoder, "encode_rows", stop_at(-1))
        output = run(model, data, tmp_path / f"out{batch}", batch_tokens=24)
        assert total - before <= sum(computed) <= total - before + 1  # of a block of two texts one may be done again
        # What was spent on whole blocks counts; before the first there is nothing to go on from.
        manifest, resumed = read_manifest(output), sum(computed) < total
        assert (manifest["wall_seconds"] > took.wall) == (manifest["processor_seconds"] > took.processor) == resumed
        for kind in ("queries", "passages"):
            assert (output / f"{kind}.npy").read_bytes() == (whole / f"{kind}.npy").read_bytes()
        batch += 1
    assert batch >= 6  # there were batches to stop in


def test_unfinished_work_of_other_content_is_begun_again(model, data, tmp_path, monkeypatch):
    whole = run(model, data, tmp_path / "whole")
    state = tmp_path / "out.state"
    state.mkdir()
    np.save(state / "passages.npy", np.zeros((6, 32), dtype=np.float16))
    (state / "progress.json").write_text(json.dumps({"key": "another", "queries": 0, "passages": 6}))
    assert (run(model, data, tmp_path / "out") / "passages.npy").read_bytes() == (whole / "passages.npy").read_bytes()


def test_shards_are_the_part_cut_in_order(model, data, tmp_path):
    whole = run(model, data, tmp_path / "whole")
    shards = [run(model, data, tmp_path / f"shard{number}", shard=(number, 2)) for number in range(2)]
    assert np.load(shards[0] / "queries.npy").shape == (6, 32)
    assert np.load(shards[1] / "queries.npy").shape == (0, 32)
    found = {}
    for shard in shards:
        ids = read_table(shard / "passages.parquet", VECTOR_IDS)["id"].to_pylist()
        found |= dict(zip(ids, np.load(shard / "passages.npy").astype(np.float32), strict=True))
    ids = read_table(whole / "passages.parquet", VECTOR_IDS)["id"].to_pylist()
    assert sorted(found) == sorted(ids)
    expected = np.load(whole / "passages.npy").astype(np.float32)
    assert max(np.abs(found[name] - row).max() for name, row in zip(ids, expected, strict=True)) < 2e-3


@given(total=st.integers(0, 40), count=st.integers(1, 9))
def test_shards_cover_every_row_once_and_evenly(total, count):
    parts = [Shard(number, count).rows(total) for number in range(count)]
    assert [row for part in parts for row in part] == list(range(total))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def encode_with(model, tokens, folder):
    """Encode where it is to be refused before anything is read of the texts."""
    encode(
        path_to_model=model,
        path_to_tokens=tokens,
        settings={"model": MODEL, "encoding": {"batch_tokens": 99, "dtype": "float32"}},
        threads=1,
        path_to_output=folder / "out",
        path_to_partial=folder / "state",
    )


def test_a_model_of_another_vocabulary_is_refused(model, data, tmp_path):
    tokens = tokens_of(model, data, tmp_path / "tokens")
    manifest = read_manifest(tokens)
    write_sealed(tokens / "manifest.json", manifest | {"vocabulary": "another"})
    with pytest.raises(InputError, match="models of one family share a vocabulary"):
        encode_with(model, tokens, tmp_path)


@pytest.mark.parametrize("damage", [lambda text: text[:200], lambda text: text.replace("<unk>", "<unl>")])
def test_a_damaged_tokenizer_is_not_taken_for_another(model, data, tmp_path, damage):
    tokens = tokens_of(model, data, tmp_path / "tokens")
    copy = shutil.copytree(model, tmp_path / "model")
    write_manifest(copy, inputs=[])
    tokenizer = copy / "tokenizer.json"
    tokenizer.write_text(damage(tokenizer.read_text()))
    with pytest.raises(InputError, match=rf"tokenizer\.json: missing, damaged .*; remove {copy} and rerun"):
        encode_with(copy, tokens, tmp_path)


def test_batches_hold_each_text_once_longest_first_within_the_budget():
    lengths = np.array([3, 50, 8, 9, 16, 1, 200])
    found = list(encoding.batches(lengths, 64))
    assert sorted(np.concatenate(found).tolist()) == list(range(7))
    assert [lengths[batch].max() for batch in found] == sorted((lengths[batch].max() for batch in found), reverse=True)
    for batch in found:
        assert len(batch) == 1 or lengths[batch].max() * len(batch) <= 64


def test_truncation_is_logged(model, data, tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        run(model, data, tmp_path / "out")
    assert "sw passages: 3 tokenised, 33.33 % cut to 30 tokens" in caplog.text
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["dtype"] == "float16"


def test_what_is_read_ahead_comes_in_order_and_errors_come_through():
    assert list(read_ahead(iter(range(20)), depth=3)) == list(range(20))
    assert list(read_ahead([])) == []

    def broken():
        yield 1
        raise InputError("unreadable")

    read = read_ahead(broken())
    assert next(read) == 1
    with pytest.raises(InputError, match="unreadable"):
        next(read)


def out_of_memory_on_gpu():
    import torch

    raise torch.OutOfMemoryError


def out_of_memory_on_cpu():
    """In torch's own words: of more bytes than an address has."""
    import torch

    torch.empty(2**60, dtype=torch.uint8)


def out_of_memory_in_onednn():
    raise RuntimeError("could not create a primitive")


@pytest.mark.parametrize("run_out", [out_of_memory_on_gpu, out_of_memory_on_cpu, out_of_memory_in_onednn])
def test_a_batch_that_does_not_fit_is_halved_and_the_next_are_smaller(
    model, data, tmp_path, monkeypatch, caplog, run_out
):
    whole = np.load(run(model, data, tmp_path / "whole") / "passages.npy")
    embed, sizes = BiEncoder.embed, []

    def limited(self, rows):
        sizes.append(sum(map(len, rows)))
        if sizes[-1] > 50:
            run_out()
        return embed(self, rows)

    monkeypatch.setattr(BiEncoder, "embed", limited)
    halves = np.load(run(model, data, tmp_path / "halves") / "passages.npy")
    assert np.abs(halves.astype(np.float32) - whole.astype(np.float32)).max() < 2e-3
    failed = [size for size in sizes if size > 50]
    assert failed and failed == sorted(failed, reverse=True) and len(set(failed)) == len(failed)
    assert "batches are halved" in caplog.text
    monkeypatch.setattr(BiEncoder, "embed", lambda self, rows: run_out())
    with pytest.raises(InputError, match="does not fit into memory"):
        run(model, data, tmp_path / "none")
