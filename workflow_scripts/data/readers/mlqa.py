"""MLQA (arXiv 1910.07475) as training pairs and texts.

A file holds the contexts of one language with the questions of one language. The same id names the same question in
every file, so a language's questions and contexts are gathered over all files, and a language may have one side only.
Contexts of one id are parallel sentences in paragraphs that differ.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from workflow_scripts.data.groups import Groups
from workflow_scripts.data.layouts import mlqa_languages
from workflow_scripts.data.readers.squad_json import read_paragraphs
from workflow_scripts.data.records import Pair, Text
from workflow_scripts.data.row_counts import RowCounts


class _Side(NamedTuple):
    title: str
    text: str


class _Parallel(NamedTuple):
    """Ids in the order of their appearance; groups by id; the wanted language's questions and contexts by id."""

    ids: list[str]
    groups: dict[str, str]
    questions: dict[str, str]
    contexts: dict[str, _Side]


def read_mlqa_pairs(paths: list[Path], lang: str, counts: RowCounts) -> Iterator[Pair]:
    """Yield one pair an id of which ``lang`` has the question, the context or both; a missing side is None.

    Ids are one group where they share a context in any language, directly or through other ids, so that a group is
    the same in every language and no negative is ever drawn from a passage that answers the question.
    """
    found = _read(paths, lang, "pairs", counts)
    for question_id in found.ids:
        question, context = found.questions.get(question_id), found.contexts.get(question_id)
        if question is None and context is None:
            continue
        title, passage = context or (None, None)
        yield Pair(question_id, found.groups[question_id], question, title, passage)


def read_mlqa_texts(paths: list[Path], lang: str, counts: RowCounts) -> Iterator[Text]:
    """Yield each question (``q:`` and its id) and each distinct context (``p:`` and the first id with it) as a text.

    Questions of one id are translations of each other and share a group. Contexts do not: they are one group where
    they are one group of pairs, yet not line-by-line parallel.
    """
    found = _read(paths, lang, "texts", counts)
    seen: set[str] = set()
    for question_id in found.ids:
        if question := found.questions.get(question_id):
            yield Text(f"q:{question_id}", f"q:{question_id}", question)
        context = found.contexts.get(question_id)
        if context and context.text not in seen:
            seen.add(context.text)
            yield Text(f"p:{question_id}", found.groups[question_id], context.text)
        elif context:
            counts["texts", "repeated passage"] += 1


def _read(paths: list[Path], lang: str, kind: str, counts: RowCounts) -> _Parallel:
    ids: dict[str, None] = {}
    first_with_context: dict[tuple[str, str], str] = {}
    groups = Groups()
    questions: dict[str, str] = {}
    contexts: dict[str, _Side] = {}
    for path in paths:
        context_lang, question_lang = mlqa_languages(path)
        for paragraph in read_paragraphs(path):
            passage = paragraph.context.strip()
            for question in paragraph.questions:
                if not question.text or not passage:
                    if lang in (context_lang, question_lang):
                        counts[kind, "empty query" if passage else "empty passage"] += 1
                    continue
                ids[question.question_id] = None
                first = first_with_context.setdefault((context_lang, passage), question.question_id)
                groups.join(question.question_id, first)
                if question_lang == lang and questions.setdefault(question.question_id, question.text) != question.text:
                    counts[kind, "kept: first of several versions of a question"] += 1
                side = _Side(paragraph.title, passage)
                if context_lang == lang and contexts.setdefault(question.question_id, side) != side:
                    counts[kind, "kept: first of several versions of a context"] += 1
    order = {question_id: number for number, question_id in enumerate(ids)}
    names = {question_id: f"p:{order[groups.root(question_id)]}" for question_id in ids}
    return _Parallel(list(ids), names, questions, contexts)
