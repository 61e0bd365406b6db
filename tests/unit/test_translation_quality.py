import json
import math
import os
from collections import Counter
from pathlib import Path

import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.languages import read_languages
from workflow_scripts.translation import quality
from workflow_scripts.translation.quality import FILTERS, Side, check_thresholds, verdict, width
from workflow_scripts.translation.reasons import KEPT, REASONS
from workflow_scripts.translation.words import words

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("DATA_ROOT", ROOT.parent / "shared/data"))
THRESHOLDS = {
    "min_length_ratio": 0.3,
    "max_length_ratio": 3.0,
    "max_copied": 0.6,
    "min_script": 0.5,
    "max_repeated": 0.4,
}


def side(translation, source="How many people live in Kenya?", script="Latin", **facts):
    return Side(source, translation, script, **facts)


def test_every_filter_is_a_reason_of_the_yield_table():
    assert tuple(kind.name for kind in FILTERS) == REASONS


def test_words():
    assert words("Don't go, l’été! 1,234") == ["don't", "go", "l’été", "1", "234"]
    assert words("日本のFrance 語") == ["日", "本", "の", "france", "語"]
    assert words("मुख्यमंत्री می\u200cشود") == ["मुख्यमंत्री", "می\u200cشود"]
    assert words("?! …") == []


def test_width_counts_wide_characters_twice():
    assert width("Kenya?") == 6
    assert width("肯尼亚？") == 8
    assert width("케냐") == 4
    assert width("เคนยา") == 5


@pytest.mark.parametrize(
    ("translation", "source", "expected"),
    [("abcd", "ab", 2.0), ("  ab ", "abcd", 0.5), ("肯尼亚", "abcdef", 1.0), ("ab", " ", math.inf)],
)
def test_length_ratio(translation, source, expected):
    assert quality.length_ratio(side(translation, source)) == expected


@pytest.mark.parametrize(
    ("translation", "expected"),
    [
        ("How many people live in Kenya?", 1.0),
        ("HOW MANY, people!", 1.0),
        ("Watu wangapi wanaishi Kenya?", 1 / 4),
        ("Kenya 1999 2000", 1.0),  # numbers do not count
        ("1999", 0.0),
        ("肯尼亚有多少人 Kenya", 1 / 8),
    ],
)
def test_copied(translation, expected):
    assert quality.copied(side(translation)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("translation", "script", "expected"),
    [
        ("Kenya", "Latin", 1.0),
        ("Kenya", "Telugu", 0.0),
        ("కెన్యా", "Telugu", 1.0),
        ("కెన్యా", "Bengali", 0.0),
        ("1999?", "Telugu", 1.0),
        ("ما هي Ken", "Arabic", 4 / 7),
        ("日本の首都はどこ", "Japanese", 1.0),
        ("カタカナ", "Japanese", 1.0),
        ("日本的首都在哪里", "Japanese", 0.0),  # Chinese
        ("日本的首都在哪里", "Han", 1.0),
        ("日本の首都", "Han", 4 / 5),
        ("케냐의 수도", "Hangul", 1.0),
        ("日本的首都", "Hangul", 0.0),
        ("日本ab", "Han", 4 / 6),  # by width
    ],
)
def test_script(translation, script, expected):
    assert quality.script(side(translation, script=script)) == pytest.approx(expected)


def test_a_script_that_does_not_exist():
    with pytest.raises(InputError, match="'Klingon' is neither a Unicode script"):
        quality.script(side("x", script="Klingon"))


