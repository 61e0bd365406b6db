"""Models of the real architectures, trained to a toy mapping (tiny_translators), through both engines."""

import json
import random
import shutil

import pyarrow as pa
import pytest
import tiny_translators
import torch
from tiny_translators import WORDS, sentence, translated

from workflow_scripts.convert_translator import convert_translator
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.spent_time import SpentTime, earlier_time, go_on_from
from workflow_scripts.data.tables import PAIRS, TRANSLATIONS, read_table, write_table
from workflow_scripts.data.translation_languages import read_translation_languages
from workflow_scripts.translate import translate
from workflow_scripts.translate_shard import translate_shard
from workflow_scripts.translation.ctranslate2_conversion import convert_model
from workflow_scripts.translation.ctranslate2_decoder import CTranslate2Decoder
from workflow_scripts.translation.model_tokens import ModelTokens
from workflow_scripts.translation.neural import NeuralEngine, Output
from workflow_scripts.translation.transformers_decoder import TransformersDecoder

MAKERS = {
    "nllb": tiny_translators.nllb,
    "m2m100": tiny_translators.m2m100,
    "madlad400": tiny_translators.madlad400,
    "opus-mt": tiny_translators.opus_mt,
}
SETTINGS = {
    "engine": "transformers",
    "family": "nllb",
    "precision": "float32",
    "beam": 1,
    "batch_tokens": 256,
    "segment_tokens": 32,
    "output_ratio": 3.0,
    "shards": 1,
}


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Folders of a trained model and of its conversion, by family, each made when first asked for."""
    made = {}

    def make(family):
        if family not in made:
            folder = tmp_path_factory.mktemp("translators") / family
            torch.manual_seed(1)
            MAKERS[family](folder)
            convert_translator(
                path_to_model=folder,
                settings={"family": family, "precision": "float32"},
                path_to_output=folder.with_suffix(".ct2"),
            )
            made[family] = folder, folder.with_suffix(".ct2")
        return made[family]

    return make


@pytest.fixture(scope="session")
def tags(request):
    return read_translation_languages(request.config.rootpath / "resources/translation_languages.csv")


@pytest.fixture(scope="session")
def engine(models, tags):
    def make(kind, family, lang, beam=1, **options):
        folder, converted = models(family)
        tokens = ModelTokens(folder, family, "en", lang, tags)
        if kind == "transformers":
            decoder = TransformersDecoder(folder, tokens, precision="float32", beam=beam, threads=1)
        else:
            decoder = CTranslate2Decoder(converted, tokens, beam=beam, threads=1)
        given = {"segment_tokens": 32, "output_ratio": 3.0, "batch_tokens": 256} | options
        return NeuralEngine(kind, tokens, decoder, direction=("en", lang), **given)

    return make


def texts(count=60):
    draw = random.Random(5)
    return list(dict.fromkeys(sentence(draw) for _ in range(count)))


ENGINES = ("transformers", "ctranslate2")


@pytest.mark.parametrize("family", MAKERS)
def test_both_engines_say_what_the_model_learnt_in_the_language_asked_for(engine, family):
    asked = texts()
    for lang in ("sw", "es"):
        ours, theirs = (engine(kind, family, lang).translate(asked, "en", lang) for kind in ENGINES)
        assert theirs == ours
        right = sum(one.text == translated(text, lang) for text, one in zip(asked, ours, strict=True))
        assert right >= 0.9 * len(asked)
        assert not any(one.cut_off for one in ours)


@pytest.mark.parametrize("kind", ENGINES)
def test_a_beam_is_as_right(engine, kind):
    asked = texts()
    made = engine(kind, "nllb", "sw", beam=4).translate(asked, "en", "sw")
    assert sum(one.text == translated(text, "sw") for text, one in zip(asked, made, strict=True)) >= 0.9 * len(asked)


@pytest.mark.parametrize("kind", ENGINES)
def test_a_passage_is_translated_by_sentence_and_nothing_is_lost(engine, kind):
    sentences = [text.capitalize() for text in texts(20)]
    single = engine(kind, "nllb", "sw").translate(sentences, "en", "sw")
    (passage,) = engine(kind, "nllb", "sw").translate([" ".join(sentences)], "en", "sw")
    assert passage.text == " ".join(one.text for one in single)
    assert (passage.segments, passage.cut_sentences) == (len(sentences), 0)


def test_a_sentence_longer_than_a_segment_is_cut_and_counted(engine):
    long = " ".join(WORDS * 4)
    (made,) = engine("ctranslate2", "nllb", "sw", segment_tokens=16).translate([long], "en", "sw")
    assert made.segments > 1
    assert made.cut_sentences == 1


@pytest.mark.parametrize("kind", ENGINES)
def test_an_output_that_does_not_end_is_cut_off(engine, kind, monkeypatch):
    monkeypatch.setattr("workflow_scripts.translation.neural.output_limit", lambda tokens, ratio: 2)
    (made,) = engine(kind, "nllb", "sw").translate(["bade fimo."], "en", "sw")
    assert made.cut_off


class Letters:
    """A tokenizer of which each letter is a token."""

    positions = None

    def encode(self, texts):
        return [list(map(ord, text)) for text in texts]

    def decode(self, ids):
        return "".join(map(chr, ids))


class Echo:
    """A model that hands its texts back, but of those that begin with a star or "Lost" says nothing."""

    device = "cpu"

    def decode(self, batch, limit):
        return [Output([] if bytes(row).startswith((b"*", b"Lost")) else row, True) for row in batch]


def test_a_text_of_which_a_sentence_is_lost_is_lost():
    settings = {"segment_tokens": 32, "output_ratio": 3.0, "batch_tokens": 256}
    echo = NeuralEngine("echo", Letters(), Echo(), direction=("en", "sw"), **settings)
    made = echo.translate(["One. Lost. Three.", "One. Two.", "One.\n* * *\nThree.", "Lost"], "en", "sw")
    assert [one.text for one in made] == ["", "One. Two.", "One. Three.", ""]
    assert [one.segments for one in made] == [3, 2, 3, 1]


class Small(Echo):
    """A model whose machine has memory for so many texts at once."""

    def __init__(self, most):
        self.most = most

    def decode(self, batch, limit):
        if len(batch) > self.most:
            raise MemoryError
        return super().decode(batch, limit)


def test_a_batch_that_does_not_fit_into_memory_is_translated_in_halves(caplog):
    settings = {"segment_tokens": 32, "output_ratio": 3.0, "batch_tokens": 256}
    asked = [f"Text {number}." for number in range(30)]
    made = [
        NeuralEngine("echo", Letters(), decoder, direction=("en", "sw"), **settings).translate(asked, "en", "sw")
        for decoder in (Echo(), Small(3))
    ]
    assert made[0] == made[1]
    assert "segments do not fit into memory" in caplog.text
    with pytest.raises(MemoryError):
        NeuralEngine("echo", Letters(), Small(0), direction=("en", "sw"), **settings).translate(asked, "en", "sw")


@pytest.mark.parametrize(
    ("said", "raised"), [("CUDA failed with error out of memory", MemoryError), ("other", RuntimeError)]
)
def test_ctranslate2_says_in_words_that_memory_ran_out(models, tags, monkeypatch, said, raised):
    folder, converted = models("nllb")
    decoder = CTranslate2Decoder(converted, ModelTokens(folder, "nllb", "en", "sw", tags), beam=1, threads=1)

    class Failing:
        def translate_batch(self, *_, **__):
            raise RuntimeError(said)

    monkeypatch.setattr(decoder, "_translator", Failing())
    with pytest.raises(raised, match=said):
        decoder.decode([[5, 6]], 32)


@pytest.mark.parametrize("kind", ENGINES)
def test_the_order_and_company_of_texts_do_not_matter(engine, kind):
    asked = texts()
    together = dict(zip(asked, engine(kind, "nllb", "sw").translate(asked, "en", "sw"), strict=True))
    shuffled = random.Random(3).sample(asked, len(asked))
    again = engine(kind, "nllb", "sw", batch_tokens=64).translate(shuffled, "en", "sw")
    assert dict(zip(shuffled, again, strict=True)) == together


def test_another_direction_is_refused(engine):
    with pytest.raises(InputError, match="goes from en to sw"):
        engine("transformers", "nllb", "sw").translate(["bade."], "en", "es")


@pytest.fixture
def job(models, tmp_path, request):
    """A shard's arguments over 40 pairs, and the folder that holds its files."""
    rows = [
        {
            "pair_id": f"p{number}",
            "group_id": f"toy:{number}",
            "source": "toy",
            "lang": "en",
            "origin": "native",
            "query": text,
            "title": None,
            "passage": texts(40)[-number - 1],
            "negatives": None,
        }
        for number, text in enumerate(texts(40))
    ]
    write_table(pa.Table.from_pylist(rows, schema=PAIRS), tmp_path / "en.parquet", PAIRS)
    folder, converted = models("nllb")
    return {
        "source": "toy",
        "direction": ("en", "sw"),
        "settings": SETTINGS,
        "path_to_pairs": tmp_path / "en.parquet",
        "path_to_model": folder,
        "path_to_converted": converted,
        "path_to_tags": request.config.rootpath / "resources/translation_languages.csv",
        "threads": 1,
        "block_texts": 8,
        "path_to_output": tmp_path / "0.parquet",
        "path_to_partial": tmp_path / "state",
    }


