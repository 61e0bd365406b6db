"""What models call the languages, against the lists that their tokenizers publish."""

from pathlib import Path

import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.languages import read_languages
from workflow_scripts.data.translation_languages import FAMILIES, language_names, read_translation_languages

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
TAGS = read_translation_languages(RESOURCES / "translation_languages.csv")
LANGUAGES = read_languages(RESOURCES / "languages.csv")


def test_every_language_of_the_workflow_has_a_row():
    assert list(TAGS) == list(LANGUAGES)


def test_nllb_s_names_are_its_tokenizer_s():
    from transformers.models.nllb.tokenization_nllb import FAIRSEQ_LANGUAGE_CODES

    assert {code: names["nllb"] for code, names in TAGS.items()} == {
        code: (language.nllb_code,) for code, language in LANGUAGES.items()
    }
    assert {names["nllb"][0] for names in TAGS.values()} <= set(FAIRSEQ_LANGUAGE_CODES)


def test_m2m100_s_names_are_its_tokenizer_s_and_it_has_no_telugu():
    from transformers.models.m2m_100.tokenization_m2m_100 import FAIRSEQ_LANGUAGE_CODES

    known = set(FAIRSEQ_LANGUAGE_CODES["m2m100"])
    assert {code: names["m2m100"] for code, names in TAGS.items()} == {
        code: (code,) if code in known else () for code in TAGS
    }
    assert [code for code in TAGS if code not in known] == ["te"]


def test_opus_mt_s_names_begin_with_iso_639_3_and_tell_scripts_of_chinese():
    for code, names in TAGS.items():
        first = names["opus-mt"][0]
        iso = LANGUAGES[code].nllb_code.partition("_")[0]
        macro = {"arb": "ara", "zho": "cmn_Hans"}.get(iso, iso)
        assert first == macro
        assert names["opus-mt"][-1] == code


def test_a_language_that_a_family_does_not_know():
    with pytest.raises(InputError, match=r"m2m100 models do not know 'te'; they know ar, bn, .*zh"):
        language_names(TAGS, "m2m100", "te")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lang,nllb\n", "line 1: not the columns lang, nllb, m2m100, madlad400, opus-mt"),
        (f"lang,{','.join(FAMILIES)}\nsw,a,b,c,d\nsw,a,b,c,d\n", "line 3: language sw stands twice"),
        (f"lang,{','.join(FAMILIES)}\nsw,a,b\n", "line 2: has not the 5 cells"),
    ],
)
def test_a_broken_table(tmp_path, text, said):
    (tmp_path / "tags.csv").write_text(text)
    with pytest.raises(InputError) as error:
        read_translation_languages(tmp_path / "tags.csv")
    assert said in str(error.value)
