"""One language of an evaluation collection, whatever its format."""

from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.layouts import collection_files
from workflow_scripts.data.readers.miracl import read_miracl_collection
from workflow_scripts.data.readers.tydiqa import read_tydiqa_collection
from workflow_scripts.data.readers.xquad_r import read_xquad_r_collection
from workflow_scripts.data.records import Collection
from workflow_scripts.data.row_counts import RowCounts


def read_collection(format: str, root: str | Path, lang: str, options: dict[str, Any], counts: RowCounts) -> Collection:
    """Read ``lang`` of a collection; count in ``counts`` what is dropped and what is unusual.

    ``options``: ``candidate`` (XQuAD-R, required there) and ``corpus`` (MIRACL: the folder of its passages, by default
    ``root``). Raises InputError for an unknown format or option and, with file, line and reason, for broken files.
    """
    allowed = {"xquad-r": {"candidate"}, "miracl": {"corpus"}}.get(format, set())
    if unknown := sorted(options.keys() - allowed):
        raise InputError(
            f"collections: {unknown[0]}: is no option of {format}; its options: {', '.join(allowed) or 'none'}"
        )
    files = collection_files(format, root, lang, options.get("corpus"))
    if format == "xquad-r":
        if "candidate" not in options:
            raise InputError("collections: candidate: is missing; xquad-r needs sentence or sentence-in-paragraph")
        return read_xquad_r_collection(files[0], options["candidate"], counts)
    if format == "tydiqa":
        return read_tydiqa_collection(files[0], counts)
    topics, qrels, *corpus = files
    return read_miracl_collection(topics, qrels, corpus, counts)