@pytest.mark.parametrize("kind", ENGINES)
def test_shards_hold_exactly_what_one_job_makes(job, tmp_path, kind):
    settings = SETTINGS | {"engine": kind}
    translate_shard(**job | {"settings": settings})
    whole = read_table(tmp_path / "0.parquet", TRANSLATIONS)
    parts = []
    for shard in range(3):
        path = tmp_path / f"part{shard}.parquet"
        translate_shard(**job | {"settings": settings | {"shards": 3}, "shard": shard, "path_to_output": path})
        parts.append(read_table(path, TRANSLATIONS))
    assert all(part.num_rows for part in parts)
    assert pa.concat_tables(parts).sort_by([("block", "ascending"), ("text", "ascending")]) == whole.sort_by(
        [("block", "ascending"), ("text", "ascending")]
    )


class Interrupted:
    """Decoding that is broken off after so many batches, each of which is counted."""

    def __init__(self, batches):
        self.batches, self.decoded, self.decode = batches, 0, TransformersDecoder.decode

    def __get__(self, decoder, owner):
        def decode(batch, limit):
            if self.decoded == self.batches:
                raise KeyboardInterrupt
            self.decoded += 1
            return self.decode(decoder, batch, limit)

        return decode


def decoded(monkeypatch, job, batches=10**9):
    """Return how many batches a job decodes, broken off after ``batches``."""
    with monkeypatch.context() as patched:
        counting = Interrupted(batches)
        patched.setattr(TransformersDecoder, "decode", counting)
        try:
            translate_shard(**job)
        except KeyboardInterrupt:
            assert not job["path_to_output"].exists()
        return counting.decoded


