"""Work in a folder that is not the workflow's: its own config.yaml decides, or where it has none the workflow's."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("own", "says"), [(None, "# Plan of tiny"), ("experiment: {}\n", "'untuned' is not defined under strategies")]
)
def test_a_folder_without_a_config_has_the_workflow_s(tmp_path, own, says):
    if own:
        (tmp_path / "config.yaml").write_text(own)
    command = [sys.executable, "-m", "snakemake", "-s", ROOT / "Snakefile", "--cores", "1", "plan"]
    command += ["--configfile", ROOT / "experiments/tiny.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert says in done.stdout + done.stderr
