"""What the config says of lexicons and of strategies that switch codes, and how it is refused."""

import json

import pytest
from test_config import LANGUAGES, changed, default, resolve

from workflow_scripts.data.errors import InputError
from workflow_scripts.planning import runs
from workflow_scripts.planning.lexicons import (
    check_lexicon_files,
    lexicon_path,
    lexicons_in_use,
    parallel_sources,
    switched_sources,
)
from workflow_scripts.planning.settings import codeswitch_settings, finetune_settings, induction_settings


def switching(**lexicon):
    """The default config with the strategy `codeswitch` chosen, and perhaps another lexicon."""
    config = default()
    config["experiment"]["strategies"].append("codeswitch")
    if lexicon:
        config["lexicons"]["other"] = lexicon
        config["strategies"]["codeswitch"]["codeswitch"]["lexicons"] = ["other"]
    return config


def test_a_switching_strategy_trains_on_english_pairs_in_monolingual_batches():
    config = resolve(switching())
    assert config["strategies"]["codeswitch"]["alpha"] == 1
    assert runs.training_languages(config, "codeswitch") == ["en"]
    assert "codeswitch" not in runs.alphas(config)  # no point on the axis of alpha
    assert lexicons_in_use(config) == ["atlas"] and switched_sources(config) == ["atlas"]
    assert json.loads(codeswitch_settings(config, "codeswitch")) == {
        "mode": "bilingual",
        "share": 0.5,
        "sides": "both",
        "seed": 1,
    }


def test_what_is_not_chosen_is_not_used():
    config = resolve(default())
    assert "codeswitch" in config["strategies"]
    assert lexicons_in_use(config) == []


def test_other_strategies_know_nothing_of_lexicons():
    one, other = resolve(switching()), switching()
    other["strategies"]["codeswitch"]["codeswitch"]["share"] = 1.0
    other = resolve(other)
    assert codeswitch_settings(one, "codeswitch") != codeswitch_settings(other, "codeswitch")
    assert finetune_settings(one, "atlas-s", "mono") == finetune_settings(other, "atlas-s", "mono")


@pytest.mark.parametrize(
    ("lexicon", "says"),
    [
        ({"format": "word2word", "languages": ["sw"]}, r"lexicons\.other\.format: 'word2word' is not one of"),
        ({"format": "muse", "languages": []}, r"lexicons\.other\.languages: \[\] is not a list of at least 1"),
        ({"format": "muse", "languages": ["en"]}, r"lexicons\.other\.languages: 'en'"),
        ({"format": "muse", "languages": ["xx"]}, r"lexicons\.other\.languages: 'xx'"),
        ({"format": "muse"}, "the key 'languages' is missing"),
        ({"format": "muse", "languages": ["sw"]}, r"data_root: is null, but lexicons\.other reads files"),
        ({"format": "muse", "languages": ["sw"], "weight": 1}, "unknown key 'weight'"),
    ],
)
def test_a_wrong_lexicon_is_refused_in_one_line(lexicon, says):
    with pytest.raises(InputError, match=says) as raised:
        resolve(switching(**lexicon))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("codeswitch/lexicons", ["muse"], r"codeswitch\.lexicons: 'muse' is not defined under lexicons; .* atlas"),
        ("codeswitch/share", 1.5, r"codeswitch\.share: 1\.5 is not at most 1"),
        ("codeswitch/mode", "both", r"codeswitch\.mode: 'both' is not one of bilingual, multilingual"),
        ("alpha", 0.5, "leave out alpha and languages"),
        ("languages", ["en", "sw"], "leave out alpha and languages"),
    ],
)
def test_a_wrong_switching_strategy_is_refused_in_one_line(path, value, says):
    config = changed(f"strategies/codeswitch/{path}", value)
    config["experiment"]["strategies"].append("codeswitch")
    with pytest.raises(InputError, match=says) as raised:
        resolve(config)
    assert "\n" not in str(raised.value)


def induced(**others):
    return {"format": "induced", "languages": ["sw"], "sources": ["atlas"], **others}


