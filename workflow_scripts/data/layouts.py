"""Which files of each format lie where, below a root folder or in a dataset repository of a hub.

Rules ask here for their inputs while the plan is made, so nothing heavy is imported and no file
is opened. A format names its files by patterns: ``*`` stays within a name, and of alternatives
between ``|`` the first that finds something counts. A path is returned whether or not it exists;
only where the number of files is not fixed by the format is the folder listed. ``docs/data.md``
draws every layout.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.file_set import ALTERNATIVE

# What XQuAD-R ranks: the bare sentence, or the sentence in front of its paragraph (arXiv 2004.05484, section 3.1).
CANDIDATES = ("sentence", "sentence-in-paragraph")

# What a collection's entry in the config may say beside what every entry has, by its format.
COLLECTION_OPTIONS = {
    "beir": {"corpus", "ignore_identical_ids", "missing_passages", "split"},
    "miracl": {"corpus"},
    "mlqa-r": {"candidate"},
    "mteb": {"corpus", "ignore_identical_ids", "missing_passages", "split", "subsets"},
    "squad": {"files"},
    "toolret": {"corpus", "instruction", "tasks"},
    "xquad-r": {"candidate"},
}

# Formats whose files the config names, and what they are called upstream where it does not (None: it must).
NAMED = {"csclir": "cs_0.5/xxxx/train.jsonl", "dpr": "biencoder-*-train.json.gz|biencoder-*-train.json", "table": None}

# mMARCO's names of its languages, as far as it has them (its Dutch, Italian and Portuguese among them).
MMARCO_LANGUAGES = {
    "ar": "arabic", "de": "german", "en": "english", "es": "spanish", "fr": "french", "hi": "hindi",
    "id": "indonesian", "it": "italian", "ja": "japanese", "nl": "dutch", "pt": "portuguese", "ru": "russian",
    "vi": "vietnamese", "zh": "chinese",
}  # fmt: skip

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
    "mlqa-r": rf"{_CODE}\.json",
    "mteb": rf"{_CODE}-qrels",
    "tydiqa": _TYDIQA,
    "xquad-r": rf"{_CODE}\.json",
}


def pair_patterns(format: str, lang: str, files: str | None = None) -> list[str]:
    """Return what names the files of a source's training pairs of ``lang``; raise InputError for an unknown format.

    ``files`` is the pattern of a format without a layout of its own (``NAMED``); ``{lang}`` in it is the language.
    """
    if format not in NAMED:
        return _of(_PAIRS, "pairs", format)(lang)
    pattern = files or NAMED[format]
    if pattern is None:
        raise InputError(f"files is missing: a {format} has no layout of its own, so name its files")
    return [pattern.replace("{lang}", lang)]


def text_patterns(format: str, lang: str) -> list[str]:
    """Return what names the files of a source's plain text of ``lang``; raise InputError for an unknown format."""
    return _of(_TEXTS, "texts", format)(lang)


def collection_patterns(
    format: str, lang: str, options: Mapping[str, Any] | None = None
) -> tuple[list[str], list[str]]:
    """Return what names the files of a collection's ``lang``, and those of its passages where they may lie apart.

    ``options`` are the collection's (``COLLECTION_OPTIONS``). Raises InputError for an unknown format.
    """
    patterns = _of(_COLLECTIONS, "collections", format)(lang, options or {})
    return (patterns[:-1], patterns[-1:]) if format in _CORPUS_APART else (patterns, [])


def pair_files(format: str, root: str | Path, lang: str, files: str | None = None) -> list[Path]:
    """Return the files that hold a source's training pairs of ``lang``; raise InputError as ``pair_patterns``."""
    return _source_files(format, Path(root), lang, pair_patterns(format, lang, files))


def text_files(format: str, root: str | Path, lang: str) -> list[Path]:
    """Return the files that hold a source's plain text of ``lang``; raise InputError for an unknown format."""
    return _source_files(format, Path(root), lang, text_patterns(format, lang))


def collection_files(
    format: str, root: str | Path, lang: str, options: Mapping[str, Any] | None = None
) -> list[list[Path]]:
    """Return the files that hold a collection's ``lang``, a list for each of its parts: queries, judgements, passages.

    Formats that have all in one file have one part. The option ``corpus`` is the folder of the passages, by default
    ``root``. Raises InputError for an unknown format.
    """
    own, apart = collection_patterns(format, lang, options)
    corpus = (options or {}).get("corpus")
    if corpus is not None and not apart:
        raise InputError(f"collections: corpus: {corpus!r} is given, but {format} has no separate corpus; leave it out")
    return [_matching(Path(root), pattern) for pattern in own] + [
        _matching(Path(corpus or root), pattern) for pattern in apart
    ]


def pair_formats() -> list[str]:
    """Return the formats that training pairs are read from."""
    return sorted([*_PAIRS, *NAMED])


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


def _found(root: Path, patterns: list[str]) -> list[Path]:
    """The files below ``root``, in the patterns' order; for a pattern that finds nothing, its last alternative."""
    return [path for pattern in patterns for path in _matching(root, pattern)]


def _matching(root: Path, pattern: str) -> list[Path]:
    alternatives = pattern.split(ALTERNATIVE)
    for alternative in alternatives:
        if "*" in alternative:
            # docs-10 stands behind docs-9.
            found = sorted(root.glob(alternative), key=lambda path: (path.parent, len(path.name), path.name))
        else:
            found = [root / alternative] if (root / alternative).exists() else []
        if found:
            return found
    return [root / alternatives[-1]]


