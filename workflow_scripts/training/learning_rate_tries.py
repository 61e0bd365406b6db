"""Which of several peak learning rates trains best, by held-out training pairs."""

import json
import logging
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError
from workflow_scripts.training.contrastive import TrainingInputs, Upkeep, train_contrastively
from workflow_scripts.training.early_stopping import SCORE
from workflow_scripts.training.processes import joined_processes, leave_processes
from workflow_scripts.training.trainer import DivergedError

_log = logging.getLogger(__name__)


def try_learning_rate(
    inputs: TrainingInputs,
    settings: dict[str, Any],
    rate: float,
    seed: int,
    threads: int,
    path_to_output: str | Path,
    path_to_partial: str | Path,
    path_to_events: str | Path | None = None,
    upkeep: Upkeep | None = None,
) -> None:
    """Train as ``finetune`` would at ``rate`` and write its records and least held-out loss as JSON, no model.

    The loss is null where training diverged.
    """
    settings = {**settings, "model": {**settings["model"], "learning_rate": rate}}
    found: dict[str, Any] = {"learning_rate": rate, "seed": seed, SCORE: None, "records": []}
    try:
        run = train_contrastively(inputs, settings, seed, threads, path_to_partial, path_to_events, upkeep or Upkeep())
    except DivergedError as error:
        _log.info("%s", error)
    else:
        scored = [record for record in run.records if SCORE in record]
        # With patience the best evaluation's model would be kept, without it the last one's.
        patient = "patience" in settings["training"]["held_out"]
        best = min(scored, key=lambda record: record[SCORE]) if patient else scored[-1]
        found |= {SCORE: best[SCORE], "records": scored}
    processes = joined_processes()  # which diverge together
    leave_processes(processes)
    if not processes.leads:
        return
    with atomic_file(path_to_output) as temporary:
        temporary.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(path_to_partial, ignore_errors=True)  # on NFS a file that is mapped stays until its process ends


def chosen_rate(paths_to_tries: Iterable[str | Path]) -> float:
    """Return the rate of the least held-out loss; raise InputError where training diverged at every rate."""
    tries = [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths_to_tries]
    scored = [(found[SCORE], found["learning_rate"]) for found in tries if found[SCORE] is not None]
    if not scored:
        rates = ", ".join(f"{found['learning_rate']:g}" for found in tries)
        raise InputError(f"model.learning_rates: training diverged at each of {rates}; add lower ones")
    _log.info("held-out losses by learning rate: %s", ", ".join(f"{rate:g}: {loss:.4f}" for loss, rate in scored))
    return min(scored)[1]
