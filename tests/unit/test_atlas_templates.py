"""Template files: every shipped one is whole, and a broken one is named with its key."""

import pytest
import regex
import yaml

from workflow_scripts.atlas.relations import RELATIONS
from workflow_scripts.atlas.templates import TEMPLATES, load_templates
from workflow_scripts.data.errors import InputError

REQUIRED = {"en", "es", "ru", "hi", "id", "ar", "sw", "te", "bn", "yo"}
SHIPPED = sorted(path.stem for path in TEMPLATES.glob("*.yaml") if path.stem != "entities")
SCRIPTS = {
    "ru": "Cyrillic",
    "uk": "Cyrillic",
    "hi": "Devanagari",
    "mr": "Devanagari",
    "ar": "Arabic",
    "te": "Telugu",
    "bn": "Bengali",
}


def test_the_languages_of_the_default_experiment_ship():
    assert set(SHIPPED) >= REQUIRED


@pytest.mark.parametrize("lang", SHIPPED)
def test_shipped_files_are_whole(lang):
    templates = load_templates(lang)
    for name in RELATIONS:
        assert not set(templates.questions[name, "train"]) & set(templates.questions[name, "evaluate"])
        assert not set(templates.passages[name, "train"]) & set(templates.passages[name, "evaluate"])


@pytest.mark.parametrize("lang", SHIPPED)
def test_sentences_are_in_the_script_of_the_language(lang):
    templates = load_templates(lang)
    sentences = [
        sentence
        for wordings in (templates.questions, templates.passages)
        for two in wordings.values()
        for sentence in two
    ]
    letters = regex.findall(r"\p{L}", "".join(regex.sub(r"\{\w+\}", "", sentence) for sentence in sentences))
    own = [letter for letter in letters if regex.match(rf"\p{{{SCRIPTS.get(lang, 'Latin')}}}", letter)]
    assert own == letters


@pytest.mark.parametrize("lang", SHIPPED)
def test_files_are_in_composed_unicode(lang):
    import unicodedata

    text = (TEMPLATES / f"{lang}.yaml").read_text("utf-8")
    assert unicodedata.is_normalized("NFC", text)


def broken(tmp_path, change):
    content = yaml.safe_load((TEMPLATES / "sw.yaml").read_text("utf-8"))
    change(content)
    (tmp_path / "sw.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_templates("sw", tmp_path)
    assert str(tmp_path / "sw.yaml") in str(error.value) and "\n" not in str(error.value)
    return str(error.value)


def test_missing_relation_is_named(tmp_path):
    assert "relations.week" in broken(tmp_path, lambda content: content["relations"].pop("week"))


def test_missing_wording_is_named(tmp_path):
    message = broken(tmp_path, lambda content: content["relations"]["week"]["questions"]["evaluate"].pop())
    assert "relations.week.questions.evaluate" in message


@pytest.mark.parametrize(
    "sentence", ["Wiki huanza siku gani?", "{territory} na {day}?", "{territory} {territory}?", "{territory", 7]
)
def test_wrong_slots_are_named(tmp_path, sentence):
    def change(content):
        content["relations"]["week"]["questions"]["train"][0] = sentence

    assert "relations.week.questions.train" in broken(tmp_path, change)


def test_repeated_wording_is_named(tmp_path):
    def change(content):
        wordings = content["relations"]["code"]["passages"]["evaluate"]
        wordings[1] = wordings[0]

    assert "relations.code.passages.evaluate" in broken(tmp_path, change)


def test_wrong_language_and_share_are_named(tmp_path):
    assert "language" in broken(tmp_path, lambda content: content.update(language="te"))
    assert "text_share" in broken(tmp_path, lambda content: content.update(text_share=0))


def test_missing_file_and_broken_yaml_are_named(tmp_path):
    with pytest.raises(InputError, match=r"fr\.yaml: no such file"):
        load_templates("fr", tmp_path)
    (tmp_path / "fr.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(InputError, match=r"fr\.yaml: not YAML"):
        load_templates("fr", tmp_path)
