"""Where the files of each format lie below a root folder.

Rules ask here for their inputs while the plan is made, so nothing heavy is imported and no file
is opened. A path is returned whether or not it exists; only where the number of files is not
fixed by the format is the folder listed. ``docs/data.md`` draws every layout.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError

# What XQuAD-R ranks: the bare sentence, or the sentence in front of its paragraph (arXiv 2004.05484, section 3.1).
CANDIDATES = ("sentence", "sentence-in-paragraph")
_SPLIT = "dev"

# Names of files (or folders) that show which languages a folder holds.
_CODE = r"([a-z]{2,3})"
_TYDIQA = rf"tydiqa\.goldp\.{_CODE}\.dev\.json"
_SOURCE_NAMES = {
    "atlas": rf"texts-{_CODE}\.jsonl",
    "jsonl": rf"(?:pairs|texts)-{_CODE}\.jsonl(?:\.gz)?",
    "mlqa": rf"\w+-context-{_CODE}-question-{_CODE}\.json",
    "ntrex": rf"{_CODE}\.txt",
    "squad": r"train-.*\.json(?:\.gz)?",
    "tico19": rf"(en)-{_CODE}\.tsv",
    "tydiqa": _TYDIQA,
}
_COLLECTION_NAMES = {
    "atlas": rf"miracl-v1\.0-{_CODE}",
    "miracl": rf"miracl-v1\.0-{_CODE}",
    "tydiqa": _TYDIQA,
    "xquad-r": rf"{_CODE}\.json",
}


def pair_files(format: str, root: str | Path, lang: str) -> list[Path]:
    """Return the files that hold a source's training pairs of ``lang``; raise InputError for an unknown format."""
    return _of(_PAIRS, "pairs", format)(Path(root), lang)


def text_files(format: str, root: str | Path, lang: str) -> list[Path]:
    """Return the files that hold a source's plain text of ``lang``; raise InputError for an unknown format."""
    return _of(_TEXTS, "texts", format)(Path(root), lang)


def collection_files(format: str, root: str | Path, lang: str, corpus: str | Path | None = None) -> list[Path]:
    """Return the files that hold a collection's ``lang``; raise InputError for an unknown format.

    MIRACL's come in the order topics, qrels, passages; ``corpus`` is the folder of its passages, by default ``root``.
    """
    files = _of(_COLLECTIONS, "collections", format)
    if corpus is None:
        return files(Path(root), lang)
    if format != "miracl":
        raise InputError(
            f"collections: corpus: {str(corpus)!r} is given, but {format} has no separate corpus; leave it out"
        )
    return _miracl_collection(Path(root), lang, Path(corpus))


def pair_formats() -> list[str]:
    """Return the formats that training pairs are read from."""
    return sorted(_PAIRS)


def text_formats() -> list[str]:
    """Return the formats that pre-training texts are read from."""
    return sorted(_TEXTS)


def collection_formats() -> list[str]:
    """Return the formats that evaluation collections are read from."""
    return sorted(_COLLECTIONS)


def source_languages(format: str, root: str | Path) -> list[str]:
    """Return the languages of which a source's folder holds files now, sorted; none where the folder is absent."""
    return _languages(_SOURCE_NAMES, "sources", format, root)


def collection_languages(format: str, root: str | Path) -> list[str]:
    """Return the languages of which a collection's folder holds files now, sorted; none where the folder is absent."""
    return _languages(_COLLECTION_NAMES, "collections", format, root)


def mlqa_files(root: Path) -> list[Path]:
    """Return every MLQA file of a folder: an id's language versions are spread over all of them."""
    return sorted(root.glob("*-context-*-question-*.json"))


def mlqa_languages(path: Path) -> tuple[str, str]:
    """Return the context's and the question's language of an MLQA file, as its name says them."""
    _, _, context, _, question = path.stem.split("-")
    return context, question


def _of(table: dict[str, Any], kind: str, format: str) -> Any:
    try:
        return table[format]
    except KeyError:
        raise InputError(
            f"{kind}: format {format!r} is unknown; known formats of {kind}: {', '.join(sorted(table))}"
        ) from None


