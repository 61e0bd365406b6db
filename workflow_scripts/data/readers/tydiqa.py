"""TyDi QA GoldP (arXiv 2003.05002) as a monolingual retrieval collection of one language."""

from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.readers.squad_json import read_paragraphs
from workflow_scripts.data.records import Collection, Judgement, Passage, Query
from workflow_scripts.data.row_counts import RowCounts


def read_tydiqa_collection(path: Path, counts: RowCounts) -> Collection:
    """Read one language: questions are queries, distinct passages the pool, a question's own passage is relevant.

    A passage's id is ``p`` and the order of its first appearance. Answers are not used; the hub's and other
    copies leave them empty.
    """
    passages: dict[str, str] = {}
    queries: list[Query] = []
    judgements: list[Judgement] = []
    for paragraph in read_paragraphs(path):
        text = paragraph.context.strip()
        if not text:
            raise InputError(f"{paragraph.where}: 'context' is empty")
        if text in passages:
            counts["passages", "same text as an earlier passage"] += 1
        passage_id = passages.setdefault(text, f"p{len(passages)}")
        for question in paragraph.questions:
            if not question.text:
                raise InputError(f"{question.where}: 'question' is empty")
            queries.append(Query(question.question_id, question.text))
            judgements.append(Judgement(question.question_id, passage_id, 1))
    return Collection(queries, judgements, (Passage(passage_id, "", text) for text, passage_id in passages.items()))
