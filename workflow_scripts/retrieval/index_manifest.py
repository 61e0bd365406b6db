"""An index: a JSON manifest over encoded matrices, which are not copied; kinds other than ``exact`` add faiss files."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import check_digest, digest_file, read_facts
from workflow_scripts.data.sealed_json import read_sealed, write_sealed
from workflow_scripts.retrieval.faiss_index import write_faiss_index
from workflow_scripts.retrieval.stored_vectors import StoredVectors

KIND = "exact"
VERSION = 3
_BYTES = {"float16": 2}


def write_index(paths_to_vectors: Sequence[Path], path_to_output: Path, settings: Mapping[str, Any]) -> None:
    """Write the manifest over the matrices of encoded parts, and what faiss files ``settings["kind"]`` asks for.

    It holds, for queries and passages of each part, the paths of matrix and ids relative to its own folder, their
    digests, shape, dtype and the rows of each language; of faiss files path and digest. A faiss index is over one part.
    Raises InputError where a part is not whole or not of the same collection and dimension as the others. Who only
    writes a manifest does not read the matrices, so their digests are compared by who does.
    """
    exact = settings["kind"] == KIND
    if not exact and len(paths_to_vectors) > 1:
        raise InputError(f"--vectors: an index of kind {settings['kind']} is over one part; name one folder")
    parts = [_described(path, path_to_output) for path in paths_to_vectors]
    for path, part in zip(paths_to_vectors, parts, strict=True):
        for key in ("collection", "dimension"):
            if part[key] != parts[0][key]:
                raise InputError(
                    f"{path}: its {key} is {part[key]}, that of {paths_to_vectors[0]} is {parts[0][key]}; "
                    "remove the folder that is wrong and rerun encode"
                )
        if not exact:
            part["faiss"] = _write_faiss(part, path_to_output, settings)
    write_sealed(path_to_output, {"kind": settings["kind"], "version": VERSION, "parts": parts})


def _described(path_to_vectors: Path, path_to_output: Path) -> dict[str, Any]:
    """What an index says of one encoded part."""
    manifest, here = read_facts(path_to_vectors), path_to_output.parent
    part: dict[str, Any] = {
        "vectors": _relative(path_to_vectors, here),
        "collection": manifest["collection"],
        "dtype": manifest["dtype"],
        "dimension": manifest["passages"]["dimension"],
    }
    for side in ("queries", "passages"):
        facts, matrix, ids = manifest[side], path_to_vectors / f"{side}.npy", path_to_vectors / f"{side}.parquet"
        _check_size(matrix, facts["rows"] * facts["dimension"] * _BYTES[manifest["dtype"]])
        part[side] = {
            "matrix": _relative(matrix, here),
            "ids": _relative(ids, here),
            "rows": facts["rows"],
            "languages": [{name: block[name] for name in ("lang", "first", "rows")} for block in facts["languages"]],
            "digests": {"matrix": manifest["files"][matrix.name], "ids": manifest["files"][ids.name]},
        }
    if manifest["queries"]["dimension"] != part["dimension"]:
        raise InputError(
            f"{path_to_vectors}: queries and passages differ in dimension; remove the folder and rerun encode"
        )
    return part


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


def read_indexes(paths: Iterable[Path], kind: str) -> dict[Path, dict[str, Any]]:
    """Return what indexes say of each encoded part, by the folder of its vectors, parts in order.

    Paths are made usable from the working folder. Raises InputError on any other file.
    """
    return {part["vectors"]: part for path in paths for part in _read_parts(path, kind)}


def _read_parts(path: Path, kind: str) -> list[dict[str, Any]]:
    index = read_sealed(path, "remove it and rerun index")
    if index.get("kind") != kind or index.get("version") != VERSION:
        raise InputError(f"{path}: not an index of kind {kind}, version {VERSION}; remove it and rerun index")
    for part in index["parts"]:
        part["vectors"] = _usable(part["vectors"], path)
        for faiss in part.setdefault("faiss", {}).values():
            faiss["file"] = _usable(faiss["file"], path)
        for side in ("queries", "passages"):
            for name in ("matrix", "ids"):
                part[side][name] = _usable(part[side][name], path)
    return index["parts"]


def _usable(name: str, path_to_index: Path) -> Path:
    return Path(os.path.normpath(path_to_index.parent / name))


def matrix_digests(indexes: Iterable[Mapping[str, Any]], side: str) -> dict[Path, str]:
    """Return the matrices of ``side`` (``queries`` or ``passages``) of indexes as read, each with its digest."""
    return {index[side]["matrix"]: index[side]["digests"]["matrix"] for index in indexes}


def shards_of(part: str, indexes: Mapping[Path, dict[str, Any]]) -> dict[Path, dict[str, Any]]:
    """Return what is said of a search part: of its name, or of its shards ``en-00``, ``en-01``, …, in order.

    Raises InputError where there is none.
    """
    chosen = {path: index for path, index in indexes.items() if part in (path.stem, path.stem.rpartition("-")[0])}
    if not chosen:
        raise InputError(
            f"--part {part}: no index over vectors of that name, but over {', '.join(path.name for path in indexes)}"
        )
    return chosen


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()


def _check_size(path: Path, data_bytes: int) -> None:
    # A .npy header is padded to a multiple of 64 bytes and, for a matrix, is one or two of them.
    size = path.stat().st_size if path.is_file() else 0
    if not 64 <= size - data_bytes <= 1024:
        raise InputError(f"{path}: missing or not of the size its manifest says; remove its folder and rerun encode")
