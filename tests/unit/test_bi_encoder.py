import json

import numpy as np
import pytest
import torch
from training_case import LANGS, MODEL, pair_rows, write_encoder

from workflow_scripts.data.errors import InputError
from workflow_scripts.encoders.bi_encoder import load_bi_encoder
from workflow_scripts.encoders.model_folder import save_sentence_transformer
from workflow_scripts.encoders.pooling import pool
from workflow_scripts.encoders.tokenization import pad

TEXTS = [pair_rows(lang)[number]["passage"] for lang in LANGS for number in (0, 11, 42)] + ["a"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_encoder(tmp_path_factory.mktemp("model") / "base")


def test_pooling_ignores_padding():
    states = torch.arange(24, dtype=torch.float32).reshape(2, 4, 3)
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    assert torch.equal(pool(states, mask, "cls"), states[:, 0])
    assert torch.equal(pool(states, mask, "last"), torch.stack([states[0, 3], states[1, 1]]))
    assert torch.allclose(pool(states, mask, "mean"), torch.stack([states[0].mean(0), states[1, :2].mean(0)]))
    with pytest.raises(ValueError, match="max"):
        pool(states, mask, "max")


def test_pad_fills_to_the_longest():
    ids, mask = pad([[5, 6, 7], [8]], 1)
    assert ids.tolist() == [[5, 6, 7], [8, 1, 1]] and mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_padding_is_rounded_up_but_never_beyond_the_limit():
    ids, mask = pad([np.arange(5), np.arange(3)], 9, 8, 64)
    assert ids.shape == (2, 8) and mask.sum(axis=1).tolist() == [5, 3]
    assert ids[1].tolist() == [0, 1, 2, 9, 9, 9, 9, 9]
    assert pad([np.arange(29)], 9, 8, 30)[0].shape == (1, 30)


def test_vectors_are_unit_fp32_and_do_not_depend_on_the_batch(folder):
    encoder = load_bi_encoder(folder, MODEL, "cpu")
    rows = encoder.tokenize(TEXTS, 24)
    vectors = encoder.encode_rows(rows)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.allclose(vectors, np.concatenate([encoder.encode_rows([row]) for row in rows]), atol=1e-6)


def test_prefixes_and_lengths_come_from_the_entry(folder):
    entry = MODEL | {"query_prefix": "query: ", "passage_prefix": "passage: ", "max_query_length": 12}
    encoder = load_bi_encoder(folder, entry, "cpu")
    assert (
        encoder.tokenize_queries(["kalu miro sele tanvo zika"])[0]
        == encoder.tokenize(["query: kalu miro sele tanvo"], 12)[0]
    )
    (titled,) = encoder.tokenize_passages(["kalu"], ["mji wa kalu"])
    assert titled == encoder.tokenize(["passage: kalu mji wa kalu"], 24)[0]
    assert max(map(len, encoder.tokenize(["kalu " * 50], 7))) == 7
    assert encoder.tokenize(["kalu " * 50], 7)[0][-1] == 2


@pytest.mark.parametrize("pooling", ["mean", "cls", "last"])
@pytest.mark.parametrize("normalise", [True, False])
def test_sentence_transformers_gives_the_same_vectors(folder, tmp_path, pooling, normalise):
    library = pytest.importorskip("sentence_transformers")
    entry = MODEL | {"pooling": pooling, "normalise": normalise, "query_prefix": "kalu "}
    ours = load_bi_encoder(folder, entry, "cpu")
    tmp_path.joinpath("saved").mkdir()
    save_sentence_transformer(ours.encoder, folder, ours.settings, tmp_path / "saved")
    theirs = library.SentenceTransformer(str(tmp_path / "saved"), device="cpu")
    assert np.abs(theirs.encode(TEXTS) - ours.encode_rows(ours.tokenize(TEXTS, 24))).max() < 1e-5
    again = load_bi_encoder(tmp_path / "saved", entry, "cpu")
    queries = ["mji", "watu wangapi"]
    assert np.abs(theirs.encode_query(queries) - again.encode_rows(again.tokenize_queries(queries))).max() < 1e-5


def test_what_is_no_model_is_refused_in_one_line(folder, tmp_path):
    with pytest.raises(InputError, match="pooling missing"):
        load_bi_encoder(folder, {key: value for key, value in MODEL.items() if key != "pooling"}, "cpu")
    with pytest.raises(InputError, match="'max' is not one of"):
        load_bi_encoder(folder, MODEL | {"pooling": "max"}, "cpu")
    with pytest.raises(InputError, match="exceeds the model's 512 positions"):
        load_bi_encoder(folder, MODEL | {"max_passage_length": 513}, "cpu")
    with pytest.raises(InputError, match=r"tokenizer\.json: no such file"):
        load_bi_encoder(tmp_path, MODEL, "cpu")
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(InputError, match="no safetensors weights"):
        load_bi_encoder(tmp_path, MODEL, "cpu")


def test_a_checkpoint_that_lacks_weights_is_refused(folder, tmp_path):
    from safetensors.torch import load_file, save_file

    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    weights = load_file(folder / "model.safetensors")
    weights.pop("encoder.layer.0.output.dense.weight")
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    assert json.loads((tmp_path / "config.json").read_text())["model_type"] == "xlm-roberta"
    with pytest.raises(InputError, match=r"encoder\.layer\.0\.output\.dense\.weight"):
        load_bi_encoder(tmp_path, MODEL, "cpu")