def _source_files(format: str, root: Path, lang: str, patterns: list[str]) -> list[Path]:
    found = _found(root, patterns)
    if format == "mlqa" and found[0].exists() and not any(lang in mlqa_languages(path) for path in found):
        known = ", ".join(source_languages("mlqa", root))
        raise InputError(f"{root}: no MLQA file holds {lang!r}; found: {known}")
    # The English column stands in every file (with small differences of spacing and quotes); the first is taken.
    return found[:1] if format == "tico19" else found


def _miracl_collection(lang: str, options: Mapping[str, Any]) -> list[str]:
    name = f"miracl-v1.0-{lang}"
    return [
        f"{name}/topics/topics.{name}-dev.tsv",
        f"{name}/qrels/qrels.{name}-dev.tsv",
        f"miracl-corpus-v1.0-{lang}/docs-*.jsonl.gz",
    ]


def _atlas_collection(lang: str, options: Mapping[str, Any]) -> list[str]:
    # Generated within the same run, so the files may not exist yet and their number is fixed: one.
    return [pattern.replace("*", "0") for pattern in _miracl_collection(lang, options)]


def _squad_collection(lang: str, options: Mapping[str, Any]) -> list[str]:
    return [options.get("files", "dev-*.json.gz|dev-*.json").replace("{lang}", lang)]


def _beir(lang: str, options: Mapping[str, Any]) -> list[str]:
    split = options.get("split", "test")
    qrels = f"qrels/{split}.tsv|qrels/{split}.jsonl"
    return ["queries.jsonl|queries.jsonl.gz", qrels, "corpus.jsonl|corpus.jsonl.gz"]


def _mteb(lang: str, options: Mapping[str, Any]) -> list[str]:
    split, subset = options.get("split", "test"), options.get("subsets", {}).get(lang, lang)
    above = f"{subset}-" if subset else ""
    # The configuration of the judgements was `default` once, whose folder is `data`; a corpus may be a split of itself.
    qrels = f"{above}qrels/{split}-*.parquet" if subset else f"qrels/{split}-*.parquet|data/{split}-*.parquet"
    parts = (f"{above}{part}/{split}-*.parquet|{above}{part}/{part}-*.parquet" for part in ("queries", "corpus"))
    queries, corpus = parts
    return [queries, qrels, corpus]


def _toolret(lang: str, options: Mapping[str, Any]) -> list[str]:
    queries = [f"{task}/queries-*.parquet" for task in options.get("tasks", ["*"])]
    return [*queries, "*/tools-*.parquet"]


def _lareqa(lang: str, options: Mapping[str, Any]) -> list[str]:
    return [f"{lang}.json"]


def _atlas_pairs(lang: str) -> list[str]:
    if lang != "en":
        raise InputError(f"Atlas has pairs in en alone, not in {lang!r}; name it under translate")
    return ["pairs.jsonl"]


def _squad(lang: str) -> list[str]:
    if lang != "en":
        raise InputError(f"SQuAD is English; it has nothing in {lang!r}")
    return ["train-*.json.gz|train-*.json"]


def _mlqa(lang: str) -> list[str]:
    # An id's language versions are spread over all files.
    return ["*-context-*-question-*.json"]


def _mmarco(lang: str) -> list[str]:
    if lang not in MMARCO_LANGUAGES:
        raise InputError(f"mMARCO has nothing in {lang!r}; it has {', '.join(MMARCO_LANGUAGES)}")
    name = MMARCO_LANGUAGES[lang]
    # `google`: the translations that its paper reports; `helsinki`, beside it, has the same layout.
    return [
        "data/triples.train.ids.small.tsv",
        f"data/google/queries/train/{name}_queries.train.tsv",
        f"data/google/collections/{name}_collection.tsv",
    ]


def _xtreme_squad(lang: str) -> list[str]:
    english = "train-v1.1.json"
    return [english] if lang == "en" else [english, f"translate-train/squad.translate.train.en-{lang}.json"]


def _tico19(lang: str) -> list[str]:
    return ["en-*.tsv"] if lang == "en" else [f"en-{lang}.tsv"]


def _tydiqa(lang: str) -> list[str]:
    return [f"tydiqa.goldp.{lang}.dev.json"]


def _plain_or_gzip(kind: str) -> Callable[[str], list[str]]:
    return lambda lang: [f"{kind}-{lang}.jsonl.gz{ALTERNATIVE}{kind}-{lang}.jsonl"]


_Patterns = Callable[[str], list[str]]
_PAIRS: dict[str, _Patterns] = {
    "atlas": _atlas_pairs,
    "jsonl": _plain_or_gzip("pairs"),
    "mlqa": _mlqa,
    "mmarco": _mmarco,
    "squad": _squad,
    "tydiqa": _tydiqa,
    "xtreme-squad": _xtreme_squad,
}
_TEXTS: dict[str, _Patterns] = {
    "atlas": lambda lang: [f"texts-{lang}.jsonl"],
    "jsonl": _plain_or_gzip("texts"),
    "mlqa": _mlqa,
    "ntrex": lambda lang: [f"{lang}.txt"],
    "squad": _squad,
    "tico19": _tico19,
    "tydiqa": _tydiqa,
}
_COLLECTIONS: dict[str, Callable[[str, Mapping[str, Any]], list[str]]] = {
    "atlas": _atlas_collection,
    "beir": _beir,
    "miracl": _miracl_collection,
    "mlqa-r": _lareqa,
    "mteb": _mteb,
    "squad": _squad_collection,
    "toolret": _toolret,
    "tydiqa": lambda lang, options: _tydiqa(lang),
    "xquad-r": _lareqa,
}
# Formats whose last pattern, the passages, may lie in another folder or repository.
_CORPUS_APART = {"beir", "miracl", "mteb", "toolret"}
