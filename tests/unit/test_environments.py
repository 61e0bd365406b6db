"""The pinned requirements and the environments of rules name the same versions."""

import re
from pathlib import Path

import pytest
import yaml

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
