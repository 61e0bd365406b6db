"""What every entry module's command line shares: logging, settings as JSON, one-line errors."""

import argparse
import json
import logging
import sys
from collections.abc import Callable
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.memory_errors import is_out_of_memory
from workflow_scripts.data.spent_time import earlier_time, spent_time
from workflow_scripts.data.storage_errors import storage_error

_log = logging.getLogger("command_line")


def settings(text: str) -> dict[str, Any]:
    """Parse a ``--settings`` flag: one JSON object, as Snakemake's params hand it over."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("not a JSON object")
    return value


def run(main: Callable[[], None]) -> None:
    """Run an entry module's ``main``: log to standard error; what a user can put right ends in one line and status 1.

    That is InputError, memory that ran out, and errors of the disk. The last line of the log says what
    processor time all took; of a job that went on from where others were killed, the line before says what those took.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
    except Exception as error:
        if is_out_of_memory(error):
            logging.exception("memory ran out here")
            sys.exit("error: memory ran out; give the job more, or use a larger machine, and rerun")
        if (complaint := storage_error(error)) is None:
            raise
        sys.exit(f"error: {complaint}")
    earlier = earlier_time()
    if earlier.wall:
        _log.info("earlier attempts: processor time %.2f s, wall time %.2f s", earlier.processor, earlier.wall)
    _log.info("processor time %.2f s", spent_time().processor)
