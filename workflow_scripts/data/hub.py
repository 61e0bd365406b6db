"""Files of a repository on a hub, models or datasets, at one pinned commit.

The hub is huggingface.co, or what ``HF_ENDPOINT`` names. The library resumes a transfer that breaks while it runs and
waits before it asks a busy hub again (HTTP 408, 429); what it leaves (a server error, a broken connection at the wrong
moment) is tried again here. Every file is compared with the size and the digest that the hub lists for it.
"""

import logging
import os
import re
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Literal, NamedTuple

import httpx2
import huggingface_hub
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.hub_file import HubFile, difference
from workflow_scripts.data.one_at_a_time import one_at_a_time
from workflow_scripts.data.storage_errors import storage_error

Kind = Literal["model", "dataset"]

_log = logging.getLogger("hub")

_COMMIT = re.compile(r"[0-9a-f]{40}")
_ATTEMPTS = 5
_BUSY = (429, 500, 502, 503, 504)
_AT_ONCE = 4  # transfers side by side: one alone rarely fills a line


class Place(NamedTuple):
    """A repository at a commit; ``instead`` ends messages: what the config takes in place of the hub."""

    kind: Kind
    hub: str
    revision: str
    instead: str

    def __str__(self) -> str:
        return f"{self.hub} at {'commit ' if _COMMIT.fullmatch(self.revision) else ''}{self.revision}"


def latest_commit(kind: Kind, hub: str) -> str:
    """Return the commit of 40 hexadecimal digits that a repository's main branch is at now.

    Raises InputError, in one line, for a repository that is missing or gated, and a hub that cannot be reached.
    """
    with _one_line_errors(Place(kind, hub, "main", "a commit that you look up on its page")):
        found = huggingface_hub.HfApi(endpoint=_endpoint()).repo_info(hub, repo_type=kind)
    return found.sha


def list_files(place: Place, *, recursive: bool) -> dict[str, HubFile]:
    """Return the files of a repository by path; only those at the top where it is not ``recursive``.

    Raises InputError, in one line, for a revision that is no commit, a repository that is missing or gated, a missing
    commit, and a hub that cannot be reached.
    """
    if not _COMMIT.fullmatch(place.revision):
        raise InputError(
            f"{place.kind}s: hub {place.hub}: revision {place.revision!r} is not a commit of 40 hexadecimal digits; a "
            f"branch or tag can move, so pin the commit (the {place.kind} page's list of files shows it under History)"
        )
    with _one_line_errors(place):
        listed = huggingface_hub.HfApi(endpoint=_endpoint()).list_repo_tree(
            place.hub, recursive=recursive, revision=place.revision, repo_type=place.kind
        )
        return {
            file.path: HubFile(file.path, file.size, f"sha256:{file.lfs.sha256}" if file.lfs else f"git:{file.blob_id}")
            for file in listed
            if isinstance(file, RepoFile)
        }


def download_files(place: Place, files: list[HubFile], folder: Path, partial: Path, locks: Path | None = None) -> None:
    """Put ``files`` below ``folder`` under their own paths, each by a rename when it is whole and as the hub lists it.

    A file that is there and right is not fetched again, so an interrupted call goes on with the first file that is
    missing. ``partial`` is a folder on the same disk for what is under way; it is emptied and removed. In the folder
    ``locks`` calls for the same file wait for each other, so that it is fetched once. Raises InputError, in one line,
    as ``list_files`` does, and for a file that arrives otherwise than the hub lists it.
    """
    shutil.rmtree(partial, ignore_errors=True)
    missing = [file for file in files if difference(file, folder / file.path)]
    huggingface_hub.utils.disable_progress_bars()  # a log file is no terminal
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for done in [pool.submit(_download_once, place, file, folder, partial, locks) for file in missing]:
                try:
                    done.result()
                except BaseException:
                    pool.shutdown(cancel_futures=True)
                    raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _download_once(place: Place, file: HubFile, folder: Path, partial: Path, locks: Path | None) -> None:
    if locks is None:
        _download(place, file, folder, partial)
        return
    with one_at_a_time(locks / f"{blake2b(file.path.encode(), digest_size=8).hexdigest()}.lock"):
        if difference(file, folder / file.path):  # nobody has fetched it meanwhile
            _download(place, file, folder, partial)


def _download(place: Place, file: HubFile, folder: Path, partial: Path) -> None:
    with _one_line_errors(place):
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                arrived = huggingface_hub.hf_hub_download(
                    place.hub,
                    file.path,
                    revision=place.revision,
                    repo_type=place.kind,
                    local_dir=partial,
                    endpoint=_endpoint(),
                )
                break
            except (HfHubHTTPError, httpx2.TransportError) as error:
                if attempt == _ATTEMPTS or not _is_passing(error):
                    raise
                time.sleep(2**attempt)
    if unlike := difference(file, Path(arrived)):
        raise InputError(f"{place}: {file.path} did not arrive as the hub lists it: it {unlike}; run again")
    target = folder / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    Path(arrived).replace(target)
    _log.info("%s: %s arrived, %.1f MB", place, file.path, file.size / 1e6)


def _endpoint() -> str | None:
    return os.getenv("HF_ENDPOINT", "").rstrip("/") or None


def _is_passing(error: Exception) -> bool:
    return isinstance(error, httpx2.TransportError) or (
        isinstance(error, HfHubHTTPError) and error.response.status_code in _BUSY
    )


@contextmanager
def _one_line_errors(place: Place) -> Iterator[None]:
    try:
        yield
    except HFValidationError:
        raise InputError(f"{place.kind}s: hub {place.hub!r} is not a repository's name; write owner/name") from None
    except GatedRepoError as error:
        raise InputError(
            f"{place.hub}: is gated (HTTP {error.response.status_code}); ask for access on its page (or accept its "
            "terms there), then set HF_TOKEN"
        ) from error
    except RepositoryNotFoundError as error:
        raise InputError(
            f"{place.hub}: no such repository, or a private one (HTTP {error.response.status_code}); "
            "check the name, or set HF_TOKEN"
        ) from error
    except RevisionNotFoundError as error:
        raise InputError(f"{place.hub}: has no commit {place.revision}; check the revision in the config") from error
    except RemoteEntryNotFoundError as error:
        raise InputError(f"{place}: lacks a file that it lists ({_first_line(error)}); try again later") from error
    except OfflineModeIsEnabled as error:
        raise InputError(
            f"{place}: cannot be fetched while HF_HUB_OFFLINE is set; unset it, or use {place.instead}"
        ) from error
    except HfHubHTTPError as error:
        raise InputError(f"{place}: the hub answered HTTP {error.response.status_code}; try again later") from error
    except LocalEntryNotFoundError as error:  # what the library makes of a first request that failed
        status = getattr(getattr(error.__cause__, "response", None), "status_code", None)
        what = f"the hub answered HTTP {status}" if status else f"cannot be fetched ({_first_line(error)})"
        raise InputError(f"{place}: {what}; try again later, or use {place.instead}") from error
    except (httpx2.TransportError, OSError) as error:
        raise storage_error(error) or InputError(
            f"{place}: cannot be fetched ({type(error).__name__}: {_first_line(error)}); check the network and run "
            f"again, or use {place.instead}"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0]
