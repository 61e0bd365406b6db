"""The sentences of one language: ``resources/atlas/<lang>.yaml``, read and checked."""

import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from workflow_scripts.atlas.relations import CONTEXTS, RELATIONS, TEXTS, VARIANTS
from workflow_scripts.data.errors import InputError

TEMPLATES = Path(__file__).parents[2] / "resources" / "atlas"
SPLITS = ("train", "evaluate")


@dataclass(frozen=True)
class Templates:
    """Sentences with ``{slots}`` in ``lang``.

    ``questions[relation, split]`` and ``passages[relation, split]`` hold VARIANTS wordings each;
    training wordings translate those of English one by one. ``gloss`` names a thing in the language and
    in English. ``text_share`` is the share of the pre-training sentences that the language gets,
    ``phrases`` translates fragments of English training sentences that alignment cannot.
    """

    lang: str
    path: Path
    questions: dict[tuple[str, str], list[str]]
    passages: dict[tuple[str, str], list[str]]
    contexts: dict[tuple[str, str], str]
    texts: dict[str, str]
    gloss: list[str]
    list_separator: str
    text_share: float
    phrases: dict[str, str]

    def training(self) -> list[str]:
        """Return every sentence that training pairs are made from, in an order equal for all languages."""
        found = []
        for relation in RELATIONS:
            found += self.questions[relation, "train"] + self.passages[relation, "train"]
        return found + [self.contexts[kind, "train"] for kind in CONTEXTS]


def slots(template: str) -> list[str]:
    """Return the names of a template's slots in order; raise ValueError where its braces do not match."""
    return [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]


def load_templates(lang: str, path_to_templates: Path = TEMPLATES) -> Templates:
    """Read ``<lang>.yaml``; raise InputError that names file and key where something is missing or has other slots."""
    path = Path(path_to_templates) / f"{lang}.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file; write Atlas's sentences in {lang!r} after the example of en.yaml"
        ) from None
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if _get(path, content, "language") != lang:
        raise InputError(f"{path}: language is {content['language']!r}, not {lang!r}; file and key must agree")

    def sentences(key: str, expected: set[str], count: int) -> list[str]:
        found = _get(path, content, key)
        found = found if isinstance(found, list) else [found]
        if len(found) != count:
            raise InputError(f"{path}: {key} has {len(found)} sentences; {count} are needed")
        for sentence in found:
            _check_slots(path, key, sentence, expected)
        if len(set(found)) != len(found):
            raise InputError(f"{path}: {key} repeats a sentence")
        return found

    questions, passages, contexts = {}, {}, {}
    for name, relation in RELATIONS.items():
        for split in SPLITS:
            key = f"relations.{name}.questions.{split}"
            questions[name, split] = sentences(key, {relation.subject}, VARIANTS)
            key = f"relations.{name}.passages.{split}"
            passages[name, split] = sentences(key, {relation.subject, *relation.answers}, VARIANTS)
    for kind, expected in CONTEXTS.items():
        for split in SPLITS:
            contexts[kind, split] = sentences(f"contexts.{kind}.{split}", set(expected), 1)[0]
    share = _get(path, content, "text_share")
    if not isinstance(share, int | float) or not 0 < share <= 1:
        raise InputError(f"{path}: text_share is {share!r}; give a number above 0, at most 1")
    return Templates(
        lang,
        path,
        questions,
        passages,
        contexts,
        {name: sentences(f"texts.{name}", set(expected), 1)[0] for name, expected in TEXTS.items()},
        # English names are not glossed with themselves.
        sentences("gloss", {"name", "english"}, 0 if lang == "en" else VARIANTS),
        str(_get(path, content, "list_separator")),
        float(share),
        dict(_get(path, content, "phrases")),
    )


def _get(path: Path, content: Any, key: str) -> Any:
    """Return the value at a dotted ``key``."""
    value = content
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            raise InputError(f"{path}: {key} is missing")
        value = value[part]
    return value


def _check_slots(path: Path, key: str, sentence: Any, expected: set[str]) -> None:
    wanted = ", ".join(f"{{{name}}}" for name in sorted(expected))
    try:
        found = slots(sentence)
    except (TypeError, ValueError):
        raise InputError(f"{path}: {key}: {sentence!r} is no sentence with the slots {wanted}") from None
    if sorted(found) != sorted(expected):
        raise InputError(f"{path}: {key}: {sentence!r} must hold each of {wanted} once and no other slot")
