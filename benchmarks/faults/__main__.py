"""The fault campaign: break the tiny experiment in every way below, rerun it plainly, compare with an undisturbed run.

    PYTHONPATH=.:tests python -m benchmarks.faults --kills 50 --seed 1 --report faults.md
    PYTHONPATH=.:tests python -m benchmarks.faults --only kills names

It takes the development environment, Linux, and about three quarters of an hour on two cores; disks need root, and are
left out without. docs/faults.md says what each fault is and what came out.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.faults import damage, disks, hub, kills, markup, memory, names, two_at_once
from benchmarks.faults.experiment import Experiment, Outcome, is_root, result_digests

Faults = Callable[[], Iterator[Outcome]]


def campaign(flags: argparse.Namespace, folder: Path, tree: Path) -> dict[str, Faults]:
    """Return what can be asked for: name → faults, which are put in as they are read."""
    made: list[Experiment] = []

    def tiny() -> Experiment:
        if not made:
            made.append(Experiment.run(tree))
        return made[0]

    def rng(name: str) -> random.Random:
        return random.Random(f"{flags.seed} {name}")

    return {
        "repetition": lambda: _repetition(tiny(), folder),
        "kills": lambda: kills.jobs_killed(tiny(), rng("kills"), flags.kills, folder),
        "snakemakes": lambda: kills.snakemakes_killed(tiny(), rng("snakemakes"), 5, folder),
        "full": lambda: disks.full_disks(tiny(), rng("full"), folder),
        "read-only": lambda: disks.read_only_disks(tiny(), rng("read-only"), folder),
        "damage": lambda: damage.files_damaged(tiny(), rng("damage"), flags.damaged, flags.files),
        "hub": lambda: hub.hub_faults(folder),
        "memory": lambda: memory.memory_runs_out(tiny(), rng("memory"), folder),
        "two": lambda: _both(tiny(), rng("two"), folder),
        "names": names.names_refused,
        "paths": lambda: names.paths_taken(folder / "paths"),
        "markup": lambda: markup.markup_in_the_report(folder),
    }


def _repetition(experiment: Experiment, folder: Path) -> Iterator[Outcome]:
    """Run it a second time, undisturbed: what differs then says nothing after a fault."""
    again = Experiment.run(folder / "again")
    experiment_digests, found = experiment.digests, result_digests(again.results)
    different = sorted(name for name in experiment_digests | found if experiment_digests.get(name) != found.get(name))
    yield Outcome("none", "a second run from nothing", not different, f"differ: {different[:5]}" if different else "")


def _both(experiment: Experiment, rng: random.Random, folder: Path) -> Iterator[Outcome]:
    yield from two_at_once.two_snakemakes(experiment, rng, 6, folder)
    yield from two_at_once.two_together(experiment, rng, 4, folder)


def table(outcomes: list[Outcome]) -> str:
    """Return the counts by kind of fault as a Markdown table."""
    injected = Counter(outcome.kind for outcome in outcomes)
    survived = Counter(outcome.kind for outcome in outcomes if outcome.survived)
    rows = ["| fault | injected | survived | lost |", "| --- | ---: | ---: | ---: |"]
    rows += [f"| {kind} | {n} | {survived[kind]} | {n - survived[kind]} |" for kind, n in injected.items()]
    total = len(outcomes), sum(survived.values())
    return "\n".join([*rows, f"| all | {total[0]} | {total[1]} | {total[0] - total[1]} |"])


def main() -> int:
    """Parse the command line, put the faults in, and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of what is random: which job, when, which file, which bit")
    parser.add_argument("--kills", type=int, default=50, metavar="N", help="jobs to kill")
    parser.add_argument("--damaged", type=int, default=1, metavar="N", help="files of each kind to damage, twice each")
    parser.add_argument("--files", default="", metavar="TEXT", help="damage only kinds with it, such as 'search: '")
    parser.add_argument("--folder", type=Path, metavar="FOLDER", help="keep the experiment there for another call")
    parser.add_argument("--only", nargs="+", metavar="KIND", help="some kinds of faults")
    parser.add_argument("--report", type=Path, metavar="F.md", help="where the table and every fault are written")
    flags = parser.parse_args()
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        if flags.folder:
            flags.folder.mkdir(parents=True, exist_ok=True)
        kinds = campaign(flags, Path(place), (flags.folder or Path(place)) / "tree")
        if unknown := set(flags.only or []) - set(kinds):
            parser.error(f"--only: {', '.join(unknown)} is not among {', '.join(kinds)}")
        for kind, faults in kinds.items():
            if flags.only and kind not in flags.only:
                continue
            if kind in ("full", "read-only") and not is_root():
                print(f"{kind}: left out, mounting a small disk takes root on Linux", flush=True)
                continue
            began = time.monotonic()
            for outcome in faults():
                outcomes.append(outcome)
                mark = "survived" if outcome.survived else "LOST    "
                print(f"{mark} {outcome.kind}: {outcome.place}  {outcome.note}".rstrip(), flush=True)
            print(f"{kind}: {time.monotonic() - began:.0f} s", flush=True)
    counts = table(outcomes)
    print(f"\nseed {flags.seed}\n\n{counts}")
    if flags.report:
        lines = [f"- {'survived' if o.survived else 'LOST'}: {o.kind}: {o.place} {o.note}".rstrip() for o in outcomes]
        flags.report.write_text(f"Seed {flags.seed}.\n\n{counts}\n\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return 0 if all(outcome.survived for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
