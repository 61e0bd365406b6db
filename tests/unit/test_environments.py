"""The pinned requirements and the environments of rules name the same versions."""

import re
from pathlib import Path

import pytest
import yaml
from rattler import MatchSpec

ROOT = Path(__file__).resolve().parents[2]


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


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda path: path.stem)
def test_conda_reads_every_spec_of_an_environment(path):
    environment = yaml.safe_load(path.read_text(encoding="utf-8"))
    specs = [MatchSpec(spec, strict=True) for spec in environment["dependencies"] if isinstance(spec, str)]
    assert {str(spec.name.normalized) for spec in specs} == {"python", "pip"}
    assert environment["channels"] == ["conda-forge"]


def test_the_container_has_the_python_of_the_environments_and_the_locked_versions():
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    python = re.search(r"^FROM python:(\d+\.\d+)-slim$", recipe, re.MULTILINE)[1]
    for path in (ROOT / "envs").glob("*.yaml"):
        assert f"python={python}" in yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
    installs = re.findall(r"pip install [^&\n]+", recipe)
    assert installs and all("/tmp/requirements.txt" in line for line in installs)
    assert "COPY requirements.txt /tmp/requirements.txt" in recipe
