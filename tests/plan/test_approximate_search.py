"""What an approximate index loses is measured, joined and reported; exact search has nothing to measure."""

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
