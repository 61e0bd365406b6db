"""Pre-training and its tokenizer: whose files it copies and compares first, and whose threads it counts."""

import subprocess
import sys
from pathlib import Path

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


COUNT_THREADS = """
import os, sys
from pathlib import Path
import workflow_scripts.pretrain as entry
import workflow_scripts.training.pretraining as pretraining
from tokenizers import Tokenizer, models

def count(threads, **others):
    tokenizer, before = Tokenizer(models.BPE()), len(os.listdir("/proc/self/task"))
    tokenizer.encode_batch_fast(["a"] * 100)
    print(len(os.listdir("/proc/self/task")) - before, threads)

pretraining.pretrain = count
needed = ("--texts", "--tokenizer", "--output", "--partial")
sys.argv += [word for flag in needed for word in (flag, "x")] + ["--settings", "{}", "--threads", "3"]
entry.main()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_pretraining_tokenises_with_no_more_threads_than_it_is_given():
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", COUNT_THREADS], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3", "3"]
