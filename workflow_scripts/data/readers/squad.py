"""Question answering files in SQuAD's shape as training pairs and texts: question and paragraph."""

from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.readers.squad_json import Paragraph, read_paragraphs
from workflow_scripts.data.records import Pair, Text
from workflow_scripts.data.row_counts import RowCounts


def read_squad_pairs(paths: list[Path], counts: RowCounts) -> Iterator[Pair]:
    """Yield one pair a question: the question, its article's title, its paragraph.

    Pairs of one paragraph, or of paragraphs with the same text, share a group. Pairs without question or
    paragraph text, and SQuAD 2's questions that their paragraph does not answer, are dropped and counted.
    """
    for name, _, paragraph in _named(paths):
        passage = paragraph.context.strip()
        for question in paragraph.questions:
            if not question.text:
                counts["pairs", "empty query"] += 1
            elif not passage:
                counts["pairs", "empty passage"] += 1
            elif not question.answerable:
                counts["pairs", "without answer in its paragraph"] += 1
            else:
                yield Pair(question.question_id, name, question.text, paragraph.title, passage)


def read_squad_texts(paths: list[Path], counts: RowCounts) -> Iterator[Text]:
    """Yield each distinct paragraph (``p:`` and the first question about it) and each question (``q:`` and its id)."""
    for name, repeated, paragraph in _named(paths):
        passage = paragraph.context.strip()
        if not passage:
            counts["texts", "empty passage"] += 1
        elif repeated:
            counts["texts", "repeated passage"] += 1
        else:
            yield Text(name, name, passage)
        for question in paragraph.questions:
            if question.text:
                yield Text(f"q:{question.question_id}", f"q:{question.question_id}", question.text)
            else:
                counts["texts", "empty query"] += 1


def _named(paths: list[Path]) -> Iterator[tuple[str, bool, Paragraph]]:
    """Yield paragraphs, each with its text's name and whether the text stood earlier; check ids over all files.

    The name holds the id of the text's first question, so that files of several languages share none; a paragraph
    that nobody asks about has its place in its file instead.
    """
    names: dict[str, str] = {}
    files: dict[str, Path] = {}
    for path in paths:
        for paragraph in read_paragraphs(path):
            for question in paragraph.questions:
                if question.question_id in files:
                    first = files[question.question_id]
                    raise InputError(f"{question.where}: id {question.question_id!r} stands in {first} too")
                files[question.question_id] = path
            text = paragraph.context.strip()
            repeated = text in names
            if not repeated:
                place = f"{path.name}/{paragraph.article}.{paragraph.number}"
                names[text] = f"p:{paragraph.questions[0].question_id if paragraph.questions else place}"
            yield names[text], repeated, paragraph
