"""Names and paths in a config that a shell, a file system or Snakemake could take for something else.

A name has to be refused in one line, or to be harmless; a path may be any that the system allows.
"""

import copy
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml
from workflow_copy import ROOT, copy_of_the_workflow

from benchmarks.faults.experiment import Outcome
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.languages import read_languages
from workflow_scripts.planning.config import resolve_config

HOSTILE = {
    "a part of a path": "../elsewhere",
    "an absolute path": "/tmp/elsewhere",
    "a space": "two words",
    "a quote": "it's",
    "double quotes": 'a "name"',
    "a command": "$(touch broken-in)",
    "a command in backticks": "`touch broken-in`",
    "a second command": "a;touch broken-in",
    "a pipe": "a|touch broken-in",
    "a line break": "two\nlines",
    "a line break at the end": "name\n",
    "a tabulator": "a\tb",
    "letters of other scripts": "名前-imię",
    "a pattern": "*",
    "a wildcard": "{lang}",
    "a path variable": "<results>",
    "a flag": "--help",
    "a home": "~",
    "a dollar": "$HOME",
    "a backslash": "a\\b",
    "an ampersand": "a & touch broken-in",
    "the folder itself": ".",
}
_SECTIONS = ("sources", "collections", "models", "strategies", "lexicons", "translators")
_TRACE = "broken-in"
_GOAL = "results/paths/pairs/prepared/given/en.parquet"


def names_refused() -> Iterator[Outcome]:
    """Give each kind of name each hostile value, where it is chosen and where it is only defined."""
    languages = read_languages(ROOT / "resources/languages.csv")
    for section in ("experiment.name", *_SECTIONS):
        for what, name in HOSTILE.items():
            config = _tiny()
            if section == "experiment.name":
                config["experiment"]["name"] = name
            else:
                _rename(config, section, name)
            try:
                resolve_config(config, languages)
                problem = "accepted"
            except InputError as error:
                said = str(error)
                problem = "" if "\n" not in said and said.startswith("config: ") else f"unclear: {said}"
            yield Outcome("name in the config", f"{section}: {what}", not problem, problem)


def paths_taken(folder: Path) -> Iterator[Outcome]:
    """Read a source from folders with hostile names, in a workflow whose own folder has one; nothing may be lost."""
    reference = None
    for what, name in {"a plain name": "plain", **HOSTILE}.items():
        if "/" in name or name in (".", "~"):
            continue
        for place in ("the workflow's folder", "data_root", "a source's path"):
            tree = folder / (name if place.startswith("the") else f"tree-{len(name)}")
            root = folder / "data" / (name if place == "data_root" else "plain")
            source = name if place.startswith("a") else "given"
            done, made = _prepared(tree, root, source)
            reference = reference or made
            if reference is None:
                raise RuntimeError(f"nothing to compare with: the plain name failed:\n{done.stdout}{done.stderr}")
            said = (done.stdout + done.stderr).strip()
            traces = [str(path) for path in folder.rglob(_TRACE)]
            if traces:
                problem = f"a command ran: {traces}"
            elif made is not None and made != reference:
                problem = "another result"
            elif made is None and not _is_clear(said):
                problem = f"unclear: {said[-300:]}"
            else:
                problem = ""
            note = problem or ("the same result" if made else f"refused: {_line(said)}")
            yield Outcome("path in the config", f"{place}: {what}", not problem, note)
            subprocess.run(["rm", "-rf", "--", str(tree), str(folder / "data")], check=True)


def _tiny() -> dict:
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    overlay = yaml.safe_load((ROOT / "experiments/tiny.yaml").read_text(encoding="utf-8"))
    return _merged(config, overlay)


def _merged(below: dict, above: dict) -> dict:
    merged = copy.deepcopy(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _rename(config: dict, section: str, name: str) -> None:
    """Give what the experiment chooses first in a section another name; define one where it chooses nothing there."""
    if section == "translators":
        config[section] = {name: {"family": "nllb", "size_m": 600, "hub": "a/b", "revision": "0" * 40}}
        return
    old = config["experiment"].get(section, list(config[section]))[0]
    config[section][name] = config[section].pop(old)
    if section in config["experiment"]:
        config["experiment"][section] = [name, *config["experiment"][section][1:]]
    if section == "collections":
        config["report"]["collection"] = name


def _prepared(tree: Path, root: Path, source: str) -> tuple[subprocess.CompletedProcess, bytes | None]:
    workflow = copy_of_the_workflow(tree, "paths")
    (root / source).mkdir(parents=True)
    rows = [
        {"id": str(n), "group": str(n), "query": f"What is {n}?", "passage": f"{n} is a number."} for n in range(20)
    ]
    (root / source / "pairs-en.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    config = {
        "experiment": {"name": "paths", "sources": ["atlas", "given"]},
        "data_root": str(root),
        "sources": {"given": {"format": "jsonl", "path": source, "pairs": ["en"]}},
    }
    (tree / "experiments/paths.yaml").write_text(json.dumps(config), encoding="utf-8")
    done = workflow.snakemake(_GOAL, check=False)
    made = tree / _GOAL
    return done, made.read_bytes() if done.returncode == 0 and made.is_file() else None


def _is_clear(said: str) -> bool:
    return "Traceback" not in said and bool(_line(said))


def _line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next((line for line in lines if line.startswith(("config: ", "error: "))), "")
