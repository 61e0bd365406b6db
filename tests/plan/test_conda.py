"""`--sdm conda`: each rule gets the environment of its kind of work. No channel is asked: a stand-in plays conda.

The stand-in notes what it is asked for and makes environments whose Python is this one; that the packages of
``envs/`` can be solved and installed together is shown by the pinned requirements alone.
"""

import os
import sys

import pytest
from workflow_copy import ROOT, copy_of_the_workflow

CONDA = """#!/usr/bin/env bash
case "$*" in
    "info --json") echo '{{"conda_prefix": "{root}", "platform": "linux-64"}}' ;;
    "--version") echo "conda 25.9.1" ;;
    "config --get channel_priority --json") echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
    "env create "*)
        while [ $# -gt 0 ]; do
            case "$1" in --file) file=$2 ;; --prefix) prefix=$2 ;; esac
            shift
        done
        mkdir -p "$prefix/bin"
        name=$(sed -n 1p "$file")
        printf '#!/usr/bin/env bash\\necho "%s $*" >> {root}/used\\nexec {python} "$@"\\n' "$name" \\
            > "$prefix/bin/python"
        chmod +x "$prefix/bin/python"
        echo "$name" >> {root}/created ;;
esac
"""


@pytest.fixture
def with_conda(tmp_path):
    """A copy of the workflow, and a folder whose conda stands in for the real one."""
    root = tmp_path / "conda"
    (root / "bin").mkdir(parents=True)
    (root / "bin/conda").write_text(CONDA.format(root=root, python=sys.executable))
    (root / "bin/conda").chmod(0o755)
    (root / "bin/activate").write_text('export PATH="$1/bin:$PATH"\n')
    workflow = copy_of_the_workflow(tmp_path / "tree", "tiny")
    environment = workflow.environment
    workflow.environment = lambda: environment() | {"PATH": f"{root}/bin{os.pathsep}{environment()['PATH']}"}
    return workflow, root


def first_line(name):
    return (ROOT / "envs" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]


def test_every_environment_that_tiny_needs_is_made_once(with_conda):
    workflow, root = with_conda
    workflow.snakemake("all", "--sdm", "conda", "--conda-create-envs-only")
    made = (root / "created").read_text().splitlines()
    assert sorted(made) == sorted(first_line(name) for name in ("report", "search", "train", "translate"))


def test_a_job_runs_on_the_python_of_its_environment(with_conda):
    workflow, root = with_conda
    workflow.snakemake("results/tiny/sources/atlas/pairs.jsonl", "--sdm", "conda")
    assert (workflow.results / "sources/atlas/pairs.jsonl").is_file()
    used = (root / "used").read_text()
    assert used.startswith(f"{first_line('translate')} -m workflow_scripts.make_atlas_pairs ")
