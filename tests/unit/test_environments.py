"""The pinned requirements and the environments of rules name the same versions."""

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from rattler import MatchSpec

from workflow_scripts.planning.fingerprint import code_fingerprint

ROOT = Path(__file__).resolve().parents[2]
# Packages whose modules have another name, or that come with another package.
PACKAGE_OF = {
    "yaml": "pyyaml",
    "faiss": "faiss-cpu",
    "pytrec_eval": "pytrec-eval-terrier",
    "huggingface_hub": "huggingface-hub",
    "httpx2": "huggingface-hub",
    "snakemake_executor_plugin_slurm": "snakemake-executor-plugin-slurm",
}


def pins(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {re.sub("[_.]", "-", line.split("==")[0].lower()): line.split("==")[1] for line in lines if "==" in line}


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda path: path.stem)
def test_an_environment_has_the_locked_versions(path):
    environment = yaml.safe_load(path.read_text(encoding="utf-8"))
    packages = environment["dependencies"][-1]["pip"]
    locked = pins("requirements.txt")
    assert {package: package.split("==")[1] for package in packages} == {
        package: locked[package.split("==")[0].lower()] for package in packages
    }


def test_every_direct_requirement_is_pinned_with_its_reason():
    for name in ("requirements", "requirements-dev"):
        locked = pins("requirements.txt") | pins(f"{name}.txt")
        for line in (ROOT / f"{name}.in").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-r")):
                requirement, _, reason = line.partition("  # ")
                assert reason, f"{name}.in: {requirement} has no reason"
                assert re.split("[<>=]", requirement)[0].lower().replace("_", "-") in locked


def test_the_two_locks_do_not_contradict_each_other():
    runtime, development = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: development.get(name) for name in runtime} == runtime


def imported_packages(entry):
    """Return the packages that the modules of an entry module's import closure import, wherever in them."""
    names = set()
    for line in code_fingerprint(entry):
        path = ROOT / line.split("@")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if path.suffix == ".py" else ():
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module.split(".")[0])
    return {PACKAGE_OF.get(name, name) for name in names - set(sys.stdlib_module_names) - {"workflow_scripts"}}


def test_an_environment_has_what_its_rules_import():
    checked = set()
    for path in sorted((ROOT / "rules").glob("*.smk")):
        for body in re.split(r"^rule ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            for entry in re.findall(r"python -m workflow_scripts\.(\w+)", body):
                name = re.search(r"envs/(\w+\.yaml)", body)[1]
                environment = yaml.safe_load((ROOT / "envs" / name).read_text(encoding="utf-8"))
                installed = {package.split("==")[0].lower() for package in environment["dependencies"][-1]["pip"]}
                assert not imported_packages(entry) - installed, f"envs/{name} lacks what rule {entry} imports"
                checked.add(name)
    assert checked == {path.name for path in (ROOT / "envs").glob("*.yaml")}


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda path: path.stem)
def test_conda_reads_every_spec_of_an_environment(path):
    environment = yaml.safe_load(path.read_text(encoding="utf-8"))
    specs = [MatchSpec(spec, strict=True) for spec in environment["dependencies"] if isinstance(spec, str)]
    assert {str(spec.name.normalized) for spec in specs} == {"python", "pip"}
    assert environment["channels"] == ["conda-forge"]


def test_git_in_the_container_knows_the_commit_of_a_folder_of_another_user(tmp_path):
    command = re.search(
        r"^RUN git config --system (.*)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE
    )
    git = ["git", "-C", tmp_path]
    subprocess.run([*git, "init", "--quiet"], check=True)
    # git's own tests tell it so that a folder is another user's.
    elsewhere = os.environ | {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1", "GIT_CONFIG_SYSTEM": str(tmp_path / "system")}
    elsewhere |= {"GIT_CONFIG_GLOBAL": os.devnull}
    asked = [*git, "rev-parse", "--git-dir"]
    assert "dubious ownership" in subprocess.run(asked, env=elsewhere, capture_output=True, text=True).stderr
    subprocess.run(["git", "config", "--system", *shlex.split(command[1])], env=elsewhere, check=True)
    subprocess.run(asked, env=elsewhere, check=True)


def test_the_container_has_the_python_of_the_environments_and_the_locked_versions():
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    python = re.search(r"^FROM python:(\d+\.\d+)-slim$", recipe, re.MULTILINE)[1]
    for path in (ROOT / "envs").glob("*.yaml"):
        assert f"python={python}" in yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
    installs = re.findall(r"pip install [^&\n]+", recipe)
    assert installs and all("/tmp/requirements.txt" in line for line in installs)
    assert "COPY requirements.txt /tmp/requirements.txt" in recipe
