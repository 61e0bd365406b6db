"""What the config may ask of neural translation, and what its jobs are told."""

import copy
import json
from pathlib import Path

import pytest
import yaml

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.languages import read_languages
from workflow_scripts.data.translation_languages import read_translation_languages
from workflow_scripts.planning.config import resolve_config
from workflow_scripts.planning.settings import report_settings, translate_settings, translate_shard_settings
from workflow_scripts.planning.translation import check_translation, translators

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = read_languages(ROOT / "resources/languages.csv")
TAGS = read_translation_languages(ROOT / "resources/translation_languages.csv")
HUB = {"hub": "facebook/nllb-200-distilled-600M", "revision": "0" * 40, "size_m": 615}
QUALITY = {
    "max_copied": 0.6,
    "max_length_ratio": 3.0,
    "max_repeated": 0.4,
    "min_length_ratio": 0.3,
    "min_script": 0.5,
}


def resolved(**sections):
    """The default experiment with NLLB in place of the glossary; ``sections`` replace those of the same name."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config["translation"] |= {"engine": "ctranslate2", "model": "nllb"}
    config["translators"] = {"nllb": {"family": "nllb"} | HUB, "m2m": {"family": "m2m100"} | HUB}
    for name, section in sections.items():
        config[name] = copy.deepcopy(section)
    return resolve_config(config, LANGUAGES)


def test_the_glossary_s_jobs_are_told_what_they_were_always_told():
    config = resolve_config(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")), LANGUAGES)
    check_translation(config, TAGS)
    assert json.loads(translate_settings(config, "sw")) == {"engine": "glossary", "quality": QUALITY}
    assert translators(config) == []


def test_the_report_is_told_of_the_jobs_of_neural_translation():
    """They may cost more than all training."""
    translation = {"engine": "ctranslate2", "model": "nllb", "shards": 2, "quality": QUALITY}
    jobs = json.loads(report_settings(resolved(translation=translation), LANGUAGES, {}))["jobs"]
    tables, shards = jobs["translate_shard"]
    assert "atlas/sw" in tables and shards == ["0", "1"]
    assert "translate_back" not in jobs and "compare_translations" not in jobs
    back = resolved(translation=translation | {"quality": QUALITY | {"min_round_trip": 30}})
    assert json.loads(report_settings(back, LANGUAGES, {}))["jobs"]["translate_back"] == [tables, shards]
    config = resolve_config(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")), LANGUAGES)
    assert "translate_shard" not in json.loads(report_settings(config, LANGUAGES, {}))["jobs"]


def test_a_threshold_reaches_the_judge_alone():
    config = resolved()
    check_translation(config, TAGS)
    stricter = resolved(
        translation={"engine": "ctranslate2", "model": "nllb", "quality": QUALITY | {"max_copied": 0.5}}
    )
    assert json.loads(translate_settings(config, "sw"))["quality"] == QUALITY | {"min_language": 0.1}
    assert translate_settings(config, "sw") != translate_settings(stricter, "sw")
    assert translate_shard_settings(config, "nllb") == translate_shard_settings(stricter, "nllb")


def test_a_language_may_have_a_model_of_its_own():
    opus = {"family": "opus-mt"} | HUB
    config = resolved(
        translation={"engine": "transformers", "model": "nllb", "model_for": {"sw": "opus-sw"}, "quality": QUALITY},
        translators={"nllb": {"family": "nllb"} | HUB, "opus-sw": opus},
    )
    check_translation(config, TAGS)
    assert translators(config) == ["nllb", "opus-sw"]
    assert json.loads(translate_settings(config, "sw"))["model"] == "opus-sw"
    assert json.loads(translate_settings(config, "es"))["model"] == "nllb"


ATLAS = {"format": "atlas", "pairs": ["en"], "texts": ["en"]}


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        (
            {"translation": {"engine": "transformers"}},
            "translation.model: is missing; the transformers engine needs one of translators",
        ),
        (
            {"translation": {"engine": "transformers", "model": "nlb"}},
            "translation.model: 'nlb' is not defined under translators; defined are: nllb, m2m",
        ),
        (
            {"translation": {"engine": "transformers", "model": "nllb", "model_for": {"sw": "opus"}}},
            "translation.model_for.sw: 'opus' is not defined under translators",
        ),
        (
            {"translation": {"engine": "transformers", "model": "nllb", "model_for": {"swa": "m2m"}}},
            "translation.model_for.swa: is not a language of resources/translation_languages.csv; there are ar, bn",
        ),
        (
            {"translation": {"engine": "transformers", "model": "nllb", "precision": "int8"}},
            "translation.precision: 'int8' is a precision of ctranslate2; with transformers it is one of float32",
        ),
        (
            {
                "translation": {"engine": "transformers", "model": "m2m"},
                "sources": {"atlas": ATLAS | {"translate": {"te": 1.0, "sw": 1.0}}},
            },
            "sources.atlas.translate: 'te' cannot be made by translators.m2m: m2m100 models do not know 'te'; they",
        ),
        (
            {"translators": {"nllb": {"family": "nllb", "size_m": 1}}},
            "translators.nllb: neither given; a translator is exactly one of hub, folder",
        ),
        (
            {"translators": {"nllb": {"family": "nllb", "size_m": 1, "hub": "a/b"}}},
            "translators.nllb.hub: 'a/b' has no revision; give the 40-digit commit",
        ),
        (
            {"translators": {"nllb": {"family": "nllb", "size_m": 1, "folder": "/nowhere"}}},
            "translators.nllb.folder: '/nowhere' has no readable config.json",
        ),
        (
            {"translation": {"engine": "ctranslate2", "model": "nllb", "quality": QUALITY | {"min_similarity": 0.5}}},
            "translation.quality.min_similarity: stands without its like",
        ),
        (
            {
                "translation": {
                    "engine": "ctranslate2",
                    "model": "nllb",
                    "quality": QUALITY | {"min_similarity": 0.5, "similarity_model": "atlas-s"},
                }
            },
            "similarity_model: 'atlas-s' is not an encoder with hub or folder under models; there is none",
        ),
        (
            {"translation": {"engine": "glossary", "quality": QUALITY | {"min_round_trip": 20}}},
            "translation.quality.min_round_trip: 20 is for neural engines",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_line(sections, said):
    with pytest.raises(InputError) as error:
        check_translation(resolved(**sections), TAGS)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_folder_of_another_architecture(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "marian"}')
    entry = {"family": "nllb", "size_m": 1, "folder": str(tmp_path)}
    with pytest.raises(InputError, match="holds a model of type 'marian', but family nllb is of type 'm2m_100'"):
        check_translation(resolved(translators={"nllb": entry}), TAGS)
