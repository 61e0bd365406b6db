import math
from pathlib import Path

import pandas as pd
import pytest
import yaml

from workflow_scripts.check import check
from workflow_scripts.data.errors import InputError
from workflow_scripts.evaluation.expected_values import read_expected, verdicts

ROOT = Path(__file__).resolve().parents[2]
PLACE = {
    "collection": "c",
    "setting": "monolingual",
    "metric": "ndcg@10",
    "group": "all",
    "model": "m",
    "strategy": "mono",
}


def write(path, **changes):
    path.write_text(yaml.safe_dump({"values": [PLACE | {"value": 0.5, "tolerance": 0.01} | changes]}))
    return path


@pytest.mark.parametrize(
    ("mean", "status"),
    [(0.5, "OK"), (0.51, "OK"), (0.4899, "close"), (0.52, "close"), (0.5201, "FAIL"), (0.1, "FAIL")],
)
def test_status_follows_the_tolerance(tmp_path, mean, status):
    (found,) = verdicts(read_expected(write(tmp_path / "e.yaml")), pd.DataFrame([PLACE | {"mean": mean}]))
    assert found[1:] == (status, mean)


def test_a_cell_that_is_not_there_fails(tmp_path):
    table = pd.DataFrame([PLACE | {"model": "other", "mean": 0.5}])
    assert verdicts(read_expected(write(tmp_path / "e.yaml")), table)[0][1:] == ("FAIL", None)


def test_no_value_of_mini_would_hold_at_chance():
    """A ranking at random must fail, and so must one that finds nothing."""
    passages = 1232  # of each language (docs/atlas.md); one of them is relevant
    chance = sum(1 / math.log2(rank + 1) for rank in range(1, 11)) / passages
    rows = read_expected(ROOT / "expected/mini.yaml")
    for value in rows:
        there = {key: getattr(value, key) for key in PLACE}
        # No ranking at random has a greater nDCG than this in any setting, nor a mean rank distance as small as this.
        ((_, status, _),) = verdicts([value], pd.DataFrame([there | {"mean": chance}]))
        assert status == "FAIL", value.name
    assert {value.strategy for value in rows} >= {"bm25", "untuned", "english", "mono", "hybrid"}


def test_every_line_is_printed_before_it_fails(tmp_path, capsys):
    row = {**PLACE, "languages": "sw", "queries": 1, "units": 1, "seeds": 1, "mean": 0.5, "sd": ""}
    row |= {"low": 0.4, "high": 0.6}
    pd.DataFrame([row]).to_csv(tmp_path / "per_group.csv", index=False)
    check(path_to_per_group=tmp_path / "per_group.csv", path_to_expected=write(tmp_path / "e.yaml"))
    assert capsys.readouterr().out == "OK      0.5000  expected 0.5000 ± 0.0100  m mono: c, monolingual, ndcg@10, all\n"
    with pytest.raises(InputError, match="1 of 1 values fail"):
        check(path_to_per_group=tmp_path / "per_group.csv", path_to_expected=write(tmp_path / "f.yaml", value=0.9))
    assert capsys.readouterr().out.startswith("FAIL")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("values: []", "has no list `values`"),
        ("- 1", "has no list `values`"),
        ("values: [{", "not YAML"),
        (yaml.safe_dump({"values": [PLACE]}), r"values\[0\]: needs just the keys"),
        (yaml.safe_dump({"values": [PLACE | {"value": "x", "tolerance": 1}]}), "value is 'x', not a number"),
        (yaml.safe_dump({"values": [PLACE | {"value": 1, "tolerance": 0}]}), "tolerance is 0, not above 0"),
    ],
)
def test_a_broken_file_is_named(tmp_path, text, said):
    (tmp_path / "e.yaml").write_text(text)
    with pytest.raises(InputError, match=r"e\.yaml: .*" + said):
        read_expected(tmp_path / "e.yaml")


def test_an_experiment_without_expected_values_says_so(tmp_path):
    with pytest.raises(InputError, match="no such file; values are expected of the experiments that have one"):
        read_expected(tmp_path / "none.yaml")
