"""FreeDict's dictionaries in TEI XML, streamed entry by entry."""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.records import LexiconEntry
from workflow_scripts.data.row_counts import RowCounts

_TEI = "{http://www.tei-c.org/ns/1.0}"
# What the `type` of a cited equivalent says: TEI P5's guidelines, and the older spellings in FreeDict's files.
_TRANSLATION = {"trans", "translation", "translationEquivalent"}
_LIST = re.compile("[,;，；、]")  # what separates the equivalents that one `def` lists


def read_freedict(path: Path, counts: RowCounts) -> Iterator[LexiconEntry]:
    """Yield the headwords of each ``entry`` with each of its translations, in the order of senses.

    Translations are the quotes of ``cit`` elements of type ``trans``; in older dictionaries, whose senses have none,
    the senses' ``def``, a list of equivalents. An entry without headword or translation is dropped and counted.
    Raises InputError, with file and line, where the file is missing, is not XML, or has no entry.
    """
    found = False
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as file:
            for _, element in ElementTree.iterparse(file, events=("end",)):
                if element.tag != f"{_TEI}entry":
                    continue
                found = True
                yield from _entries(element, counts)
                element.clear()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; see docs/lexicons.md for the layout") from None
    except ElementTree.ParseError as error:
        raise InputError(f"{path}: line {error.position[0]}: is not XML ({error}); fetch the file again") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path}: the gzip is damaged or cut short ({error}); fetch the file again") from None
    if not found:
        raise InputError(f"{path}: line 1: holds no entry of TEI P5; FreeDict's sources end in .tei")


def _entries(entry: ElementTree.Element, counts: RowCounts) -> Iterator[LexiconEntry]:
    words = [text for orth in entry.iterfind(f"{_TEI}form/{_TEI}orth") if (text := _text(orth))]
    quotes, definitions = [], []
    for element in _of_senses(entry):
        if element.tag == f"{_TEI}def":
            definitions += [" ".join(part.split()) for part in _LIST.split("".join(element.itertext()))]
        elif element.get("type") in _TRANSLATION:
            quotes += [_text(quote) for quote in element.iterfind(f"{_TEI}quote")]
    translations = [text for text in quotes or definitions if text]
    if not words:
        counts["entries", "no headword"] += 1
    elif not translations:
        counts["entries", "no translation"] += 1
    else:
        yield from (LexiconEntry(word, translation) for word in words for translation in translations)


def _of_senses(element: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """Yield the `cit` and `def` elements of an entry; not those within an example or of a related entry."""
    for child in element:
        if child.tag in (f"{_TEI}cit", f"{_TEI}def"):
            yield child
        elif child.tag != f"{_TEI}re":
            yield from _of_senses(child)


def _text(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())