@pytest.mark.parametrize(
    ("translation", "script", "expected"),
    [
        ("a b", "Latin", 0.0),
        ("a b c d e", "Latin", 0.0),
        ("a b c a b c", "Latin", 1 / 4),
        ("na na na na na na", "Latin", 3 / 4),
        ("一二三四五六", "Han", 0.0),
        ("一二三四五六一二三四五六", "Han", 1 / 7),
        ("กกกกกกกก", "Thai", 2 / 3),
        ("ababababab", "Latin", 0.0),  # one word
    ],
)
def test_repeated(translation, script, expected):
    assert quality.repeated(side(translation, script=script)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (side("Watu wangapi wanaishi nchini Kenya?"), KEPT),
        (side("1,234 (50%)", "1,234 (50%)"), KEPT),
        (side("Watu wangapi wanaishi", cut_off=True), "cut_off"),
        (side(" "), "empty"),
        (side("Title", missing=True), "empty"),
        (side("", missing=True, cut_off=True), "empty"),
        (side("Watu"), "length_ratio"),
        (side("watu wangapi wanaishi nchini sasa hivi leo hii " * 3), "length_ratio"),
        (side("How many people live in Kenya?"), "copied"),
        (side("Сколько людей живет в Кении?"), "script"),
        (side("watu wa watu wa watu wa watu wa watu"), "repeated"),
        (side("肯尼亚有多少人？", script="Han"), KEPT),
        (side("ケニアの人口は何人ですか？", script="Japanese"), KEPT),
        (side("케냐에는 몇 명이 살고 있나요?", script="Hangul"), KEPT),
        (side("เคนยามีประชากรกี่คน", script="Thai"), KEPT),
    ],
)
def test_verdict(content, expected):
    assert verdict(content, THRESHOLDS) == expected


def test_a_measure_on_its_bound_passes():
    copied = side("people live now", "people live here ok")  # 2 of 3 words
    assert verdict(copied, THRESHOLDS | {"max_copied": 2 / 3}) == KEPT
    assert verdict(copied, THRESHOLDS | {"max_copied": 0.66}) == "copied"
    short = side("abc", "xxxxxx")
    assert verdict(short, THRESHOLDS | {"min_length_ratio": 0.5}) == KEPT
    assert verdict(short, THRESHOLDS | {"min_length_ratio": 0.51}) == "length_ratio"


@pytest.mark.parametrize(
    ("thresholds", "said"),
    [
        ({key: value for key, value in THRESHOLDS.items() if key != "max_copied"}, "quality.max_copied: is missing"),
        (THRESHOLDS | {"max_cpied": 1}, "quality.max_cpied: no filter has this threshold"),
        (THRESHOLDS | {"min_script": "0.5"}, "quality.min_script: '0.5' is not a number"),
        (THRESHOLDS | {"min_script": math.nan}, "quality.min_script: nan is not a number"),
    ],
)
def test_thresholds_are_checked(thresholds, said):
    with pytest.raises(InputError) as error:
        check_thresholds(thresholds)
    assert said in str(error.value)


@pytest.fixture(scope="module")
def ntrex():
    if not (DATA / "ntrex").is_dir():
        pytest.skip("no NTREX-128: set DATA_ROOT to the folder of the real data")
    languages = read_languages(ROOT / "resources/languages.csv")
    lines = {code: (DATA / f"ntrex/{code}.txt").read_text(encoding="utf-8").splitlines()[:500] for code in languages}
    return languages, lines


def test_human_translations_pass_in_every_language(ntrex):
    languages, lines = ntrex
    for code in languages:
        if code == "en":
            continue
        pairs = zip(lines["en"], lines[code], strict=True)
        reasons = Counter(verdict(Side(en, other, languages[code].script), THRESHOLDS) for en, other in pairs)
        assert reasons[KEPT] >= 0.985 * len(lines[code]), (code, reasons)


def test_copies_and_other_scripts_fail_in_every_language(ntrex):
    languages, lines = ntrex
    for code, language in languages.items():
        if code == "en":
            continue
        copies = [verdict(Side(en, en, language.script), THRESHOLDS) for en in lines["en"] if words(en)]
        assert set(copies) == {"copied"}, code
        other = lines["hi" if language.script == "Cyrillic" else "ru"]
        verdicts = [verdict(Side(en, o, language.script), THRESHOLDS) for en, o in zip(lines["en"], other, strict=True)]
        assert verdicts.count(KEPT) <= 0.01 * len(verdicts), code


def test_default_thresholds_are_those_tested():
    yaml = pytest.importorskip("yaml")
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    assert json.dumps(config["translation"]["quality"], sort_keys=True) == json.dumps(THRESHOLDS, sort_keys=True)