def _languages(table: dict[str, str], kind: str, format: str, root: str | Path) -> list[str]:
    pattern = re.compile(_of(table, kind, format))
    folder = Path(root)
    found = [pattern.fullmatch(path.name) for path in folder.iterdir()] if folder.is_dir() else []
    # SQuAD's name says no language: it is English.
    return sorted({lang for name in found if name for lang in name.groups() or ("en",)})


def _miracl_collection(root: Path, lang: str, corpus: Path) -> list[Path]:
    folder = root / f"miracl-v1.0-{lang}"
    passages = corpus / f"miracl-corpus-v1.0-{lang}"
    # docs-10 stands behind docs-9; without any file, the first one's name says what is missing.
    found = sorted(passages.glob("docs-*.jsonl.gz"), key=lambda path: (len(path.name), path.name))
    return [
        folder / "topics" / f"topics.miracl-v1.0-{lang}-{_SPLIT}.tsv",
        folder / "qrels" / f"qrels.miracl-v1.0-{lang}-{_SPLIT}.tsv",
        *(found or [passages / "docs-0.jsonl.gz"]),
    ]


def _atlas_collection(root: Path, lang: str) -> list[Path]:
    # Generated within the same run, so the files may not exist yet and their number is fixed: one.
    topics, qrels = _miracl_collection(root, lang, root)[:2]
    return [topics, qrels, root / f"miracl-corpus-v1.0-{lang}" / "docs-0.jsonl.gz"]


def _atlas_pairs(root: Path, lang: str) -> list[Path]:
    if lang != "en":
        raise InputError(f"{root}: Atlas has pairs in en alone, not in {lang!r}; name it under translate")
    return [root / "pairs.jsonl"]


def _squad(root: Path, lang: str) -> list[Path]:
    if lang != "en":
        raise InputError(f"{root}: SQuAD is English; it has nothing in {lang!r}")
    return sorted(root.glob("train-*.json*")) or [root / "train-v1.1.json"]


def _mlqa(root: Path, lang: str) -> list[Path]:
    found = mlqa_files(root)
    if found and not any(lang in mlqa_languages(path) for path in found):
        known = ", ".join(source_languages("mlqa", root))
        raise InputError(f"{root}: no MLQA file holds {lang!r}; found: {known}")
    return found or [root / f"test-context-{lang}-question-{lang}.json"]


def _tico19(root: Path, lang: str) -> list[Path]:
    # The English column stands in every file (with small differences of spacing and quotes); the first is taken.
    return (sorted(root.glob("en-*.tsv"))[:1] or [root / "en-ar.tsv"]) if lang == "en" else [root / f"en-{lang}.tsv"]


def _tydiqa(root: Path, lang: str) -> list[Path]:
    return [root / f"tydiqa.goldp.{lang}.dev.json"]


def _plain_or_gzip(kind: str) -> Callable[[Path, str], list[Path]]:
    def files(root: Path, lang: str) -> list[Path]:
        compressed = root / f"{kind}-{lang}.jsonl.gz"
        return [compressed if compressed.exists() else root / f"{kind}-{lang}.jsonl"]

    return files


_Files = Callable[[Path, str], list[Path]]
_PAIRS: dict[str, _Files] = {
    "atlas": _atlas_pairs,
    "jsonl": _plain_or_gzip("pairs"),
    "mlqa": _mlqa,
    "squad": _squad,
    "tydiqa": _tydiqa,
}
_TEXTS: dict[str, _Files] = {
    "atlas": lambda root, lang: [root / f"texts-{lang}.jsonl"],
    "jsonl": _plain_or_gzip("texts"),
    "mlqa": _mlqa,
    "ntrex": lambda root, lang: [root / f"{lang}.txt"],
    "squad": _squad,
    "tico19": _tico19,
    "tydiqa": _tydiqa,
}
_COLLECTIONS: dict[str, _Files] = {
    "atlas": _atlas_collection,
    "miracl": lambda root, lang: _miracl_collection(root, lang, root),
    "tydiqa": _tydiqa,
    "xquad-r": lambda root, lang: [root / f"{lang}.json"],
}