def test_a_killed_shard_goes_on_behind_its_last_block(job, tmp_path, monkeypatch):
    whole = decoded(monkeypatch, job | {"path_to_output": tmp_path / "undisturbed.parquet"})
    assert not (tmp_path / "state").exists()
    assert whole > 3
    assert decoded(monkeypatch, job, batches=whole - 1) == whole - 1
    kept = {path.name for path in (tmp_path / "state").iterdir()}
    assert kept >= {"progress.json", "0.parquet"}
    assert decoded(monkeypatch, job) < whole - 1
    assert (tmp_path / "0.parquet").read_bytes() == (tmp_path / "undisturbed.parquet").read_bytes()
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"settings": SETTINGS | {"beam": 2}},
        {"direction": ("en", "es")},
        {"block_texts": 7},
        {"threads": 2},
        {"share": 0.99},
    ],
    ids=lambda change: next(iter(change)),
)
def test_blocks_of_another_job_are_not_gone_on_with(job, tmp_path, monkeypatch, change):
    other = job | change
    whole = decoded(monkeypatch, other | {"path_to_output": tmp_path / "undisturbed.parquet"})
    decoded(monkeypatch, job, batches=3)
    assert decoded(monkeypatch, other) == whole
    assert (tmp_path / "0.parquet").read_bytes() == (tmp_path / "undisturbed.parquet").read_bytes()


