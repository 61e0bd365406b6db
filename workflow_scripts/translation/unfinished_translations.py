"""The blocks of a shard that are translated, in a folder that outlives a killed job.

A block's translations hinge on its own texts alone, so a shard of kept blocks and new ones is what one job would
have made.
"""

import logging
import shutil
from pathlib import Path

import pyarrow as pa

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.sealed_json import read_sealed, write_sealed
from workflow_scripts.data.spent_time import SpentTime, go_on_from, spent_time
from workflow_scripts.data.tables import TRANSLATIONS, read_table, write_table

log = logging.getLogger("translate_shard")

_PROGRESS = "progress.json"


class UnfinishedTranslations:
    """Tables of TRANSLATIONS by the numbers of their blocks, and what they took."""

    def __init__(self, folder: Path, key: str) -> None:
        """Use ``folder`` for content ``key``; what it holds of other content is removed.

        What the blocks that are there took counts as this job's.
        """
        self._folder = folder
        self._key = key
        spent = self._spent()
        if spent is None:
            shutil.rmtree(folder, ignore_errors=True)
        go_on_from(spent or SpentTime())

    def _spent(self) -> SpentTime | None:
        if not (self._folder / _PROGRESS).exists():
            return None
        try:
            kept = read_sealed(self._folder / _PROGRESS, "it is begun again")
            if kept["key"] == self._key:
                return SpentTime(kept["wall_seconds"], kept["processor_seconds"])
        except (InputError, LookupError):
            pass
        log.info("%s belongs to other settings, inputs or code, or is damaged; it is begun again", self._folder)
        return None

    def table(self, number: int) -> pa.Table | None:
        """Return what is kept of block ``number``; None where nothing is, or what is there is damaged."""
        path = self._path(number)
        try:
            return read_table(path, TRANSLATIONS) if path.exists() else None
        except InputError as error:
            log.warning("%s; the block is translated again", error)
            return None

    def keep(self, number: int, translations: pa.Table) -> None:
        """Write the TRANSLATIONS of block ``number``."""
        write_table(translations, self._path(number), TRANSLATIONS)
        spent = spent_time()
        progress = {"key": self._key, "wall_seconds": spent.wall, "processor_seconds": spent.processor}
        write_sealed(self._folder / _PROGRESS, progress)

    def remove(self) -> None:
        """Remove the folder, when the shard is written."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.parquet"
