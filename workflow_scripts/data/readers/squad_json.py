"""JSON in SQuAD's shape: articles, paragraphs, questions (SQuAD, MLQA, XQuAD-R and TyDi QA GoldP share it).

A document is read whole: 90,000 questions take some 100 MB.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.text_lines import filled_field, read_json, string_field


class Question(NamedTuple):
    """A question; ``answer_starts`` are offsets into its paragraph's context, ``answers`` the texts there.

    ``answerable`` is False where SQuAD 2 (arXiv 1806.03822) says that its paragraph does not answer it. That there is
    no answer says nothing: many copies leave them out.
    """

    where: str
    question_id: str
    text: str
    answer_starts: list[int]
    answers: list[str]
    answerable: bool


class Paragraph(NamedTuple):
    """A paragraph with its place in the file; numbers count from 0, ``record`` is its JSON.

    ``title`` is its article's, empty where there is none; ``context`` is its text as it stands, so offsets hold.
    """

    where: str
    article: int
    number: int
    title: str
    context: str
    questions: list[Question]
    record: dict[str, Any]


def read_paragraphs(path: str | Path) -> Iterator[Paragraph]:
    """Yield the paragraphs of a file in its order.

    Titles are decoded: ``Bras%C3%ADlia`` and ``New_York`` are Wikipedia's page names. Raises InputError, with the
    place inside the file, where a part is missing or a question id stands twice.
    """
    document = read_json(path)
    seen: dict[str, str] = {}
    for article_number, article in enumerate(_parts(document, "data", str(path))):
        article_where = f"{path}: data[{article_number}]"
        paragraphs = _parts(article, "paragraphs", article_where)
        named = string_field(article, "title", article_where) if article.get("title") is not None else ""
        title = unquote(named).replace("_", " ")
        for paragraph_number, record in enumerate(paragraphs):
            where = f"{article_where}.paragraphs[{paragraph_number}]"
            questions = [
                _question(question, f"{where}.qas[{number}]")
                for number, question in enumerate(_parts(record, "qas", where))
            ]
            for question in questions:
                if first := seen.get(question.question_id):
                    raise InputError(f"{question.where}: id {question.question_id!r} stands already at {first}")
                seen[question.question_id] = question.where.removeprefix(f"{path}: ")
            string_field(record, "context", where)
            yield Paragraph(where, article_number, paragraph_number, title, record["context"], questions, record)


def _question(record: Any, where: str) -> Question:
    if not isinstance(record, dict):
        raise InputError(f"{where}: is not a JSON object")
    answers = record.get("answers", [])
    if not isinstance(answers, list) or not all(
        isinstance(answer, dict) and isinstance(answer.get("answer_start"), int) and isinstance(answer.get("text"), str)
        for answer in answers
    ):
        raise InputError(f"{where}: 'answers' is not a list of answer_start and text")
    impossible = record.get("is_impossible", False)
    if not isinstance(impossible, bool):
        raise InputError(f"{where}: 'is_impossible' is {str(impossible)[:40]!r}, not true or false")
    return Question(
        where,
        filled_field(record, "id", where),
        string_field(record, "question", where),
        [answer["answer_start"] for answer in answers],
        [answer["text"] for answer in answers],
        not impossible,
    )


def _parts(record: Any, key: str, where: str) -> list[Any]:
    if not isinstance(record, dict) or not isinstance(record.get(key), list):
        raise InputError(f"{where}: has no list {key!r}; this is not JSON in SQuAD's shape")
    return record[key]
