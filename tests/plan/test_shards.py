"""A large language is encoded in several jobs; everything else of its part stays one job."""

import json
import subprocess
import sys

import pytest
import yaml
from workflow_copy import copy_of_the_workflow


@pytest.mark.parametrize("kind", ["exact", "flat"])
def test_a_language_in_shards_is_encoded_by_the_shard_and_searched_once(tmp_path, kind):
    workflow = copy_of_the_workflow(tmp_path / "tree", "tiny")
    path = workflow.folder / "experiments/tiny.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["collections"]["tiny-atlas"] |= {"merged": False, "shards": {"en": 3, "te": 2}}
    config.setdefault("search", {})["kind"] = kind
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    jobs = workflow.planned("all")
    systems = jobs["finetune"] + len(config["experiment"]["models"])  # each model as it is, too
    assert jobs["encode"] == systems * (3 + 1 + 1 + 2)
    # faiss takes long to make an index of many vectors; a manifest is written in a second.
    assert jobs["index"] == (systems * 4 if kind == "exact" else jobs["encode"])
    assert jobs["search"] == systems * 4
    assert jobs["tokenize_collection"] == 7


def test_a_language_of_its_own_is_tokenised_by_several_threads_of_which_the_plan_knows(tmp_path):
    workflow = copy_of_the_workflow(tmp_path / "tree", "tiny")
    planned = """
import json, sys
from pathlib import Path
from workflow_scripts.planning.job_graph import job_graph
jobs = job_graph(Path("Snakefile"), json.loads(sys.argv[1]), {"all"}, cores=int(sys.argv[2]))
print(json.dumps(sorted({(job.rule, job.threads) for job in jobs if job.rule in ("tokenize_collection", "search")})))
"""
    config = yaml.safe_load((workflow.folder / "experiments/tiny.yaml").read_text(encoding="utf-8"))
    for merged, cores, threads in ((True, 16, (1, 1)), (False, 16, (8, 4)), (False, 2, (2, 2))):
        config["collections"]["tiny-atlas"]["merged"] = merged
        overlay = json.dumps(yaml.safe_load((workflow.folder / "config.yaml").read_text(encoding="utf-8")) | config)
        command = [sys.executable, "-c", planned, overlay, str(cores)]
        done = subprocess.run(command, cwd=workflow.folder, capture_output=True, text=True, check=True)
        found = dict(json.loads(done.stdout.splitlines()[-1]))
        assert (found["search"], found["tokenize_collection"]) == threads
