"""The floors of the house: who may import whom, and that each rule has its entry module."""

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from workflow_scripts.planning.fingerprint import code_fingerprint

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "workflow_scripts"
WINGS = {"atlas", "translation", "training", "retrieval", "evaluation"}
GROUND = {"data", "encoders", "reporting"}
ENTRIES = sorted(path.stem for path in CODE.glob("*.py") if path.stem not in ("__init__", "command_line"))
TORCH = {"pretrain", "finetune", "try_learning_rate", "encode"}
TORCH |= {"translate_shard", "convert_translator", "compare_translations"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module


def below(path):
    """The parts of the package that a file imports."""
    return {name.split(".")[1] for name in imported(path) if name and name.startswith("workflow_scripts.")}


@pytest.mark.parametrize(
    "path", sorted(CODE.glob("*/*.py")) + sorted(CODE.glob("*/*/*.py")), ids=lambda path: str(path.relative_to(CODE))
)
def test_imports_go_down(path):
    floor = path.relative_to(CODE).parts[0]
    allowed = {floor} | GROUND if floor in WINGS else GROUND if floor in GROUND else GROUND | {"planning"}
    assert below(path) <= allowed


def test_each_rule_that_calls_an_entry_module_bears_its_name():
    called = {}
    for path in sorted((ROOT / "rules").glob("*.smk")):
        rules = re.split(r"^rule (\w+):", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for name, body in zip(rules[1::2], rules[2::2], strict=True):
            for entry in re.findall(r"python -m workflow_scripts\.(\w+)", body):
                called[entry] = name
            assert f'code("{name}")' in body or "python -m" not in body, f"rule {name} has no fingerprint of its code"
            assert "run:" not in body
    assert sorted(called) == ENTRIES
    assert all(entry == name for entry, name in called.items())


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry not in TORCH])
def test_no_other_entry_module_reaches_torch_in_our_code(entry):
    for line in code_fingerprint(entry):
        path = ROOT / line.split("@")[0]
        heavy = {
            name for name in imported(path) if name.split(".")[0] in ("torch", "transformers", "sentence_transformers")
        }
        assert not heavy, f"{path} imports {heavy}"


def test_importing_all_other_entry_modules_loads_no_torch():
    modules = ", ".join(f"workflow_scripts.{entry}" for entry in ENTRIES if entry not in TORCH)
    check = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT).returncode == 0


def test_no_two_functions_of_the_rules_have_one_name():
    """All files of rules share one namespace: the later of two would silently take the place of the earlier."""
    files = [ROOT / "Snakefile", *sorted((ROOT / "rules").rglob("*.smk"))]
    names = Counter(
        name for path in files for name in re.findall(r"^def (\w+)", path.read_text(encoding="utf-8"), re.M)
    )
    assert names and [name for name, count in names.items() if count > 1] == []
