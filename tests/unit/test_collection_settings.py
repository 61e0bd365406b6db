"""What the plan tells of a collection: sizes that are published, what is compared with published results, and files."""

import copy
import json
from pathlib import Path

import pytest
import yaml

from workflow_scripts.data.languages import read_languages
from workflow_scripts.planning import data_files
from workflow_scripts.planning import settings as section
from workflow_scripts.planning.config import resolve_config

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = read_languages(ROOT / "resources/languages.csv")
COMMIT = "0" * 40
MIRACL = [lang for lang, row in LANGUAGES.items() if row.miracl_dev_queries]
MTEB = {"format": "mteb", "dataset": "miracl", "split": "dev", "languages": MIRACL, "hub": "a/b", "revision": COMMIT}


def resolved(**collections):
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config["collections"] |= copy.deepcopy(collections)
    config["experiment"]["collections"] = ["atlas", *collections]
    return resolve_config(config | {"data_root": "data"}, LANGUAGES)


@pytest.mark.parametrize("entry", [{"format": "miracl", "languages": MIRACL}, MTEB], ids=["files", "parquet"])
def test_the_18_languages_of_miracl_have_their_published_sizes(entry):
    config = resolved(miracl=entry)
    sizes = {
        lang: json.loads(section.collection_settings(config, "miracl", lang, LANGUAGES))["sizes"] for lang in MIRACL
    }
    assert len(sizes) == 18
    assert sizes["sw"] == {"queries": 482, "judgements": 5092, "passages": 131_924}
    assert sizes["en"]["passages"] == 32_893_221
    assert all(len(size) == 3 for size in sizes.values())


@pytest.mark.parametrize("entry", [MTEB | {"pool": "hard negatives"}, MTEB | {"sizes": "any"}, {"format": "atlas"}])
def test_other_pools_samples_and_datasets_have_no_published_size(entry):
    config = resolved(**{"x-hard-negatives": {"languages": ["sw"]} | entry})
    assert "sizes" not in json.loads(section.collection_settings(config, "x-hard-negatives", "sw", LANGUAGES))


def test_a_language_alone_is_told_how_many_judged_passages_it_lacks():
    entry = {"format": "mteb", "languages": ["en", "sw"], "missing_passages": {"en": 5}}
    config = resolved(tasks=entry)
    told = {lang: json.loads(section.collection_settings(config, "tasks", lang, LANGUAGES)) for lang in ("en", "sw")}
    assert told == {"en": {"options": {}, "missing_passages": 5}, "sw": {"options": {}}}


def test_scoring_alone_is_told_that_a_querys_own_passage_is_no_hit():
    entry = {"format": "mteb", "languages": ["en"]}
    config = resolved(tasks=entry, arguana=entry | {"ignore_identical_ids": True})
    told = {name: json.loads(section.score_settings(config, name)) for name in ("tasks", "arguana")}
    assert told["arguana"].pop("ignore_identical_ids") is True and told["arguana"] == told["tasks"]
    read = [section.collection_settings(config, name, "en", LANGUAGES) for name in ("tasks", "arguana")]
    assert read[0] == read[1]


def test_another_pool_is_never_compared_with_published_results_and_has_its_own_task():
    pools = {"miracl-hard-negatives": MTEB | {"pool": "hard negatives"}, "miracl-sample": MTEB | {"sizes": "any"}}
    config = resolved(miracl=MTEB, **pools)
    assert json.loads(section.published_settings(config))["datasets"] == {"miracl": "miracl"}
    tasks = {name: json.loads(section.mteb_settings(config, name, LANGUAGES))["task"] for name in config["collections"]}
    assert tasks["miracl"] == "MIRACLRetrieval"
    assert tasks["miracl-hard-negatives"] == "MIRACLRetrievalHardNegatives"
    assert tasks["miracl-sample"] == "miracl-sample"


