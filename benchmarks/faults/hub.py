"""A hub that is busy, fails, cuts its answers short or stalls: for a while, and for good."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub_case import COMMIT, Hub, environment, serve
from workflow_copy import Workflow, copy_of_the_workflow

from benchmarks.faults.experiment import Outcome, result_digests

_REPOSITORY = "datasets/some/pairs"
_FILE = "train.jsonl.gz"
_ROWS = [{"query": f"What is {n}?", "positive": f"{n} is a number, and {n + 1} is the next."} for n in range(500)]
_CONTENT = gzip.compress("".join(json.dumps(row) + "\n" for row in _ROWS).encode())
_CONFIG = {
    "experiment": {"name": "fetched", "sources": ["atlas", "pairs"]},
    "sources": {
        "pairs": {
            "format": "table",
            "hub": "some/pairs",
            "revision": COMMIT,
            "pairs": ["en"],
            "files": _FILE,
            "columns": {"query": "query", "positive": "positive"},
        }
    },
}
_GOAL = "results/fetched/pairs/prepared/pairs/en.parquet"
_WAIT = 2  # seconds after which a transfer counts as stalled
_CUT = 100  # bytes after which an answer ends: less than the list of files has
_STALL = ("stall", _CUT, 3.0 * _WAIT)
_FAULTS = {"HTTP 429": 429, "HTTP 500": 500, "HTTP 503": 503, "a cut": ("cut", _CUT), "a stall": _STALL}


def hub_faults(folder: Path) -> Iterator[Outcome]:
    """Fetch a source through each fault, of the list of files and of a file; what comes out must be the same."""
    workflow = copy_of_the_workflow(folder / "hub", "fetched")
    (workflow.folder / "experiments/fetched.yaml").write_text(json.dumps(_CONFIG), encoding="utf-8")
    with serve({_REPOSITORY: {_FILE: _CONTENT}}) as hub:
        own = workflow.environment()
        workflow.environment = lambda: (
            own
            | environment(hub.endpoint, workflow.folder / "home")
            | {"PATH": own["PATH"], "HF_HUB_DOWNLOAD_TIMEOUT": str(_WAIT), "HF_HUB_ETAG_TIMEOUT": str(_WAIT)}
        )
        reference = _fetched(workflow)
        for what in ("tree", _FILE):
            for name, fault in _FAULTS.items():
                yield _for_a_while(workflow, hub, what, name, fault, reference)
                yield _for_good(workflow, hub, what, name, fault, reference)


def _for_a_while(workflow: Workflow, hub: Hub, what: str, name: str, fault: object, reference: dict) -> Outcome:
    with _anew(workflow, hub, what, [fault] * 2):
        done = workflow.snakemake(_GOAL, check=False)
    same = done.returncode == 0 and result_digests(workflow.results) == reference
    return Outcome("hub for a while", f"{name} twice, {_shown(what)}", same, "" if same else _last(workflow, done))


def _for_good(workflow: Workflow, hub: Hub, what: str, name: str, fault: object, reference: dict) -> Outcome:
    with _anew(workflow, hub, what, [fault] * 1000):
        done = workflow.snakemake(_GOAL, check=False)
        asked = hub.asked[f"{_REPOSITORY}/{what}"]
    said = _last(workflow, done)
    problems = []
    if done.returncode == 0:
        problems.append("it ended well")
    elif not said.startswith("error: some/pairs"):
        problems.append(f"no clear line: {said}")
    if asked < 3:
        problems.append(f"asked {asked} times only")
    again = workflow.snakemake(_GOAL, check=False)
    if again.returncode or result_digests(workflow.results) != reference:
        problems.append(f"a plain rerun did not make it good: {_last(workflow, again)}")
    note = "; ".join(problems) or f"asked {asked} times, then: {said}"
    return Outcome("hub for good", f"{name}, {_shown(what)}", not problems, note)


def _shown(what: str) -> str:
    return "of the list of files" if what == "tree" else "of a file"


@contextmanager
def _anew(workflow: Workflow, hub: Hub, what: str, faults: list) -> Iterator[None]:
    """Forget what was fetched, and let the hub answer with ``faults``."""
    import shutil

    for place in (workflow.results, workflow.folder / "downloads"):
        shutil.rmtree(place, ignore_errors=True)
    hub.asked.clear()
    hub.faults[f"{_REPOSITORY}/{what}"] = list(faults)
    try:
        yield
    finally:
        hub.faults.clear()


def _fetched(workflow: Workflow) -> dict[str, str]:
    workflow.snakemake(_GOAL)
    return result_digests(workflow.results)


def _last(workflow: Workflow, done) -> str:
    logs = sorted(workflow.results.glob("logs/fetch_data/**/*.log"))
    lines = logs[-1].read_text().strip().splitlines() if logs else []
    return next((line for line in reversed(lines) if line.startswith("error: ")), (done.stderr or done.stdout)[-300:])