@pytest.mark.parametrize(("name", "where"), [("progress.json", b'"key"'), ("0.parquet", b"text")])
def test_a_damaged_block_is_translated_again(job, tmp_path, monkeypatch, name, where):
    whole = decoded(monkeypatch, job | {"path_to_output": tmp_path / "undisturbed.parquet"})
    decoded(monkeypatch, job, batches=whole - 1)
    content = bytearray((tmp_path / "state" / name).read_bytes())
    # Not just anywhere: the last digit of a time may change without changing the number that it stands for.
    content[content.index(where) + 1] ^= 1
    (tmp_path / "state" / name).write_bytes(content)
    again = decoded(monkeypatch, job)
    assert again == whole if name == "progress.json" else 1 < again < whole
    assert (tmp_path / "0.parquet").read_bytes() == (tmp_path / "undisturbed.parquet").read_bytes()


def test_a_resumed_shard_counts_what_its_blocks_took(job, tmp_path, monkeypatch):
    decoded(monkeypatch, job, batches=3)
    kept = json.loads((tmp_path / "state/progress.json").read_text())
    go_on_from(SpentTime())
    translate_shard(**job)
    assert earlier_time() == SpentTime(kept["wall_seconds"], kept["processor_seconds"])
    assert earlier_time().processor > 0


def test_more_shards_than_texts_leave_empty_ones(job, tmp_path):
    translate_shard(**job | {"settings": SETTINGS | {"shards": 500}, "shard": 499})
    assert read_table(tmp_path / "0.parquet", TRANSLATIONS).num_rows == 0


def judged(job, tmp_path, quality, **tables):
    translate(
        source="toy",
        lang="sw",
        share=1.0,
        translation={"engine": "transformers", "model": "tiny", "quality": QUALITY | quality},
        path_to_pairs=job["path_to_pairs"],
        path_to_glossary=None,
        path_to_languages=job["path_to_tags"].with_name("languages.csv"),
        path_to_output=tmp_path / "sw.parquet",
        path_to_yield=tmp_path / "sw.yield.csv",
        path_to_translations=[tmp_path / "0.parquet"],
        **tables,
    )
    return read_table(tmp_path / "sw.parquet", PAIRS).to_pylist()


# Toy words look alike, so copies and repeats say nothing here.
QUALITY = {
    "min_length_ratio": 0.3,
    "max_length_ratio": 3.0,
    "max_copied": 1.0,
    "min_script": 0.5,
    "max_repeated": 1.0,
}


def test_what_shards_made_becomes_pairs(job, tmp_path):
    translate_shard(**job)
    rows = judged(job, tmp_path, {})
    assert {row["origin"] for row in rows} == {"machine:transformers:tiny"}
    right = sum(row["query"] == translated(text, "sw") for row, text in zip(rows, texts(40), strict=True))
    assert right >= 0.9 * len(rows)
    assert all(row["title"] is None for row in rows)


def test_the_round_trip_drops_what_does_not_come_back(job, tmp_path):
    translate_shard(**job)
    # Not the real way back, which the toy has not learnt: half the texts come back as they were, half do not.
    made = read_table(tmp_path / "0.parquet", TRANSLATIONS).to_pylist()
    lost = {row["text"] for row in made[::3]}
    back = {
        (row["block"], row["translation"]): row
        | {"text": row["translation"], "translation": "xyz" if row["text"] in lost else row["text"]}
        for row in made
    }
    assert len(back) == len(made)
    back = list(back.values())
    write_table(pa.Table.from_pylist(back, schema=TRANSLATIONS), tmp_path / "0.back.parquet", TRANSLATIONS)
    rows = judged(job, tmp_path, {"min_round_trip": 50}, path_to_back=[tmp_path / "0.back.parquet"])
    pairs = read_table(job["path_to_pairs"], PAIRS).to_pylist()
    kept = [row["pair_id"] for row in pairs if not {row["query"], row["passage"]} & lost]
    assert 0 < len(kept) < len(pairs)
    assert [row["pair_id"] for row in rows] == kept
    assert "sw,pair,round_trip," in (tmp_path / "sw.yield.csv").read_text()


def test_translations_are_translated_back_block_by_block(job, tmp_path):
    translate_shard(**job)
    back = job | {"direction": ("sw", "en"), "path_to_pairs": None, "path_to_output": tmp_path / "0.back.parquet"}
    translate_shard(**back | {"path_to_translations": tmp_path / "0.parquet"})
    forth, back = (read_table(tmp_path / name, TRANSLATIONS) for name in ("0.parquet", "0.back.parquet"))
    pairs = zip(forth["block"].to_pylist(), forth["translation"].to_pylist(), strict=True)
    assert set(zip(back["block"].to_pylist(), back["text"].to_pylist(), strict=True)) == set(pairs)


