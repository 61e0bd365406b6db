"""Pairs that nothing trains on are not made: neither prepared, translated nor decontaminated."""

import pytest
import yaml
from workflow_copy import copy_of_the_workflow

OF_PAIRS = {"make_atlas_pairs", "prepare_pairs", "translate", "tokenize_pairs", "plot_translation_yield"}


@pytest.mark.parametrize(
    ("strategies", "made", "decontaminated"),
    [
        (["untuned"], {}, 4),  # the texts of pre-training, in four languages
        (["untuned", "english"], {"make_atlas_pairs": 1, "prepare_pairs": 1, "tokenize_pairs": 1}, 5),
    ],
)
def test_only_pairs_that_train_are_made(tmp_path, strategies, made, decontaminated):
    workflow = copy_of_the_workflow(tmp_path / "tree", "tiny")
    path = workflow.folder / "experiments/tiny.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["experiment"]["strategies"] = strategies
    config["report"]["compare"] = {"strategy": "untuned", "baselines": []}
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    planned = workflow.planned("all")
    assert {rule: planned[rule] for rule in OF_PAIRS & planned.keys()} == made
    assert planned["decontaminate"] == decontaminated
