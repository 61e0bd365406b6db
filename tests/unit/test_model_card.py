import json

import pandas as pd
import pytest
import yaml

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import write_manifest
from workflow_scripts.reporting.licences import Licences
from workflow_scripts.reporting.model_card import TrainedModel, model_card

SETTINGS = {
    "experiment": "made-up",
    "models": {"m": "Medium"},
    "strategies": {"hybrid": "hybrid batches"},
    "bases": {"m": {"hub": "some/encoder", "revision": "0" * 40}},
}
LICENCES = {"squad": "CC BY-SA 4.0", "mlqa": "CC BY-SA 3.0"}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "m" / "hybrid" / "3"
    folder.mkdir(parents=True)
    training = {"batch_size": 64, "hard_negatives": 2, "temperature": 0.05, "held_out": {"share": 0.02, "every": 3}}
    model = {"learning_rate": 2e-5, "pooling": "cls", "max_query_length": 32, "max_passage_length": 128}
    settings = {"training": training, "model": model, "strategy": {"alpha": 0.5}}
    manifest = {"settings": settings, "dtype": "float32", "device": "cpu", "pairs_left_out": 7, "negatives_left_out": 2}
    examples = [
        {"regime": "monolingual", "source": "squad", "query_lang": "en", "passage_lang": "en", "examples": 128},
        {"regime": "cross-lingual", "source": "mlqa", "query_lang": "sw", "passage_lang": "en", "examples": 64},
    ]
    (folder / "batches.json").write_text(json.dumps({"examples": examples}))
    (folder / "metrics.jsonl").write_text('{"step": 1, "loss": 9}\n{"step": 3, "loss": 1.25, "held_out_loss": 1.5}\n')
    write_manifest(folder, inputs=[], **manifest)
    return folder


def means():
    rows = [("monolingual", "sw", "sw", 0.25), ("monolingual", "en", "en", 0.75), ("cross-lingual", "sw", "en", 0.1)]
    table = pd.DataFrame(rows, columns=["setting", "query_lang", "passage_lang", "mean"])
    return table.assign(collection="miracl", metric="ndcg@10")


@pytest.mark.parametrize(("alpha", "tagged"), [(0.0, False), (0.5, True), (1.0, False)])
def test_only_a_hybrid_run_is_called_one(folder, alpha, tagged):
    trained = TrainedModel.read(folder)
    trained.manifest["settings"]["strategy"]["alpha"] = alpha
    _, head, body = model_card(trained, means(), SETTINGS, LICENCES).split("---\n", 2)
    assert ("hybrid-batch-training" in yaml.safe_load(head)["tags"]) == tagged
    assert "which studies hybrid-batch training" in body and "with hybrid-batch training" not in body


def test_a_card_states_data_strategy_seed_and_scores(folder):
    card = model_card(TrainedModel.read(folder), means(), SETTINGS, LICENCES)
    _, head, body = card.split("---\n", 2)
    assert yaml.safe_load(head)["language"] == ["en", "sw"] and yaml.safe_load(head)["base_model"] == "some/encoder"
    assert "# Medium, hybrid batches, seed 3" in body
    lines = body.splitlines()
    for line in (
        "| strategy | hybrid batches (`hybrid`) |",
        "| seed | 3 |",
        "| updates | 3 |",
        "| loss on held-out training pairs | 1.5000 |",
        "| squad | CC BY-SA 4.0 | en | 0 | 128 |",
        "| mlqa | CC BY-SA 3.0 | en sw | 64 | 0 |",
        "| miracl | monolingual | 50.0 |",
        "| miracl | cross-lingual | 10.0 |",
    ):
        assert line in lines, line


def test_what_a_setting_does_not_measure_is_a_dash(folder):
    pool = pd.DataFrame([("multilingual", "sw", "*", 0.5, "miracl", "mrc@10")], columns=[*means().columns])
    lines = model_card(TrainedModel.read(folder), pd.concat([means(), pool]), SETTINGS, LICENCES).splitlines()
    assert "| miracl | monolingual | 50.0 | – |" in lines and "| miracl | multilingual | – | 50.0 |" in lines


def test_a_model_of_ones_own_names_no_base_on_a_hub(folder):
    settings = SETTINGS | {"bases": {"m": {"made": "pre-trained by the experiment itself"}}}
    card = model_card(TrainedModel.read(folder), means(), settings, LICENCES)
    assert "base_model" not in card and "| base model | pre-trained by the experiment itself |" in card


def test_the_licence_is_the_config_s_or_that_of_the_format(tmp_path):
    (tmp_path / "licences.csv").write_text("format,name,licence,origin\nsquad,SQuAD,CC BY-SA 4.0,x\n")
    licences = Licences(tmp_path / "licences.csv")
    assert licences.of({"format": "squad", "licence": "see the source"}) == "CC BY-SA 4.0"
    assert licences.of({"format": "squad"}) == "CC BY-SA 4.0"
    assert licences.of({"format": "squad", "licence": "ours"}) == "ours"
    with pytest.raises(InputError, match="no row for the format jsonl; add"):
        licences.of({"format": "jsonl", "licence": "see the source"})


def test_a_folder_that_is_not_whole_is_refused(folder):
    (folder / "metrics.jsonl").write_text("")
    with pytest.raises(InputError, match=r"metrics\.jsonl: missing, damaged or .* and rerun"):
        TrainedModel.read(folder)
