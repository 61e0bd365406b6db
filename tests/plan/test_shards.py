"""A large language is encoded in several jobs; everything else of its part stays one job."""

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
