"""Cosines of texts and translations by a tiny encoder, and what a threshold on them does."""

import json

import numpy as np
import pyarrow as pa
import pytest
from training_case import write_encoder

from workflow_scripts.compare_translations import compare_translations
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import SIMILARITIES, TRANSLATIONS, read_table, write_table
from workflow_scripts.encoders.bi_encoder import load_bi_encoder
from workflow_scripts.translation.quality import Side, similarity
from workflow_scripts.translation.similarity import text_similarities
from workflow_scripts.translation.stored import StoredTranslations

ENTRY = {
    "pooling": "mean",
    "normalise": True,
    "query_prefix": "query: ",
    "passage_prefix": "passage: ",
    "max_query_length": 12,
    "max_passage_length": 24,
}
MADE = {
    "one text": "one text",
    "another text, and a longer one": "maandishi mengine",
    "the third": "ya tatu, ndefu kuliko ya kwanza",
}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return write_encoder(tmp_path_factory.mktemp("encoder") / "model")


@pytest.fixture
def compared(encoder, tmp_path):
    rows = [
        {"text": text, "translation": made, "cut_off": False, "segments": 1, "cut_sentences": 0, "block": 0}
        for text, made in MADE.items()
    ]
    write_table(pa.Table.from_pylist(rows, schema=TRANSLATIONS), tmp_path / "0.parquet", TRANSLATIONS)
    compare_translations(
        path_to_translations=tmp_path / "0.parquet",
        path_to_model=encoder,
        settings={"model": ENTRY, "encoding": {"batch_tokens": 64, "dtype": "float32"}},
        threads=1,
        path_to_output=tmp_path / "0.similarity.parquet",
    )
    return tmp_path


def test_cosines_are_those_of_the_encoder_s_passages(encoder, compared):
    found = read_table(compared / "0.similarity.parquet", SIMILARITIES).to_pydict()
    assert found["text"] == list(MADE)
    one_by_one = load_bi_encoder(encoder, ENTRY)
    for (text, made), cosine in zip(MADE.items(), found["similarity"], strict=True):
        left, right = (one_by_one.encode_rows(one_by_one.tokenize_passages([None], [side]))[0] for side in (text, made))
        assert cosine == pytest.approx(float(np.dot(left, right)), abs=1e-5)
    assert found["similarity"][0] == pytest.approx(1.0, abs=1e-5)


def test_they_reach_the_judge(compared):
    stored = StoredTranslations("x", [compared / "0.parquet"], (), [compared / "0.similarity.parquet"])
    made = stored.translate(list(MADE), "en", "sw")
    assert [one.text for one in made] == list(MADE.values())
    assert similarity(Side("one text", "one text", "Latin", similarity=made[0].similarity)) == pytest.approx(
        1, abs=1e-5
    )
    assert made[1].similarity < 1 - 1e-4


class Sociable:
    """An encoder whose vectors hinge on what else is in the batch, as the last bits of padded arithmetic do."""

    def tokenize_passages(self, titles, texts):
        return [list(text.encode()) for text in texts]

    def encode_rows(self, rows):
        angles = np.array([sum(row) % 7 + 0.1 * len(rows) * len(row) for row in rows])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_cosines_do_not_hinge_on_the_number_of_shards(monkeypatch):
    monkeypatch.setattr("workflow_scripts.translation.similarity.load_bi_encoder", lambda *_: Sociable())
    texts = MADE | {f"text {number}": f"maandishi {number}" for number in range(20)}
    how = {"cut_off": False, "segments": 1, "cut_sentences": 0}
    rows = [{"text": text, "translation": made, **how, "block": n % 3} for n, (text, made) in enumerate(texts.items())]
    table = pa.Table.from_pylist(rows, schema=TRANSLATIONS)
    settings = {"model": ENTRY, "encoding": {"batch_tokens": 64, "dtype": "float32"}}

    def cosines(*blocks):
        some = table.filter(pa.array(block in blocks for block in table["block"].to_pylist()))
        found = text_similarities(some, "model", settings, 1)
        return dict(zip(*(column.to_pylist() for column in found.columns), strict=True))

    assert cosines(0, 1, 2) == cosines(2) | cosines(0) | cosines(1)
    assert cosines() == {}


def test_a_vector_that_is_nan_stops_the_job(monkeypatch):
    class Broken(Sociable):
        def encode_rows(self, rows):
            return super().encode_rows(rows) * np.float32("nan")

    monkeypatch.setattr("workflow_scripts.translation.similarity.load_bi_encoder", lambda *_: Broken())
    row = {"text": "a", "translation": "b", "cut_off": False, "segments": 1, "cut_sentences": 0, "block": 0}
    settings = {"model": ENTRY, "encoding": {"batch_tokens": 64, "dtype": "float32"}}
    with pytest.raises(InputError, match="model: a text's vector is NaN"):
        text_similarities(pa.Table.from_pylist([row], schema=TRANSLATIONS), "model", settings, 1)


def test_its_settings_are_unit_vectors_whatever_the_model_is_trained_for():
    from workflow_scripts.planning.settings import compare_translations_settings

    entry = {key: value for key, value in ENTRY.items() if key != "normalise"}
    config = {
        "models": {"labse": entry | {"max_norm": 8.0, "learning_rate": 1e-5}},
        "encoding": {"batch_tokens": 64, "dtype": "float32", "other": 1},
    }
    settings = json.loads(compare_translations_settings(config, "labse"))
    assert settings == {"model": ENTRY, "encoding": {"batch_tokens": 64, "dtype": "float32"}}
