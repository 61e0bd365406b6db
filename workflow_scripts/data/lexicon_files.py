"""Where the file of each lexicon format lies below a root folder, and reading it.

As in ``layouts``, a path is returned whether or not it exists; ``docs/lexicons.md`` draws every layout.
"""

from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.readers import freedict, lexicon_lines
from workflow_scripts.data.records import LexiconEntry
from workflow_scripts.data.row_counts import RowCounts

# Made within the run: from Atlas's phrase tables, or from parallel text.
ATLAS, INDUCED = "atlas", "induced"

_READERS = {
    ATLAS: lexicon_lines.read_glossary_entries,
    "freedict": freedict.read_freedict,
    "glossary": lexicon_lines.read_glossary_entries,
    "muse": lexicon_lines.read_muse,
    "panlex": lexicon_lines.read_panlex,
    "titles": lexicon_lines.read_titles,
}
_NAMES = {
    ATLAS: "{lang}.tsv",
    "freedict": "eng-{iso639_3}.tei",
    "glossary": "{lang}.tsv",
    "muse": "en-{lang}.txt",
    "panlex": "en-{lang}.tsv",
    "titles": "en-{lang}.tsv",
}


def lexicon_file(format: str, root: str | Path, lang: str, iso639_3: str) -> Path:
    """Return the file of a lexicon English → ``lang``, plain or, where that alone exists, gzip.

    ``iso639_3`` is the language's three-letter code, by which FreeDict names its files (``eng-swh.tei``, on its own or
    in the folder ``eng-swh`` of a release). Raises InputError for an unknown format.
    """
    if format not in _NAMES:
        raise InputError(f"lexicons: format {format!r} is unknown; known are {', '.join(sorted([*_NAMES, INDUCED]))}")
    name = _NAMES[format].format(lang=lang, iso639_3=iso639_3)
    places = [Path(root, name), Path(root, f"{name}.gz"), Path(root, Path(name).stem, name)]
    return next((path for path in places if path.is_file()), places[0])


def read_lexicon_file(format: str, path: str | Path, counts: RowCounts) -> Iterator[LexiconEntry]:
    """Yield the entries of a lexicon's file in its order; count in ``counts`` what is dropped.

    Raises InputError for an unknown format and, with file, line and reason, for a broken file.
    """
    if format not in _READERS:
        raise InputError(f"--format {format}: lexicons are read from {', '.join(sorted(_READERS))}")
    return _READERS[format](Path(path), counts)
