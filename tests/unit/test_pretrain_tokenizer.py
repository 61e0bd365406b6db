"""Pre-training copies its tokenizer's files, so it compares all of them with their manifest first."""

import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import write_manifest
from workflow_scripts.training.pretraining import pretrain


@pytest.mark.parametrize("damage", [lambda text: text[:5], lambda text: text.replace("512", "513")])
def test_damaged_settings_of_the_tokenizer_are_named_before_the_training(tmp_path, damage):
    folder = tmp_path / "tokenizer"
    folder.mkdir()
    (folder / "tokenizer.json").write_text("{}")
    settings = folder / "tokenizer_config.json"
    settings.write_text('{"model_max_length": 512}')
    write_manifest(folder, inputs=[])
    settings.write_text(damage(settings.read_text()))
    architecture = {"layers": 1, "hidden": 8, "heads": 1, "intermediate": 8, "learning_rate": 0.001}
    chosen = {"seed": 0, "batch_size": 2, "max_length": 16, "steps": 1, "tau": 0.5}
    with pytest.raises(InputError, match=rf"tokenizer_config\.json: missing, damaged .*; remove {folder} and rerun"):
        pretrain(
            paths_to_texts=[],
            paths_to_overlaps=[],
            path_to_tokenizer=folder,
            settings={"model": {"pretrain": architecture}, "pretraining": chosen},
            threads=1,
            path_to_output=tmp_path / "base",
            path_to_partial=tmp_path / "state",
        )
    assert not (tmp_path / "base").exists()
