"""The pages that people read: links lead somewhere, configs are valid, commands name what there is."""

import re
import shlex
from itertools import takewhile
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from workflow_scripts.data import tables
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.languages import read_languages
from workflow_scripts.planning.config import resolve_config
from workflow_scripts.planning.pin_revisions import merged, overlay, repositories

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LANGUAGES = read_languages(ROOT / "resources/languages.csv")
RULES = {
    name
    for path in (ROOT / "Snakefile", *(ROOT / "rules").rglob("*.smk"))
    for name in re.findall(r"^(?:rule|use rule \w+ as) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
}
PINNED_LATER = "pins"  # a file that pin_revisions writes
OPTIONS_WITH_VALUES = {"--cores": 1, "--report": 1, "--workflow-profile": 1, "--forcerun": 1, "--config": 1, "--sdm": 1}
LISTS = {"--configfile", "--resources", "--set-resources"}  # each takes every word up to the next option


def text_of(path):
    return path.read_text(encoding="utf-8")


def prose(path):
    return re.sub(r"```.*?```", "", text_of(path), flags=re.DOTALL)


def anchors(path):
    """What GitHub calls a page's headings."""
    headings = re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_links_between_pages_lead_somewhere(page):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_files_of_ours_that_a_page_names_exist(page):
    named = re.findall(
        r"\b(?:benchmarks|docs|envs|expected|experiments|profiles|resources|rules|tests|workflow_scripts)/[\w./-]*\w",
        text_of(page),
    )
    missing = {name for name in named if not (ROOT / name).exists() and not name.startswith("experiments/mine")}
    within = re.findall(r"`((?:data|encoders|evaluation|planning|reporting|retrieval|training)/\w+\.py)`", prose(page))
    missing |= {name for name in within if not (ROOT / "workflow_scripts" / name).exists()}
    assert missing - {"profiles/mine"} == set()


def test_every_column_of_every_table_is_in_the_architecture():
    page = text_of(ROOT / "docs/architecture.md")
    for name, schema in vars(tables).items():
        if isinstance(schema, pa.Schema):
            called = "`means.parquet`" if name == "MEANS" else f"**{name}**"
            bullet = re.search(rf"{re.escape(called)}(.*?)(?=\*\*[A-Z_]+\*\*|\n- |\n\n)", page, re.DOTALL)
            assert bullet, name
            assert not [column for column in schema.names if not re.search(rf"\b{column}\b", bullet[1])], name


BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", text_of(page), re.DOTALL))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_configs_that_a_page_shows_are_valid(block):
    """Laid over the default experiment, with all chosen that they define."""
    shown = yaml.safe_load(block)
    config = merged([ROOT / "config.yaml"])
    overlay(config, shown)
    chosen = config["experiment"]
    for section in ("collections", "models", "sources", "strategies"):
        if section not in shown.get("experiment", {}):
            chosen[section] = list(dict.fromkeys([*chosen[section], *shown.get(section, {})]))
    held_out = config["training"].get("held_out", {}).get("source")
    chosen["sources"] = [name for name in chosen["sources"] if name != held_out]
    config["data_root"] = config["data_root"] or "data"
    try:
        resolve_config(config, LANGUAGES)
    except InputError as error:
        pytest.fail(str(error))


def commands(path):
    """The calls of Snakemake in a file: in code spans and blocks of pages, in comments of configs."""
    text = text_of(path)
    if path.suffix == ".md":
        spans = re.findall(r"`(snakemake [^`]*)`", prose(path))
        blocks = "".join(re.findall(r"```bash\n(.*?)```", text, re.DOTALL))
    else:
        spans, blocks = [], "\n".join(line.strip().lstrip("# ") for line in text.splitlines() if "#" in line)
    variables = dict(re.findall(r'^(\w+)="(.*)"$', blocks, re.MULTILINE))
    calls = [*spans, *re.findall(r"^(snakemake .*)$", blocks, re.MULTILINE)]
    for call in calls:
        for name, value in variables.items():
            call = call.replace(f"${name}", value)
        yield shlex.split(call, comments=True)


def parts_of(command):
    """A command's targets, and its config files."""
    targets, files, words = [], [], command[1:]
    while words:
        word = words.pop(0)
        if word in LISTS:
            values = list(takewhile(lambda value: not value.startswith("-"), words))
            del words[: len(values)]
            files += values if word == "--configfile" else []
        elif word in OPTIONS_WITH_VALUES:
            del words[: OPTIONS_WITH_VALUES[word]]
        elif not word.startswith("-"):
            targets.append(word)
    return targets, files


WITH_COMMANDS = [*PAGES, ROOT / "config.yaml", *sorted((ROOT / "experiments").glob("*.yaml"))]


@pytest.mark.parametrize("path", WITH_COMMANDS, ids=lambda path: path.stem)
def test_commands_name_targets_and_config_files_that_there_are(path):
    for command in commands(path):
        targets, files = parts_of(command)
        unknown = [name for name in targets if name not in RULES and not re.match(r"results/|FILE$|…$", name)]
        assert not unknown, command
        ours = [name for name in files if not re.match(rf"{PINNED_LATER}|…$|experiments/mine\.yaml$", name)]
        assert all((ROOT / name).is_file() for name in ours), command


@pytest.mark.parametrize("path", WITH_COMMANDS, ids=lambda path: path.stem)
def test_commands_pin_what_an_experiment_leaves_open(path):
    """Without its pins the plan stops."""
    for command in commands(path):
        _, files = parts_of(command)
        ours = [ROOT / name for name in files if (ROOT / name).is_file()]
        left_open = [
            repository for repository in repositories(merged([ROOT / "config.yaml", *ours])) if not repository.revision
        ]
        assert not left_open or any(name.startswith(PINNED_LATER) for name in files), command
