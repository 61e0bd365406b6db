"""Files cut short and files with one bit turned over, behind Snakemake's back, before a job that reads them.

A reader has to notice, name the file and say what to remove; with that removed a plain rerun makes the file anew, and
what the reader makes of it: the same as of the undisturbed file, and the rest hinges on that. Where it does not notice,
the damage must not matter: what it made has to be what it would have made.
"""

import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

from benchmarks.faults.experiment import Experiment, Job, Outcome, errors_of, remove

# What carries a digest or a check: weights, matrices, token arrays, tables, manifests, tokenizers.
_SUFFIXES = (".safetensors", ".npy", ".parquet", ".json")
_UNREAD = ("batches.json", "verdict.json", "modules.json", "config_sentence_transformers.json")
_REMEDY = re.compile(r"remove (?:its folder|(?P<it>it)|(?P<path>\S+)) and rerun")


def files_damaged(experiment: Experiment, rng: random.Random, per_kind: int, shown: str) -> Iterator[Outcome]:
    """Damage ``per_kind`` random files of each kind that holds ``shown``, each before a random reader.

    A file is damaged twice: once cut short, once by a bit. A kind is ``rule: name``.
    """
    for kind, found in sorted(_readers(experiment).items()):
        if shown not in kind:
            continue
        names = sorted(found)
        for name in rng.sample(names, min(per_kind, len(names))):
            for damage in (_cut, _turn_a_bit):
                yield _damaged(experiment, rng, kind, name, rng.choice(found[name]), damage)
                experiment.restore()


def _readers(experiment: Experiment) -> dict[str, dict[str, list[Job]]]:
    """Return, for each kind of file (rule that makes it and name), the files and the jobs that read them."""
    makers = {name: job for job in experiment.jobs for name in job.outputs}
    found: dict[str, dict[str, list[Job]]] = {}
    for job in experiment.jobs:
        for given in job.inputs:
            maker = makers.get(given)
            if maker is None:
                continue
            # Of a model only the manifest is an input: it stands for the folder.
            beside = (
                experiment.path(given).parent.iterdir() if given.endswith("manifest.json") else [experiment.path(given)]
            )
            for path in beside:
                if path.is_file() and path.suffix in _SUFFIXES and path.name not in _UNREAD:
                    name = path.relative_to(experiment.workflow.folder).as_posix()
                    shown = re.sub(r"^[a-z]{2}\.", "", path.name)
                    found.setdefault(f"{maker.rule}: {shown}", {}).setdefault(name, []).append(job)
    return found


def _damaged(experiment: Experiment, rng: random.Random, kind: str, name: str, reader: Job, damage) -> Outcome:
    path = experiment.path(name)
    kept, times = path.read_bytes(), path.stat()
    what = damage(path, kept, rng)
    # As a disk does it: the file's times say nothing.
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    done = experiment.snakemake("--force", reader.outputs[0])
    said = done.stdout + done.stderr
    place = f"{name}, {what}, read by {reader.rule}"
    if done.returncode == 0:
        different = experiment.differences()
        path.write_bytes(kept)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        # The damaged file itself differs; what was made of it must not.
        others = [part for part in different.split("; ") if part]
        harmless = _only(name, experiment, others)
        lost = experiment.lost(reader.outputs[0])
        return Outcome(
            "file damaged",
            f"{place} (not noticed)",
            harmless and not lost,
            "not noticed, and it made no difference" if harmless else f"not noticed: {different}; {lost}",
        )
    errors = errors_of(experiment, reader.rule, said)
    remedy = next(filter(None, map(_REMEDY.search, errors)), None)
    problems = []
    if not any(path.name in line or str(path.parent.name) in line for line in errors) or remedy is None:
        problems.append(f"no line that names file and remedy: {errors or said[-300:]}")
        remove(path)
    elif remedy["path"]:
        remove(experiment.path(remedy["path"]))
    elif remedy["it"]:
        remove(path)
    else:
        remove(path.parent)
    # A folder that is removed may hold what other jobs make as well, such as a model's card.
    removed = [output for job in experiment.jobs for output in job.outputs if not experiment.path(output).exists()]
    problems.append(experiment.lost(*dict.fromkeys([reader.outputs[0], *removed])))
    problems = list(filter(None, problems))
    return Outcome("file damaged", place, not problems, "; ".join(problems))


def _only(name: str, experiment: Experiment, different: list[str]) -> bool:
    own = Path(name).relative_to(f"results/{experiment.workflow.experiment}").as_posix()
    return all(part in (f"1 differ: {own}",) for part in different)


def _cut(path: Path, content: bytes, rng: random.Random) -> str:
    length = rng.randrange(len(content))
    path.write_bytes(content[:length])
    return f"cut to {length} of {len(content)} bytes"


def _turn_a_bit(path: Path, content: bytes, rng: random.Random) -> str:
    place, bit = rng.randrange(len(content)), rng.randrange(8)
    damaged = bytearray(content)
    damaged[place] ^= 1 << bit
    path.write_bytes(damaged)
    return f"bit {bit} of byte {place} turned over"
