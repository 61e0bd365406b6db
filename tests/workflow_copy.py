"""A copy of the workflow in a folder of its own, to be run and changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TREE = (
    "Snakefile",
    "config.yaml",
    "config.schema.yaml",
    "rules",
    "workflow_scripts",
    "resources",
    "envs",
    "experiments",
    "expected",
    "profiles",
)


class Workflow:
    """A copy of the workflow in a folder of its own, to be run and changed."""

    def __init__(self, folder: Path, experiment: str):
        self.folder = folder
        self.experiment = experiment
        self.results = folder / "results" / experiment

    def command(self, *arguments: str) -> list[str]:
        overlay = [] if self.experiment == "mini" else ["--configfile", f"experiments/{self.experiment}.yaml"]
        return [sys.executable, "-m", "snakemake", "--cores", "2", *arguments, *overlay]

    def environment(self) -> dict[str, str]:
        # Jobs call `python`: this interpreter, whether or not its environment is activated.
        return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": ""}

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        done = subprocess.run(
            self.command(*arguments), cwd=self.folder, env=self.environment(), capture_output=True, text=True
        )
        if check and done.returncode:
            pytest.fail(f"snakemake {' '.join(arguments)} failed:\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}")
        return done

    def planned(self, *arguments: str) -> dict[str, int]:
        """The jobs that a dry run would do: rule → number; `all` aside."""
        done = self.snakemake("--dry-run", *arguments)
        text = done.stdout + done.stderr
        if "Job stats:" not in text:
            assert "Nothing to be done" in text, text
            return {}
        rows = text.split("Job stats:", 1)[1].strip().splitlines()[2:]
        jobs = {}
        for row in rows:
            if not row.strip():
                break
            rule, count = row.split()
            jobs[rule] = int(count)
        jobs.pop("total")
        jobs.pop("all", None)
        return jobs


def copy_of_the_workflow(folder: Path, experiment: str) -> Workflow:
    folder.mkdir(parents=True)
    for name in TREE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    return Workflow(folder, experiment)
