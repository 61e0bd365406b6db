import json

import pyarrow as pa
import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import SCORES, write_table
from workflow_scripts.export_mteb import export_mteb

SETTINGS = {
    "task": "MIRACLRetrieval",
    "split": "dev",
    "languages": {"sw": "swh-Latn", "te": "tel-Telu"},
    "subsets": {"sw": "sw", "te": "te"},
}


def write_scores(path, rows):
    run = {"model": "m", "strategy": "mono", "seed": 1, "collection": "c"}
    rows = [
        run | dict(zip(("setting", "query_lang", "passage_lang", "query_id", "metric", "value"), row, strict=True))
        for row in rows
    ]
    write_table(pa.Table.from_pylist(rows, schema=SCORES), path, SCORES)
    return path


def test_each_language_has_its_means_and_other_settings_are_left_out(tmp_path):
    scores = write_scores(
        tmp_path / "s.parquet",
        [
            ("monolingual", "sw", "sw", "1", "ndcg@10", 0.5),
            ("monolingual", "sw", "sw", "2", "ndcg@10", 0.25),
            ("monolingual", "sw", "sw", "1", "map", 0.5),
            ("monolingual", "te", "te", "1", "ndcg@10", 1.0),
            ("cross-lingual", "sw", "te", "1", "ndcg@10", 0.0),
        ],
    )
    export_mteb(path_to_scores=scores, settings=SETTINGS, path_to_output=tmp_path / "r.json")
    result = json.loads((tmp_path / "r.json").read_text())
    assert result["task_name"] == "MIRACLRetrieval"
    assert isinstance(result["dataset_revision"], str)  # MTEB's reader refuses null, and takes it for the other two
    assert result["mteb_version"] is None and result["evaluation_time"] is None
    sw, te = result["scores"]["dev"]
    assert sw == {
        "map": 0.5,
        "ndcg_at_10": 0.375,
        "main_score": 0.375,
        "hf_subset": "sw",
        "languages": ["swh-Latn"],
    }
    assert te["main_score"] == 1.0 and te["languages"] == ["tel-Telu"]


def test_another_split_and_subset_are_named_as_the_dataset_names_them(tmp_path):
    scores = write_scores(tmp_path / "s.parquet", [("monolingual", "sw", "sw", "1", "ndcg@10", 0.5)])
    told = SETTINGS | {"split": "test", "subsets": {"sw": "swh"}}
    export_mteb(path_to_scores=scores, settings=told, path_to_output=tmp_path / "r.json")
    ((split, (sw,)),) = json.loads((tmp_path / "r.json").read_text())["scores"].items()
    assert (split, sw["hf_subset"]) == ("test", "swh")


def test_a_run_without_monolingual_scores_is_refused(tmp_path):
    scores = write_scores(tmp_path / "s.parquet", [("multilingual", "sw", "*", "1", "map", 0.5)])
    with pytest.raises(InputError, match="no monolingual score"):
        export_mteb(path_to_scores=scores, settings=SETTINGS, path_to_output=tmp_path / "r.json")
    assert not (tmp_path / "r.json").exists()
