"""Compare an experiment's results with the values that are expected of it."""

import argparse
import sys
from pathlib import Path

from workflow_scripts.command_line import run
from workflow_scripts.data.errors import InputError
from workflow_scripts.evaluation.expected_values import FAIL, read_expected, verdicts
from workflow_scripts.reporting.analysis_tables import PER_GROUP, read_analysis_table


def check(*, path_to_per_group: Path, path_to_expected: Path) -> None:
    """Print one line a value: OK, close or FAIL, what was found and what was expected.

    Raises InputError, after all lines, where a value fails or is not in ``per_group.csv``.
    """
    expected = read_expected(path_to_expected)
    found = verdicts(expected, read_analysis_table(path_to_per_group, PER_GROUP))
    for value, status, actual in found:
        is_there = "missing" if actual is None else f"{actual:.4f}"
        print(f"{status:5} {is_there:>8}  expected {value.value:.4f} ± {value.tolerance:.4f}  {value.name}")
    sys.stdout.flush()
    failed = sum(status == FAIL for _, status, _ in found)
    if failed:
        raise InputError(
            f"{path_to_expected}: {failed} of {len(found)} values fail; a change of code, data or versions decides them"
        )


def main() -> None:
    """Parse the command line and check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-group", type=Path, required=True, metavar="F.csv")
    parser.add_argument("--expected", type=Path, required=True, metavar="F.yaml")
    flags = parser.parse_args()
    check(path_to_per_group=flags.per_group, path_to_expected=flags.expected)


if __name__ == "__main__":
    run(main)
