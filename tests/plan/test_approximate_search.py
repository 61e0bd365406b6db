"""What an approximate index loses is measured, joined and reported; exact search has nothing to measure."""

import re

import yaml
from workflow_copy import copy_of_the_workflow


def test_recall_is_measured_and_joined_where_search_is_approximate_alone(tmp_path):
    workflow = copy_of_the_workflow(tmp_path / "tree", "tiny")
    exact = workflow.planned("all")
    assert not {"measure_recall", "aggregate_recalls"} & set(exact)
    path = workflow.folder / "experiments/tiny.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8")) | {"search": {"kind": "hnsw"}}
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    approximate = workflow.planned("all")
    assert approximate == exact | {"measure_recall": exact["search"], "aggregate_recalls": 1}
    said = workflow.snakemake("--dry-run", "--printshellcmds", "all").stdout
    # There may be thousands of them, and a command has a limit.
    (joining,) = (line for line in said.splitlines() if "-m workflow_scripts.aggregate_recalls " in line)
    assert ".csv" not in joining.replace("index_recall.csv", "")
    for rule in ("index", "measure_recall"):
        asked = re.findall(rf"^rule {rule}:\n(?:    .*\n)*?    resources: (.*)", said, flags=re.MULTILINE)
        assert len(asked) == exact["search"] and all("runtime=" in resources for resources in asked), rule
    # What an index takes of memory is asked for, and planned, before there are vectors.
    for rule in ("index", "search"):
        memory = re.findall(rf"^rule {rule}:\n(?:    .*\n)*?    resources: .*?mem_mb=(\S+),", said, flags=re.MULTILINE)
        assert len(memory) == exact["search"] and min(map(int, memory)) >= 150, rule