@pytest.mark.parametrize(
    ("lexicon", "says"),
    [
        ({"format": "induced", "languages": ["sw"]}, r"lexicons\.other\.sources: is missing"),
        (induced(sources=["tatoeba"]), r"lexicons\.other\.sources: 'tatoeba' is not defined under sources"),
        (induced(sources=["squad"]), r"the texts of 'squad' \(squad\) are not parallel by the line, as those of atlas"),
        (induced(sources=["spare"], parallel="pairs"), r"'spare' is not among experiment\.sources"),
        (induced(languages=["sw", "th"]), r"none of atlas has texts in both en and 'th'"),
        (induced(languages=["te"], parallel="pairs"), r"none of atlas has pairs in both en and 'te'"),
        (induced(parallel="lines"), "'lines' is not one of texts, pairs"),
        (induced(format="atlas"), r"lexicons\.other\.sources: is for the format induced"),
    ],
)
def test_a_lexicon_that_cannot_be_induced_is_refused_in_one_line(lexicon, says):
    config = switching(**lexicon)
    config["data_root"] = "data"
    config["sources"] |= {
        "squad": {"format": "squad", "texts": ["en", "sw"]},
        "spare": {"format": "jsonl", "pairs": ["en", "sw"]},
    }
    with pytest.raises(InputError, match=says) as raised:
        resolve(config)
    assert "\n" not in str(raised.value)


def test_a_lexicon_is_induced_from_the_sources_that_have_both_languages(tmp_path):
    config = switching(**induced(sources=["ntrex", "tico19"], languages=["sw", "te"]))
    config["data_root"] = str(tmp_path)
    config["sources"] |= {
        "ntrex": {"format": "ntrex", "texts": ["en", "sw", "te"]},
        "tico19": {"format": "tico19", "texts": ["en", "sw"]},
    }
    config = resolve(config)
    assert parallel_sources(config, "other", "sw") == ["ntrex", "tico19"]
    assert parallel_sources(config, "other", "te") == ["ntrex"]
    assert json.loads(induction_settings(config, "other")) == {"parallel": "texts", "min_count": 2, "min_weight": 0.3}
    with pytest.raises(InputError, match=r"lexicons\.other\.languages: 'sw': .*ntrex/en\.txt does not exist"):
        check_lexicon_files(config, LANGUAGES)
    of_pairs = resolve(switching(**induced(parallel="pairs")))
    assert parallel_sources(of_pairs, "other", "sw") == ["atlas"]
    check_lexicon_files(of_pairs, LANGUAGES)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({}, r"data_root: is null, but sources\.ntrex reads files"),
        ({"hub": "some/ntrex"}, r"sources\.ntrex\.hub: 'some/ntrex' has no revision"),
    ],
)
def test_a_source_that_only_a_lexicon_is_learned_from_is_checked_as_one_that_trains(source, says):
    config = switching(**induced(sources=["ntrex"]))
    config["sources"]["ntrex"] = {"format": "ntrex", "texts": ["en", "sw"], **source}
    with pytest.raises(InputError, match=says):
        resolve(config)


def test_a_switching_strategy_needs_english_pairs():
    config = switching()
    config["sources"]["atlas"].update(pairs=[], translate={})
    config["experiment"]["strategies"] = ["untuned", "codeswitch"]
    config["report"]["compare"] = {"strategy": "codeswitch", "baselines": ["untuned"]}
    with pytest.raises(InputError, match="needs English pairs, but no chosen source has any"):
        resolve(config)


def test_a_language_without_a_file_is_named(tmp_path):
    config = switching(format="freedict", languages=["sw", "ar"])
    config["data_root"] = str(tmp_path)
    config = resolve(config)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/eng-swh.tei").touch()
    assert lexicon_path(config, "other", "sw", LANGUAGES) == str(tmp_path / "other/eng-swh.tei")
    with pytest.raises(InputError, match=r"lexicons\.other\.languages: 'ar': .*eng-ara\.tei"):
        check_lexicon_files(config, LANGUAGES)
    (tmp_path / "other/eng-ara.tei").touch()
    check_lexicon_files(config, LANGUAGES)
