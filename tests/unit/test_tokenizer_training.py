import json
import subprocess
import sys
import unicodedata

import pytest
from training_case import LANGS, pair_rows, write_case

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import read_manifest
from workflow_scripts.training.tokenizer_training import (
    BYTES,
    SPECIAL_TOKENS,
    balanced_counts,
    balanced_texts,
    train_tokenizer,
)

SENTENCES = {
    "hi": "भारत की राजधानी नई दिल्ली है।",
    "te": "హైదరాబాద్ తెలంగాణ రాజధాని.",
    "bn": "ঢাকা বাংলাদেশের রাজধানী, য়াংকি।",
    "ar": "القاهرةُ هي عاصمةُ مصرَ؟",
    "yo": "Àbújá ni olú-ìlú Nàìjíríà.",
    "zh": "北京是中国的首都。",
    "en": "It's 3.5 km (about 2 miles) — “roughly”.",
}


@pytest.fixture(scope="module", params=["bpe", "unigram"])
def tokenizer(request):
    return train_tokenizer({lang: [text] * 3 for lang, text in SENTENCES.items()}, request.param, 700, 0.5)


@pytest.mark.parametrize("text", [*SENTENCES.values(), "😀 ok ŋ꙳", "<0x41> stays text", "ไทย ภาษา", "a\u200cb"])
def test_text_round_trips(tokenizer, text):
    encoded = tokenizer.encode(text)
    assert tokenizer.decode(encoded.ids) == unicodedata.normalize("NFC", text)
    assert "<unk>" not in encoded.tokens


def test_white_space_is_one_space(tokenizer):
    assert tokenizer.decode(tokenizer.encode("  a\n b\t\tc ").ids) == "a b c"


def test_special_tokens_are_those_of_xlm_roberta(tokenizer):
    assert [tokenizer.token_to_id(token) for token in SPECIAL_TOKENS] == [0, 1, 2, 3, 4]
    assert tokenizer.encode("a").ids[0] == 0 and tokenizer.encode("a").ids[-1] == 2
    assert tokenizer.token_to_id(BYTES[255]) is not None
    assert tokenizer.encode("<mask>").ids[1] == 4


def test_indic_words_are_not_cut_at_their_vowel_signs():
    tokenizer = train_tokenizer({"hi": ["दिल्ली में की"] * 20}, "bpe", 600, 1.0)
    assert tokenizer.encode("दिल्ली").tokens == ["<s>", "▁दिल्ली", "</s>"]


def test_languages_are_balanced_by_temperature():
    assert balanced_counts([900, 100], 1.0) == [900, 100]
    assert balanced_counts([900, 100], 0.5) == [750, 250]
    assert balanced_counts([900, 100], 0.0) == [500, 500]
    texts = {"en": [f"e{n}" for n in range(900)], "sw": [f"s{n}" for n in range(100)]}
    drawn = list(balanced_texts(texts, 0.5))
    assert drawn == list(balanced_texts(texts, 0.5))
    times = [drawn.count(text) for text in texts["sw"]]
    assert set(times) == {2, 3} and sum(times) == 250
    assert len(set(drawn[:750])) == 750


@pytest.mark.parametrize("kind, vocabulary", [("wordpiece", 8000), ("bpe", 300)])
def test_bad_settings_are_refused(kind, vocabulary):
    with pytest.raises(InputError, match=r"pretraining\.tokenizer"):
        train_tokenizer({"en": ["a"]}, kind, vocabulary, 0.5)


def test_entry_module_writes_a_folder_that_autotokenizer_loads_and_imports_no_torch(tmp_path):
    paths = write_case(tmp_path)
    command = [
        *("--texts", *paths["texts"], "--overlaps", *paths["overlaps"]),
        *("--settings", json.dumps({"kind": "bpe", "vocabulary": 600, "tau": 0.5}), "--output", str(tmp_path / "a")),
    ]
    code = (
        "import sys; from workflow_scripts.train_tokenizer import main; main();"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, *command], check=True)
    assert read_manifest(tmp_path / "a")["texts_drawn"] == dict.fromkeys(
        sorted(LANGS), 59
    )  # one overlaps, in all languages
    subprocess.run(
        [sys.executable, "-m", "workflow_scripts.train_tokenizer", *command[:-1], str(tmp_path / "b")], check=True
    )
    assert (tmp_path / "a" / "tokenizer.json").read_bytes() == (tmp_path / "b" / "tokenizer.json").read_bytes()

    from tokenizers import Tokenizer
    from transformers import AutoTokenizer

    ours, theirs = (
        Tokenizer.from_file(str(tmp_path / "a" / "tokenizer.json")),
        AutoTokenizer.from_pretrained(tmp_path / "a"),
    )
    for lang in LANGS:
        text = pair_rows(lang)[0]["passage"]
        assert theirs(text)["input_ids"] == ours.encode(text).ids
    assert (theirs.pad_token_id, theirs.mask_token_id, theirs.cls_token_id) == (1, 4, 0)
