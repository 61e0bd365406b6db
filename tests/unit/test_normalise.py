import unicodedata

import pytest

from workflow_scripts.data.normalise import is_unspaced, normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  What's  the\tanswer?\n", "what s the answer"),
        ("ＦＵＬＬ　ｗｉｄｔｈ", "full width"),
        ("Straße – ﬁn", "strasse fin"),
        ("« C++ » 3½", "c 31 2"),  # NFKC writes ½ as 1⁄2
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("می‌خواهم", "میخواهم"),  # the zero-width non-joiner goes, the word stays one
        ("ஹைதராபாத்?", "ஹைதராபாத்"),
        ("తెలుగు, భాష।", "తెలుగు భాష"),
        ("हिन्दी। कि", "हिन्दी कि"),
        ("?!", ""),
        ("", ""),
    ],
)
def test_normalise(text, expected):
    assert normalise(text) == unicodedata.normalize("NFKC", expected)


def test_vowel_signs_tell_words_apart():
    assert normalise("कि") != normalise("की") != normalise("क")


def test_composed_and_decomposed_letters_are_equal():
    assert normalise("Yorùbá ọ̀rọ̀") == normalise(unicodedata.normalize("NFD", "YORÙBÁ Ọ̀RỌ̀"))


@pytest.mark.parametrize("text", ["นี่คือจุดเริ่มต้น", "これは日本語です", "这 是 中文 约 2024", "ພາສາລາວ"])
def test_scripts_without_spaces(text):
    assert is_unspaced([normalise(text)])


@pytest.mark.parametrize("text", ["한국어 문장입니다", "english with 中文", "తెలుగు", "ภาษา in english mostly", ""])
def test_scripts_with_spaces(text):
    assert not is_unspaced([normalise(text)])
