"""Entry module: fetch files of a dataset repository from a hub at a pinned commit."""

import argparse
import logging
from pathlib import Path

from workflow_scripts.command_line import run
from workflow_scripts.data import file_set
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.hub import Place, download_files, list_files
from workflow_scripts.data.hub_file import HubFile
from workflow_scripts.data.one_at_a_time import one_at_a_time

_log = logging.getLogger("fetch_data")


def fetch_data(*, hub: str, revision: str, patterns: list[str], path_to_manifest: Path) -> None:
    """Put the files that ``patterns`` name below the repository's folder; write the set's manifest when all are whole.

    The repository's folder is the manifest's second parent. What the hub lists is kept beside the manifest: a commit
    never changes, so another call (after an interruption, or where the manifest is gone) fetches only the files that
    are missing, and needs no network where none is. Calls for the same set, or for a file that several sets hold, wait
    for each other, so experiments can share the folder. Raises InputError where a pattern finds nothing and as
    ``data/hub.py`` does.
    """
    place = Place("dataset", hub, revision, "a copy on this machine, with path: instead of hub:")
    folder = path_to_manifest.parents[1]
    listing = path_to_manifest.with_suffix(".listing")
    with one_at_a_time(path_to_manifest.with_suffix(".lock")):
        files = _listed(place, patterns, listing)
        _log.info("%s: %d files, %.1f MB", place, len(files), sum(file.size for file in files) / 1e6)
        partial, locks = path_to_manifest.with_suffix(".partial"), path_to_manifest.parent / "locks"
        download_files(place, files, folder, partial, locks)
        file_set.write_manifest(path_to_manifest, patterns, _facts(files))


def _listed(place: Place, patterns: list[str], listing: Path) -> list[HubFile]:
    if listing.is_file():
        known = file_set.read_manifest(listing)
        return [HubFile(path, **facts) for path, facts in known.items()]
    files = list_files(place, recursive=True)
    wanted: set[str] = set()
    for pattern in patterns:
        if not (found := file_set.matching(list(files), pattern)):
            raise InputError(
                f"{place}: has no file {pattern.replace(file_set.ALTERNATIVE, ' or ')}; it has {_some(list(files))}; "
                "check hub and revision in the config against the layouts in docs/data.md"
            )
        wanted.update(found)
    chosen = [files[path] for path in sorted(wanted)]
    file_set.write_manifest(listing, patterns, _facts(chosen))
    return chosen


def _facts(files: list[HubFile]) -> dict[str, dict[str, int | str]]:
    return {file.path: {"size": file.size, "digest": file.digest} for file in files}


def _some(names: list[str]) -> str:
    shown = ", ".join(sorted(names)[:5]) or "none"
    return f"{shown}, …" if len(names) > 5 else shown


def main() -> None:
    """Parse the command line and fetch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hub", required=True, help="dataset repository: owner/name")
    parser.add_argument("--revision", required=True, help="commit, 40 hexadecimal digits")
    parser.add_argument("--patterns", required=True, nargs="+", help="files: paths with *, alternatives between |")
    parser.add_argument("--manifest", required=True, type=Path, help="JSON to write: <repository's folder>/.fetched/…")
    arguments = parser.parse_args()
    fetch_data(
        hub=arguments.hub,
        revision=arguments.revision,
        patterns=arguments.patterns,
        path_to_manifest=arguments.manifest,
    )


if __name__ == "__main__":
    run(main)
