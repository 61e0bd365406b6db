"""One language of an evaluation collection, whatever its format."""

from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.layouts import COLLECTION_OPTIONS, collection_files
from workflow_scripts.data.passages import Collection
from workflow_scripts.data.readers.beir import read_beir_collection
from workflow_scripts.data.readers.miracl import read_miracl_collection
from workflow_scripts.data.readers.mteb import read_mteb_collection
from workflow_scripts.data.readers.squad_collection import read_squad_collection
from workflow_scripts.data.readers.toolret import read_toolret_collection
from workflow_scripts.data.readers.xquad_r import read_xquad_r_collection
from workflow_scripts.data.row_counts import RowCounts


def read_collection(format: str, root: str | Path, lang: str, options: dict[str, Any], counts: RowCounts) -> Collection:
    """Read ``lang`` of a collection; count in ``counts`` what is dropped and what is unusual.

    ``options`` are those of ``COLLECTION_OPTIONS``; XQuAD-R and MLQA-R need ``candidate``. Raises InputError for an
    unknown format or option and, with file, line and reason, for broken files.
    """
    allowed = COLLECTION_OPTIONS.get(format, set())
    if unknown := sorted(options.keys() - allowed):
        raise InputError(
            f"collections: {unknown[0]}: is no option of {format}; its options: {', '.join(sorted(allowed)) or 'none'}"
        )
    parts = collection_files(format, root, lang, options)
    if format in ("xquad-r", "mlqa-r"):
        if "candidate" not in options:
            raise InputError(f"collections: candidate: is missing; {format} needs sentence or sentence-in-paragraph")
        return read_xquad_r_collection(parts[0][0], options["candidate"], counts)
    if format in ("tydiqa", "squad"):
        return read_squad_collection(parts[0], format == "squad", counts)
    if format == "mteb":
        return read_mteb_collection(*parts, counts)
    if format == "toolret":
        queries = [path for part in parts[:-1] for path in part]
        return read_toolret_collection(queries, parts[-1], options.get("instruction", False), counts)
    (queries, *_), (qrels, *_), corpus = parts
    if format == "beir":
        return read_beir_collection(queries, qrels, corpus, counts)
    return read_miracl_collection(queries, qrels, corpus, counts)
