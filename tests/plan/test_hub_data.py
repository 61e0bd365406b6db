"""Data from the hub: planned without a network, fetched once, the same for a reader as a folder of one's own."""

import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hub_case import COMMIT, environment, serve
from workflow_copy import Workflow, copy_of_the_workflow

LANGS = ("sw", "yo")


def topics(lang):
    name = f"miracl-v1.0-{lang}"
    return {
        f"{name}/topics/topics.{name}-dev.tsv": b"1\tOne?\n",
        f"{name}/qrels/qrels.{name}-dev.tsv": b"1\tQ0\t7#0\t1\n",
    }


def corpus(lang):
    lines = [json.dumps({"docid": f"{number}#0", "title": "T", "text": "P"}).encode() + b"\n" for number in range(10)]
    return {
        f"miracl-corpus-v1.0-{lang}/docs-{shard}.jsonl.gz": gzip.compress(b"".join(lines[shard::2])) for shard in (0, 1)
    }


def parquet(**columns):
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


HARD_NEGATIVES = {
    "sw-queries/dev-00000-of-00001.parquet": parquet(_id=["1", "2"], text=["One?", "Of another split"]),
    "sw-qrels/dev-00000-of-00001.parquet": parquet(**{"query-id": ["1"], "corpus-id": ["7#0"], "score": [1]}),
    "sw-corpus/dev-00000-of-00002.parquet": parquet(_id=["7#0"], title=["T"], text=["P"]),
    "sw-corpus/dev-00001-of-00002.parquet": parquet(_id=["8#0"], title=["T"], text=["P"]),
    "yo-corpus/dev-00000-of-00001.parquet": b"another language's",
}


def of_all(files):
    return {name: content for lang in LANGS for name, content in files(lang).items()}


EXPERIMENT = {
    "experiment": {
        "name": "hub",
        "sources": ["squad"],
        "collections": ["miracl", "miracl-hard-negatives"],
        "models": ["xlmr"],
        "seeds": [1],
    },
    "sources": {"squad": {"format": "squad", "hub": "some/squad", "revision": COMMIT, "path": "v1.1", "pairs": ["en"]}},
    "collections": {
        "miracl": {
            "format": "miracl",
            "languages": list(LANGS),
            "hub": "miracl/miracl",
            "revision": COMMIT,
            "corpus_hub": "miracl/miracl-corpus",
            "corpus_revision": COMMIT,
            "sizes": "any",
        },
        "miracl-hard-negatives": {
            "format": "mteb",
            "dataset": "miracl",
            "pool": "hard negatives",
            "split": "dev",
            "languages": ["sw"],
            "hub": "mteb/MIRACLRetrievalHardNegatives",
            "revision": COMMIT,
        },
    },
    "models": {"xlmr": {"hub": "some/xlmr", "revision": COMMIT, "size_m": 86, "learning_rate": 3.0e-5}},
    "report": {"collection": "miracl"},
}
EXPERIMENT["experiment"]["strategies"] = ["untuned", "mono"]
EXPERIMENT["report"]["compare"] = {"strategy": "mono", "baselines": []}


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    workflow = copy_of_the_workflow(tmp_path_factory.mktemp("hub") / "tree", "hub")
    (workflow.folder / "experiments/hub.yaml").write_text(yaml.safe_dump(EXPERIMENT), encoding="utf-8")
    repositories = {
        "miracl/miracl": of_all(topics),
        "miracl/miracl-corpus": of_all(corpus),
        "mteb/MIRACLRetrievalHardNegatives": HARD_NEGATIVES,
    }
    with serve({f"datasets/{name}": files for name, files in repositories.items()}) as server:
        own = workflow.environment()
        workflow.environment = lambda: (
            own | environment(server.endpoint, workflow.folder / "home") | {"PATH": own["PATH"]}
        )
        workflow.server = server
        yield workflow


def test_the_plan_knows_every_job_and_asks_no_network(workflow):
    jobs = workflow.planned("all")
    # Topics with qrels, and passages, of two languages each; one language in Parquet; and the source's pairs.
    assert {rule: jobs[rule] for rule in ("fetch_data", "fetch_model", "prepare_collection", "prepare_pairs")} == {
        "fetch_data": 6,
        "fetch_model": 1,
        "prepare_collection": 3,
        "prepare_pairs": 1,
    }
    assert workflow.planned("fetch") == {"fetch_data": 6, "fetch_model": 1, "fetch": 1}
    assert not workflow.server.asked


def test_texts_that_a_lexicon_alone_is_learned_from_are_fetched(workflow):
    lexicon = {
        "experiment": {**EXPERIMENT["experiment"], "name": "induced", "strategies": ["untuned", "switched"]},
        "sources": {
            **EXPERIMENT["sources"],
            "ntrex": {"format": "ntrex", "hub": "some/ntrex", "revision": COMMIT, "texts": ["en", "sw", "te"]},
        },
        "lexicons": {"own": {"format": "induced", "sources": ["ntrex"], "languages": ["sw"]}},
        "strategies": {"switched": {"codeswitch": {"lexicons": ["own"]}}},
        "report": {"collection": "miracl", "compare": {"strategy": "switched", "baselines": []}},
    }
    (workflow.folder / "experiments/induced.yaml").write_text(yaml.safe_dump(EXPERIMENT | lexicon), encoding="utf-8")
    induced = Workflow(workflow.folder, "induced")
    jobs = induced.planned("results/induced/lexicons/own/sw.parquet")
    assert jobs == {"fetch_data": 2, "prepare_texts": 2, "induce_lexicon": 1}
    assert induced.planned("fetch") == {"fetch_data": 8, "fetch_model": 1, "fetch": 1}


def test_parquet_from_the_hub_is_prepared(workflow):
    folder = "results/hub/collections/miracl-hard-negatives/sw"
    workflow.snakemake(f"{folder}/passages.parquet")
    assert pq.read_table(workflow.folder / folder / "passages.parquet")["passage_id"].to_pylist() == ["7#0", "8#0"]
    dropped = (workflow.folder / folder / "dropped.csv").read_text()
    assert "queries,without judgement in this split,1" in dropped
    workflow.server.asked.clear()


def test_fetched_files_are_prepared_and_what_is_gone_is_missed(workflow):
    target = "results/hub/collections/miracl/sw/passages.parquet"
    workflow.snakemake(target)
    assert (workflow.folder / target).is_file()
    asked = dict(workflow.server.asked)
    assert sum(asked.values()) == 6  # two listings, four files; nothing of the other language
    assert workflow.planned(target) == {}

    folder = workflow.folder / f"downloads/miracl/miracl-corpus/{COMMIT}/miracl-corpus-v1.0-sw"
    (folder / "docs-1.jsonl.gz").unlink()
    failed = workflow.snakemake(target, "--forcerun", "prepare_collection", check=False)
    assert failed.returncode
    assert "docs-1.jsonl.gz: is not the file that was fetched; remove " in failed.stderr + failed.stdout