def test_a_threshold_without_its_measure_is_refused(job, tmp_path):
    translate_shard(**job)
    with pytest.raises(InputError, match="min_round_trip: is given, but no table"):
        judged(job, tmp_path, {"min_round_trip": 50})


def test_a_missing_shard_is_named(job, tmp_path):
    translate_shard(**job | {"settings": SETTINGS | {"shards": 2}})
    with pytest.raises(InputError, match="is in no shard; rerun translate_shard"):
        judged(job, tmp_path, {})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"family": "opus-mt"}, "holds a model of type 'm2m_100', but models of family opus-mt are of type 'marian'"),
        ({"engine": "magic"}, "no neural engine is called 'magic'"),
        (
            {"segment_tokens": 400},
            "segment_tokens: 400 source tokens may become 1216, but the model has 512",
        ),
    ],
)
def test_settings_that_do_not_fit_the_model(job, tmp_path, change, said):
    with pytest.raises(InputError) as error:
        translate_shard(**job | {"settings": SETTINGS | change})
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "0.parquet").exists()


@pytest.mark.parametrize("kind", ENGINES)
def test_a_folder_that_is_no_model(job, tmp_path, kind):
    empty = {"settings": SETTINGS | {"engine": kind}, "path_to_model": tmp_path / "nothing"}
    with pytest.raises(InputError, match="give a transformers model folder"):
        translate_shard(**job | empty)


def test_a_folder_without_conversion(job, tmp_path):
    with pytest.raises(InputError, match=r"has no model\.bin"):
        translate_shard(**job | {"settings": SETTINGS | {"engine": "ctranslate2"}, "path_to_converted": tmp_path})


def test_weights_that_are_missing(job, models, tmp_path):
    folder = tmp_path / "hollow"
    shutil.copytree(models("nllb")[0], folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"decoder_layers": 2}))
    with pytest.raises(InputError, match=r"weights of \d+ tensors are missing"):
        translate_shard(**job | {"path_to_model": folder})


def test_a_language_that_the_vocabulary_lacks(models, tags):
    with pytest.raises(InputError, match="vocabulary has no <2yo> for 'yo'"):
        ModelTokens(models("madlad400")[0], "madlad400", "en", "yo", tags)
    with pytest.raises(InputError, match="vocabulary has none of >>yor<<, >>yo<< for 'yo'; it has >>swh<< >>spa<<"):
        ModelTokens(models("opus-mt")[0], "opus-mt", "en", "yo", tags)


def test_a_tokenizer_that_does_not_know_its_own_tags(models, tags, monkeypatch):
    monkeypatch.setattr(ModelTokens, "encode", lambda self, texts: [[7, 8, 9] for _ in texts])
    with pytest.raises(InputError, match="the tokenizer cuts <2sw> into pieces"):
        ModelTokens(models("madlad400")[0], "madlad400", "en", "sw", tags)


def test_a_conversion_that_cannot_be_says_so(models, tmp_path):
    with pytest.raises(InputError, match=r"translation\.precision: 'int3' is not one of"):
        convert_model(models("nllb")[0], "nllb", "int3", tmp_path)
    with pytest.raises(InputError, match="give a transformers model folder"):
        convert_model(tmp_path, "nllb", "int8", tmp_path)


def test_the_same_model_converts_to_eight_bits(models, tags, tmp_path):
    folder = models("opus-mt")[0]
    convert_translator(
        path_to_model=folder, settings={"family": "opus-mt", "precision": "int8"}, path_to_output=tmp_path / "int8"
    )
    whole = models("opus-mt")[1] / "model.bin"
    assert (tmp_path / "int8/model.bin").stat().st_size < 0.6 * whole.stat().st_size
    tokens = ModelTokens(folder, "opus-mt", "en", "sw", tags)
    decoder = CTranslate2Decoder(tmp_path / "int8", tokens, beam=1, threads=1)
    options = {"segment_tokens": 32, "output_ratio": 3.0, "batch_tokens": 256}
    asked = texts()
    made = NeuralEngine("int8", tokens, decoder, direction=("en", "sw"), **options).translate(asked, "en", "sw")
    assert sum(one.text == translated(text, "sw") for text, one in zip(asked, made, strict=True)) >= 0.8 * len(asked)
