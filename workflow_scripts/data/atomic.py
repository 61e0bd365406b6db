"""Files and folders that exist whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.storage_errors import storage_error


@contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it into place when the block ends well.

    A killed process leaves the old file or none; the temporary name is fixed, so the
    next attempt overwrites what a killed one left. Raises InputError where the disk is full or may not be written to.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.partial")
    with _storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            with _alone(path):
                with open(temporary, "rb") as written:
                    os.fsync(written.fileno())
                os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path, *, last: str = "manifest.json") -> Iterator[Path]:
    """Yield an empty folder beside ``path``; move its files into ``path`` when the block ends well.

    Snakemake makes the folders of a job's outputs before the job starts, so the folder
    itself cannot be renamed over; its files are moved one by one and ``last``, which marks
    completeness, goes last. Raises InputError as ``atomic_file`` does.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.partial")
    with _storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)
        with _alone(path):
            temporary.mkdir()
        try:
            yield temporary
            if not (temporary / last).is_file():
                raise FileNotFoundError(f"{temporary}: the completeness marker {last} was not written")
            path.mkdir(exist_ok=True)
            (path / last).unlink(missing_ok=True)
            for part in sorted(temporary.iterdir(), key=lambda part: part.name == last):
                if part.is_dir():
                    shutil.rmtree(path / part.name, ignore_errors=True)
                os.replace(part, path / part.name)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if (complaint := storage_error(error, path)) is None:
            raise
        raise complaint from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    # The temporary name is one for all, so that what a killed process left is written over, not gathered.
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise InputError(f"{path}: another process is writing it; let that end, and rerun") from None