@pytest.mark.parametrize("entry", [{"format": "miracl", "languages": MIRACL}, MTEB, MTEB | {"pool": "hard negatives"}])
def test_mteb_names_the_languages_of_miracl_its_own_way_whatever_the_files(entry):
    config = resolved(**{"miracl-hard-negatives": entry})
    told = json.loads(section.mteb_settings(config, "miracl-hard-negatives", LANGUAGES))
    # eval_langs and eval_splits of MIRACLRetrieval and MIRACLRetrievalHardNegatives in MTEB.
    assert {lang: told["languages"][lang] for lang in ("ar", "fa", "ko", "sw", "zh", "te")} == {
        "ar": "ara-Arab",
        "fa": "fas-Arab",
        "ko": "kor-Kore",
        "sw": "swa-Latn",
        "zh": "zho-Hans",
        "te": "tel-Telu",
    }
    assert told["split"] == "dev"
    assert told["subsets"]["sw"] == "sw"


def test_what_mteb_calls_split_and_subset_of_any_dataset():
    entry = {"format": "mteb", "languages": ["en", "sw"], "hub": "a/b", "revision": COMMIT}
    config = resolved(
        tasks=entry | {"subsets": {"sw": "swh", "en": ""}}, scifact=entry | {"format": "beir", "languages": ["en"]}
    )
    tasks, scifact = (json.loads(section.mteb_settings(config, name, LANGUAGES)) for name in ("tasks", "scifact"))
    assert (tasks["split"], tasks["subsets"]) == ("test", {"en": "default", "sw": "swh"})
    assert (scifact["split"], scifact["subsets"]) == ("test", {"en": "default"})
    assert tasks["languages"]["sw"] == "swh-Latn"


def test_what_is_fetched_of_each_language():
    entry = {"format": "miracl", "languages": ["sw", "yo"], "hub": "miracl/miracl", "revision": COMMIT}
    config = resolved(miracl=entry | {"corpus_hub": "miracl/miracl-corpus", "corpus_revision": COMMIT})
    own, passages = data_files.collection_file_sets(config, "miracl", "sw")
    assert (own.hub, passages.hub) == ("miracl/miracl", "miracl/miracl-corpus")
    assert passages.patterns == ("miracl-corpus-v1.0-sw/docs-*.jsonl.gz",)
    assert len(data_files.all_file_sets(config)) == 4

    both = data_files.collection_file_sets(resolved(miracl=entry | {"path": "v1"}), "miracl", "sw")
    assert [len(files.patterns) for files in both] == [3]
    assert both[0].patterns[2] == "v1/miracl-corpus-v1.0-sw/docs-*.jsonl.gz"

    beside = resolved(miracl=entry | {"corpus": "wikipedia"})
    assert [len(files.patterns) for files in data_files.collection_file_sets(beside, "miracl", "sw")] == [2]
    assert data_files.collection_options(beside, "miracl") == {"corpus": "data/wikipedia"}


def test_every_alternative_of_a_pattern_lies_below_the_path():
    entry = {"format": "beir", "languages": ["en"], "hub": "a/b", "revision": COMMIT, "path": "scifact"}
    (files,) = data_files.collection_file_sets(resolved(scifact=entry), "scifact", "en")
    assert files.patterns == (
        "scifact/queries.jsonl|scifact/queries.jsonl.gz",
        "scifact/qrels/test.tsv|scifact/qrels/test.jsonl",
        "scifact/corpus.jsonl|scifact/corpus.jsonl.gz",
    )


def test_what_one_observation_is_follows_from_the_format_unless_the_config_says_it():
    one = {"languages": ["en"]}
    config = resolved(
        tydi={"format": "tydiqa", **one},
        paragraphs={"format": "xquad-r", "candidate": "sentence", **one},
        miracl={"format": "miracl", **one},
        documents={"format": "miracl", "sampling_unit": "article", **one},
        mteb=MTEB | {"languages": ["en"], "sampling_unit": "article"},
        questions={"format": "atlas", "sampling_unit": "query", **one},
        tasks={"format": "beir", "sampling_unit": "passage", **one},
    )
    told = json.loads(section.analysis_settings(config, LANGUAGES))["collections"]
    assert {name: design["article_ends"] for name, design in told.items() if "article_ends" in design} == {
        "atlas": "#", "tydi": "", "paragraphs": ".", "documents": "#", "mteb": "#", "tasks": "",
    }  # fmt: skip
