"""The experiment files for a machine with GPUs: pinned against a stand-in for the hub, planned, their sources prepared.

The stand-in has files in the layouts of the repositories that the experiments name, small ones made here.
"""

import copy
import gzip
import io
import json
import sys

import huggingface_hub
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hub_case import COMMIT, environment, serve
from workflow_copy import ROOT, copy_of_the_workflow

from workflow_scripts.data.hub import latest_commit
from workflow_scripts.data.layouts import MMARCO_LANGUAGES
from workflow_scripts.data.tables import PAIRS, read_table
from workflow_scripts.planning import pin_revisions

FILES = {  # a second condition overlays the first
    "paper": ["paper"],
    "scaling": ["scaling"],
    "scaling-translated": ["scaling", "scaling-translated"],
    "sanity": ["sanity"],
}


def config_of(name):
    return pin_revisions.merged([ROOT / "config.yaml", *(ROOT / f"experiments/{file}.yaml" for file in FILES[name])])


def unpinned(config):
    """The config without any revision: the stand-in has one commit of everything."""
    config = copy.deepcopy(config)
    for repository in list(pin_revisions.repositories(config)):
        entry, (*above, key) = config, repository.keys
        for name in above:
            entry = entry[name]
        entry.pop(key, None)
    return config


def mmarco():
    files = {"data/triples.train.ids.small.tsv": "".join(f"{q}\t{q + 10}\t{q + 20}\n" for q in range(1, 6))}
    for name in MMARCO_LANGUAGES.values():
        queries = "".join(f"{q}\t{name} query {q}\n" for q in range(1, 6))
        passages = "".join(f"{p}\t{name} passage {p}\n" for p in range(11, 26))
        files[f"data/google/queries/train/{name}_queries.train.tsv"] = queries
        files[f"data/google/collections/{name}_collection.tsv"] = passages
    return {path: text.encode() for path, text in files.items()}


def natural_questions():
    content = io.BytesIO()
    pq.write_table(pa.table({"query": ["who was it", "when was it"], "answer": ["One.", "Two."]}), content)
    return {"pair/train-00000-of-00001.parquet": content.getvalue()}


def yahoo_answers():
    content = io.BytesIO()
    pq.write_table(pa.table({"title": ["how is it", "why"], "answer": ["Well.", ""]}), content)
    return {"title-answer-pair/train-00000-of-00001.parquet": content.getvalue()}


def mr_tydi():
    """English questions with all of their passages, as Tevatron reads them."""
    rows = [
        {
            "query_id": str(number),
            "query": f"question {number}",
            "positive_passages": [{"docid": f"{number}#0", "title": "T", "text": f"Answer {number}."}],
            "negative_passages": [{"docid": f"{number}#{n}", "title": "T", "text": f"No {n}."} for n in negatives],
        }
        for number, negatives in ((1, (1, 2)), (2, ()))
    ]
    return {"mrtydi-v1.1-english/train.jsonl.gz": gzip.compress("".join(json.dumps(r) + "\n" for r in rows).encode())}


def squadshifts():
    """Three files of each domain, JSON lines with SQuAD's fields."""
    return {
        f"data/{domain}.{split}.jsonl": json.dumps(
            {
                "id": f"{domain}-{split}",
                "title": "T",
                "context": f"Of {domain}.",
                "question": f"which {split} is it",
                "answers": {"text": ["It."], "answer_start": [0]},
            }
        ).encode()
        + b"\n"
        for domain in ("amazon", "new_wiki", "nyt", "reddit")
        for split in ("train", "validation", "test")
    }


REPOSITORIES = {
    "unicamp-dl/mmarco": mmarco,
    "sentence-transformers/natural-questions": natural_questions,
    "sentence-transformers/yahoo-answers": yahoo_answers,
    "castorini/mr-tydi": mr_tydi,
    "lmqg/qa_squadshifts": squadshifts,
}


@pytest.fixture(scope="module")
def hub():
    """A server that knows every repository that the experiments name; most are empty, as a plan asks for no file."""
    known = {}
    for name in FILES:
        for repository in pin_revisions.repositories(config_of(name)):
            known[f"{repository.kind}s/{repository.hub}"] = REPOSITORIES.get(repository.hub, dict)()
    with serve(known) as server:
        yield server


@pytest.fixture
def pins(hub, monkeypatch):
    def of(config):
        return pin_revisions.pins(config, latest_commit)

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    huggingface_hub.close_session()
    yield of
    huggingface_hub.close_session()


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return copy_of_the_workflow(tmp_path_factory.mktemp("experiments") / "tree", "paper")


