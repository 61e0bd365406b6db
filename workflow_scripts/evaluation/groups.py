"""Means over languages and over named groups of languages, side by side."""

from dataclasses import dataclass

from workflow_scripts.evaluation.analysis_settings import CollectionDesign

LANGUAGE_PREFIX = "lang:"


@dataclass(frozen=True)
class Group:
    """A group of languages; ``members`` are indices into the languages of a slice."""

    name: str
    languages: tuple[str, ...]
    members: list[int]


def named_groups(design: CollectionDesign, languages: tuple[str, ...]) -> list[Group]:
    """Return a collection's groups, each with those members that a slice has scores for; none without members."""
    groups = []
    for name, members in design.groups.items():
        present = tuple(lang for lang in members if lang in languages)
        if present:
            groups.append(Group(name, present, [languages.index(lang) for lang in present]))
    return groups


def language_groups(languages: tuple[str, ...]) -> list[Group]:
    """Return every language as a group ``lang:<code>`` of its own."""
    return [Group(LANGUAGE_PREFIX + lang, (lang,), [i]) for i, lang in enumerate(languages)]
