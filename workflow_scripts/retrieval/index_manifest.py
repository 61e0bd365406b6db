"""An index: a JSON manifest over encoded matrices, which are not copied; kinds other than ``exact`` add faiss files."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import check_digest, digest_file, read_facts
from workflow_scripts.data.sealed_json import read_sealed, write_sealed
from workflow_scripts.retrieval.faiss_index import write_faiss_index
from workflow_scripts.retrieval.stored_vectors import StoredVectors

KIND = "exact"
VERSION = 2
_BYTES = {"float16": 2}


def write_index(path_to_vectors: Path, path_to_output: Path, settings: Mapping[str, Any]) -> None:
    """Write the manifest over the matrices of one encoded part, and what faiss files ``settings["kind"]`` asks for.

    It holds, for queries and passages, the paths of matrix and ids relative to its own folder, their digests, shape,
    dtype and the rows of each language; of faiss files path and digest. Raises InputError where the part is not whole.
    Who only writes a manifest does not read the matrices, so their digests are compared by who does.
    """
    manifest = read_facts(path_to_vectors)
    here = path_to_output.parent
    index: dict[str, Any] = {
        "kind": settings["kind"],
        "version": VERSION,
        "collection": manifest["collection"],
        "dtype": manifest["dtype"],
        "dimension": manifest["passages"]["dimension"],
    }
    for side in ("queries", "passages"):
        facts, matrix, ids = manifest[side], path_to_vectors / f"{side}.npy", path_to_vectors / f"{side}.parquet"
        _check_size(matrix, facts["rows"] * facts["dimension"] * _BYTES[manifest["dtype"]])
        index[side] = {
            "matrix": _relative(matrix, here),
            "ids": _relative(ids, here),
            "rows": facts["rows"],
            "languages": [{name: block[name] for name in ("lang", "first", "rows")} for block in facts["languages"]],
            "digests": {"matrix": manifest["files"][matrix.name], "ids": manifest["files"][ids.name]},
        }
    if manifest["queries"]["dimension"] != index["dimension"]:
        raise InputError(
            f"{path_to_vectors}: queries and passages differ in dimension; remove the folder and rerun encode"
        )
    if settings["kind"] != KIND:
        index["faiss"] = _write_faiss(index, path_to_output, settings)
    write_sealed(path_to_output, index)


def _write_faiss(index: Mapping[str, Any], path_to_output: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Write an index a language into ``<part>.faiss`` beside the manifest; return language → file and digest."""
    passages, folder = index["passages"], path_to_output.with_suffix(".faiss")
    matrix = Path(os.path.normpath(path_to_output.parent / passages["matrix"]))
    check_digest(matrix, passages["digests"]["matrix"])
    shape = (passages["rows"], index["dimension"])
    files = {}
    for block in passages["languages"]:
        lang = block["lang"]
        vectors = StoredVectors(matrix, shape, block["first"], block["rows"])
        path = folder / f"{lang}.index"
        write_faiss_index(vectors, settings["kind"], settings["faiss"], f"passages of {lang}", path)
        files[lang] = {"file": _relative(path, path_to_output.parent), "digest": digest_file(path)}
    return files


def read_index(path: Path, kind: str) -> dict[str, Any]:
    """Return a manifest with its paths made usable from the working folder; raise InputError on any other file."""
    index = read_sealed(path, "remove it and rerun index")
    if index.get("kind") != kind or index.get("version") != VERSION:
        raise InputError(f"{path}: not an index of kind {kind}, version {VERSION}; remove it and rerun index")
    for faiss in index.setdefault("faiss", {}).values():
        faiss["file"] = Path(os.path.normpath(path.parent / faiss["file"]))
    for side in ("queries", "passages"):
        for name in ("matrix", "ids"):
            index[side][name] = Path(os.path.normpath(path.parent / index[side][name]))
    return index


def matrix_digests(indexes: Iterable[Mapping[str, Any]], side: str) -> dict[Path, str]:
    """Return the matrices of ``side`` (``queries`` or ``passages``) of indexes as read, each with its digest."""
    return {index[side]["matrix"]: index[side]["digests"]["matrix"] for index in indexes}


def shards_of(part: str, indexes: Mapping[Path, dict[str, Any]]) -> dict[Path, dict[str, Any]]:
    """Return the indexes of a search part: that of its name, or those of its shards, ``en-00``, ``en-01``, …, in order.

    Raises InputError where there is none.
    """
    chosen = {path: index for path, index in indexes.items() if part in (path.stem, path.stem.rpartition("-")[0])}
    if not chosen:
        raise InputError(f"--part {part}: no index of that name among {', '.join(path.name for path in indexes)}")
    return chosen


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()


def _check_size(path: Path, data_bytes: int) -> None:
    # A .npy header is padded to a multiple of 64 bytes and, for a matrix, is one or two of them.
    size = path.stat().st_size if path.is_file() else 0
    if not 64 <= size - data_bytes <= 1024:
        raise InputError(f"{path}: missing or not of the size its manifest says; remove its folder and rerun encode")
