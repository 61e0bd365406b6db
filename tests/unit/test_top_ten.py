"""What retrieval by our vectors finds, beside sentence-transformers on the same small trained checkpoint."""

import numpy as np
import pytest
import torch
from training_case import ASKED, LANGS, MODEL, TRAINING, name, write_case, write_tokenizer, write_tokens

from workflow_scripts.encoders.bi_encoder import load_to_encode
from workflow_scripts.encoders.model_folder import save_encoder
from workflow_scripts.training.finetuning import finetune
from workflow_scripts.training.pretraining import make_model

SHAPE = {"layers": 2, "hidden": 48, "heads": 4, "intermediate": 96}
PLACES = 300
QUERIES = PLACES * len(ASKED)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A folder as `finetune` writes it."""
    folder = tmp_path_factory.mktemp("checkpoint")
    paths, base = write_case(folder), write_tokenizer(folder / "base")
    torch.manual_seed(0)
    save_encoder(make_model(SHAPE, 600).encoder, base)
    tokens = write_tokens(base, paths["pairs"], folder / "tokens")
    settings = {"model": MODEL, "strategy": {"alpha": 0.5}, "training": TRAINING | {"steps": 100, "batch_size": 16}}
    finetune(str(base), paths["pairs"], tokens, paths["overlaps"], settings, 1, 1, folder / "model", folder / "partial")
    return folder / "model"


@pytest.fixture(scope="module")
def texts():
    """Questions in three languages, then passages, all different."""
    asked = [ASKED[lang].format(name(number)) for lang in ASKED for number in range(PLACES)]
    return asked + [LANGS[lang].format(name(number), 100 + number) for lang in LANGS for number in range(PLACES)]


def ours(checkpoint, texts, dtype):
    encoder = load_to_encode(checkpoint, MODEL, "cpu", dtype, 2048)
    rows = encoder.tokenize(texts, MODEL["max_passage_length"])
    assert len(set(map(tuple, rows))) == len(texts)  # two texts of equal tokens would be a tie
    return np.concatenate([encoder.encode_rows(rows[first : first + 100]) for first in range(0, len(rows), 100)])


def theirs(checkpoint, texts, dtype):
    from sentence_transformers import SentenceTransformer

    peer = SentenceTransformer(str(checkpoint), device="cpu", model_kwargs={"dtype": dtype})
    return np.asarray(peer.encode(texts, convert_to_tensor=True).float())


def scores(vectors):
    """Cosines in fp64 of questions [q] and passages [p]."""
    unit = vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return unit[:QUERIES] @ unit[QUERIES:].T


def overlap(one, other):
    """Share of the ten best passages that two score matrices have in common."""
    tops = (np.argsort(-found, axis=1)[:, :10] for found in (one, other))
    return np.mean([len(set(a) & set(b)) / 10 for a, b in zip(*(top.tolist() for top in tops), strict=True)])


def test_in_fp32_the_first_ten_are_those_of_sentence_transformers(checkpoint, texts):
    mine, peers = ours(checkpoint, texts, torch.float32), theirs(checkpoint, texts, torch.float32)
    assert (mine.astype(np.float64) * peers).sum(axis=1).min() >= 0.99999
    assert overlap(scores(mine), scores(peers)) >= 0.999


def test_in_bf16_our_scores_are_nearer_to_those_of_fp32_than_sentence_transformers_are(checkpoint, texts):
    exact = scores(theirs(checkpoint, texts, torch.float32))
    mine, peers = (
        np.sqrt(np.mean((scores(encode(checkpoint, texts, torch.bfloat16)) - exact) ** 2)) for encode in (ours, theirs)
    )
    assert 2 * mine < peers
