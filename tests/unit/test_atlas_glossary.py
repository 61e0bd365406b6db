"""The phrase table: alignment of fragments, and coverage of every English training sentence."""

import dataclasses

import pytest

from workflow_scripts.atlas.entities import load_cldr
from workflow_scripts.atlas.glossary import align, fragments, phrase_table
from workflow_scripts.atlas.names import load_names
from workflow_scripts.atlas.templates import TEMPLATES, load_templates
from workflow_scripts.data.errors import InputError

SHIPPED = sorted(path.stem for path in TEMPLATES.glob("*.yaml") if path.stem not in ("entities", "en"))


@pytest.fixture(scope="module")
def cldr():
    return load_cldr(TEMPLATES / "entities.yaml")


def table_of(cldr, templates):
    return phrase_table(cldr, load_templates("en"), templates, load_names("en"), load_names(templates.lang))


def test_fragments_before_the_same_slot_are_partners():
    pairs = align("The home of {language} is {territory}.", "El hogar del {language} es {territory}.")
    assert pairs == {"The home of": "El hogar del", "is": "es"}


def test_a_fragment_behind_the_slot_joins_the_one_before_it():
    assert align("What is the currency of {territory}?", "{territory} की मुद्रा क्या है?") == {
        "What is the currency of": "की मुद्रा क्या है"
    }


def test_alignment_follows_slots_that_change_places():
    pairs = align("Banks write {code} for {currency}.", "Kwa {currency} benki huandika {code}.")
    assert pairs == {"Banks write": "benki huandika", "for": "Kwa"}


@pytest.mark.parametrize("lang", SHIPPED)
def test_every_fragment_of_training_sentences_has_a_translation(cldr, lang):
    table = {phrase.casefold() for phrase in table_of(cldr, load_templates(lang))}
    assert [fragment for fragment in fragments(load_templates("en")) if fragment.casefold() not in table] == []


@pytest.mark.parametrize("lang", SHIPPED)
def test_phrases_differ_in_more_than_case_and_none_is_empty(cldr, lang):
    table = table_of(cldr, load_templates(lang))
    assert len({phrase.casefold().replace("’", "'") for phrase in table}) == len(table)
    assert all(phrase.strip() and translation.strip() for phrase, translation in table.items())
    assert not any(mark in phrase + translation for phrase, translation in table.items() for mark in "\t\n{}")


def test_names_of_cldr_are_phrases(cldr):
    table = table_of(cldr, load_templates("sw"))
    assert table["Germany"] == "Ujerumani"
    assert table["Kenyan Shilling"] == "Shilingi ya Kenya"
    assert table["Papua New Guinea"]  # a name that is the same in both languages keeps Guinea from matching inside


def test_untranslated_fragment_stops_with_file_and_fragment(cldr):
    templates = dataclasses.replace(load_templates("hi"), phrases={})
    with pytest.raises(InputError, match=r"hi\.yaml: phrases: no translation of .*'Shops in'"):
        table_of(cldr, templates)
