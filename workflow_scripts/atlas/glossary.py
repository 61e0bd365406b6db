"""A phrase table English → one language: CLDR's names and the fragments of the training sentences around their slots.

A fragment's translation is what stands at the same place of the same sentence in the other language's
template file. Word order differs, so what a phrase table makes of it is imperfect, as machine translation is.
"""

from collections.abc import Iterable
from pathlib import Path

import regex

from workflow_scripts.atlas.entities import Cldr
from workflow_scripts.atlas.names import Names
from workflow_scripts.atlas.templates import Templates, slots
from workflow_scripts.atlas.texts import glossed_names
from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError

_EDGE = regex.compile(r"^[\p{P}\s]+|[\p{P}\s]+$")
_SLOT = regex.compile(r"\{\w+\}")


def phrase_table(
    cldr: Cldr, english: Templates, templates: Templates, names_in_english: Names, names: Names
) -> dict[str, str]:
    """Return English phrase → translation, names first, in a fixed order; of several translations the first stays.

    Raises
    ------
    InputError
        Where a fragment of an English training sentence finds no translation: naming file and fragment.

    """
    aligned = [
        pair
        for source, target in zip(english.training(), templates.training(), strict=True)
        for pair in align(source, target).items()
    ]
    entries = [(name_in_english, name) for _, name, name_in_english in glossed_names(cldr, names, names_in_english)]
    entries += [
        *templates.phrases.items(),
        *((fragment, translation) for fragment, translation in aligned if translation),
    ]
    table: dict[str, tuple[str, str]] = {}
    for phrase, translation in entries:
        table.setdefault(_fold(phrase), (phrase, translation))
    missing = dict.fromkeys(fragment for fragment, _ in aligned if _fold(fragment) not in table)
    if missing:
        listed = ", ".join(repr(fragment) for fragment in missing)
        raise InputError(f"{templates.path}: phrases: no translation of {listed}; add an entry for each")
    return dict(table.values())


def _fold(phrase: str) -> str:
    """Return what tells phrases apart: case and the form of apostrophes do not."""
    return " ".join(phrase.casefold().replace("’", "'").split())


def align(source: str, target: str) -> dict[str, str]:
    """Return source fragment → target fragment (empty where nothing aligns) of two sentences with the same slots.

    A fragment goes with the one before the same slot or with the one after it, whichever leaves fewer
    without a partner; target fragments that are left over join the neighbouring one.
    """
    found = [_align(_pieces(source, anchor), _pieces(target, anchor)) for anchor in ("following", "preceding")]
    return min(found, key=lambda pairs: sum(not translation for translation in pairs.values()))


def _pieces(template: str, anchor: str) -> dict[str, str]:
    """Return the text between slots, by the slot that follows or precedes it (``""`` at the open end)."""
    names = slots(template)
    keys = [*names, ""] if anchor == "following" else ["", *names]
    return {key: _EDGE.sub("", piece) for key, piece in zip(keys, _SLOT.split(template), strict=True)}


def _align(source: dict[str, str], target: dict[str, str]) -> dict[str, str]:
    filled = [key for key, piece in source.items() if piece]
    order = {key: place for place, key in enumerate(source)}
    parts: dict[str, list[str]] = {key: [] for key in filled}
    for key, piece in target.items():
        if piece:
            nearest = min(filled, key=lambda candidate: (abs(order[candidate] - order[key]), order[candidate]))
            parts[nearest].append(piece)
    return {source[key]: " ".join(parts[key]) for key in filled}


def write_phrase_table(table: dict[str, str], path_to_glossary: Path) -> None:
    """Write ``English<TAB>translation`` lines."""
    with atomic_file(path_to_glossary) as temporary:
        temporary.write_text(
            "".join(f"{phrase}\t{translation}\n" for phrase, translation in table.items()), encoding="utf-8"
        )


def fragments(templates: Templates) -> Iterable[str]:
    """Yield every fragment of the training sentences that holds a word."""
    for sentence in templates.training():
        yield from (piece for piece in _pieces(sentence, "following").values() if piece)