def experiment(tree, name, overlay):
    """The experiment in the tree, with the overlay as a second config file, and the local files that it reads."""
    config = config_of(name)
    tree.experiment = name
    (tree.folder / "pins.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    overlays = [f"experiments/{file}.yaml" for file in FILES[name]] + ["pins.yaml"]
    start = [sys.executable, "-m", "snakemake", "--cores", "2"]
    tree.command = lambda *arguments: [*start, *arguments, "--configfile", *overlays]
    for collection in config["experiment"]["collections"]:
        entry = config["collections"][collection]
        if "hub" not in entry:
            for lang in entry["languages"]:
                path = tree.folder / config["data_root"] / entry.get("path", collection) / f"{lang}.json"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
    return config["experiment"], config


def counted(planned, *rules):
    return {rule: planned.get(rule, 0) for rule in rules}


def test_the_papers_experiment_has_its_jobs(tree, pins):
    overlay = pins(config_of("paper"))
    assert overlay == {"translators": {"madlad-3b": {"revision": COMMIT}}}
    experiment(tree, "paper", overlay)
    runs, parts = 2 * 3, 1 + 1 + 15  # models × strategies; XQuAD-R, MLQA-R, MIRACL's languages
    shards = 2 + (2 + 10 + 2 + 2 + 15 + 2 + 7 + 2 + 10 + 5) + 5  # five of MIRACL's languages are one shard
    planned = tree.planned("all")
    assert counted(planned, "fetch_model", "fetch_data", "prepare_pairs", "prepare_collection", "finetune") == {
        "fetch_model": 2,
        "fetch_data": 7 + 4 + 2 * 15,
        "prepare_pairs": 7 + 4,
        "prepare_collection": 11 + 7 + 15,
        "finetune": runs,
    }
    assert counted(planned, "translate", "translate_shard", "convert_translator", "decontaminate") == {
        "translate": 3 * 8,  # Natural Questions, Yahoo QA, and SQuADShifts, which is held out
        "translate_shard": 3 * 8 * 4,
        "convert_translator": 1,
        "decontaminate": 9,
    }
    assert counted(planned, "encode", "search", "search_bm25", "score") == {
        "encode": runs * shards,
        "search": runs * parts,
        "search_bm25": parts,
        "score": (runs + 1) * 3,
    }


def test_the_scaling_study_has_its_jobs(tree, pins):
    overlay = pins(config_of("scaling"))
    assert set(overlay["models"]) == {"xlmr-xl", "mmbert-small", "mmbert-base"}
    experiment(tree, "scaling", overlay)
    runs, langs = 8 * 3 * 3, 6
    planned = tree.planned("all")
    assert counted(planned, "fetch_model", "fetch_data", "prepare_pairs", "decontaminate", "finetune") == {
        "fetch_model": 8,
        "fetch_data": 11 + 2 * langs,
        "prepare_pairs": 11,
        "decontaminate": 11,
        "finetune": runs,
    }
    assert counted(planned, "search", "score") == {"search": runs * langs, "score": runs + 1}
    # Searched in itself alone, a language waits for no other.
    hits = tree.planned("results/scaling/hits/xlmr-base/mono/1/miracl/sw.parquet")
    assert counted(hits, "encode", "index", "search") == {"encode": 1, "index": 1, "search": 1}


def test_the_second_condition_adds_translated_languages_and_nothing_else(tree, pins):
    experiment(tree, "scaling-translated", pins(config_of("scaling-translated")))
    planned = tree.planned("results/scaling-translated/models/xlmr-base/hybrid/1/manifest.json")
    rules = ("prepare_pairs", "translate", "translate_shard", "decontaminate", "finetune")
    assert counted(planned, *rules) == {
        "prepare_pairs": 11,
        "translate": 5,
        "translate_shard": 5 * 8,
        "decontaminate": 11 + 5,
        "finetune": 1,
    }
    assert "translate_shard" in tree.snakemake("plan").stdout


def test_the_sanity_check_trains_nothing(tree, pins):
    experiment(tree, "sanity", pins(config_of("sanity")))
    planned = tree.planned("check")
    assert planned == {
        "fetch_model": 1,
        "fetch_data": 2,
        "prepare_collection": 1,
        "tokenize_collection": 1,
        "encode": 1,
        "index": 1,
        "search": 1,
        "score": 1,
        "aggregate": 1,
        "check": 1,
    }


def test_a_revision_that_is_missing_stops_the_plan_in_one_line(tree):
    experiment(tree, "scaling", {})
    done = tree.snakemake("-n", "all", check=False)
    assert done.returncode
    said = [line for line in (done.stdout + done.stderr).splitlines() if "has no revision" in line]
    assert len(said) == 1 and "planning.pin_revisions EXPERIMENT.yaml > PINS.yaml" in said[0]


def test_the_papers_sources_are_fetched_and_prepared(tree, hub, pins):
    experiment(tree, "paper", pins(unpinned(config_of("paper"))))
    own = type(tree).environment(tree)
    tree.environment = lambda: own | environment(hub.endpoint, tree.folder / "home") | {"PATH": own["PATH"]}
    names = ("mmarco/hi", "natural-questions/en", "squadshifts/en", "yahoo-answers/en", "mr-tydi/en")
    prepared = [f"results/paper/pairs/prepared/{name}.parquet" for name in names]
    tree.snakemake(*prepared)
    hindi, questions, shifts, yahoo, tydi = (read_table(tree.folder / path, PAIRS).to_pylist() for path in prepared)
    assert [(row["pair_id"], row["query"], row["origin"]) for row in hindi[:2]] == [
        ("1-11", "hindi query 1", "machine:google"),
        ("2-12", "hindi query 2", "machine:google"),
    ]
    assert hindi[0]["negatives"] == [{"title": "", "passage": "hindi passage 21"}]
    assert [(row["query"], row["passage"]) for row in questions] == [("who was it", "One."), ("when was it", "Two.")]
    assert [(row["query"], row["passage"]) for row in yahoo] == [("how is it", "Well.")]
    assert [(row["pair_id"], row["title"], row["passage"]) for row in tydi] == [
        ("1", "T", "Answer 1."),
        ("2", "T", "Answer 2."),
    ]
    assert [row["negatives"] for row in tydi] == [[{"title": "T", "passage": "No 1."}], None]
    assert len(shifts) == 4 * 3 and len({row["group_id"] for row in shifts}) == 4  # a passage is one group
    assert {row["passage"] for row in shifts if row["pair_id"].startswith("nyt-")} == {"Of nyt."}
