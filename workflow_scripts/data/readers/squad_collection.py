"""JSON in SQuAD's shape as a monolingual retrieval collection: SQuAD (arXiv 1606.05250), TyDi QA GoldP (2003.05002)."""

from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.passages import Collection, Shard, blocks_of
from workflow_scripts.data.readers.squad_json import read_paragraphs
from workflow_scripts.data.records import Judgement, Passage, Query
from workflow_scripts.data.row_counts import RowCounts


def read_squad_collection(paths: list[Path], titles: bool, counts: RowCounts) -> Collection:
    """Read one language: questions are queries, distinct passages the pool, a question's own passage is relevant.

    A passage's id is ``p`` and the order of its first appearance; its title is its article's where ``titles`` says so.
    Answers are not used; the hub's and other copies of TyDi QA leave them empty. SQuAD 2's questions that their
    paragraph does not answer are dropped and counted: their paragraphs stay. Files are read whole.
    """
    passages: dict[tuple[str, str], Passage] = {}
    queries: dict[str, Query] = {}
    judgements: list[Judgement] = []
    for paragraph in (paragraph for path in paths for paragraph in read_paragraphs(path)):
        title, text = paragraph.title if titles else "", paragraph.context.strip()
        if not text:
            raise InputError(f"{paragraph.where}: 'context' is empty")
        if (title, text) in passages:
            counts["passages", "same text as an earlier passage"] += 1
        passage = passages.setdefault((title, text), Passage(f"p{len(passages)}", title, text))
        for question in paragraph.questions:
            if not question.text:
                raise InputError(f"{question.where}: 'question' is empty")
            if question.question_id in queries:
                raise InputError(f"{question.where}: id {question.question_id!r} stands in an earlier file, too")
            if not question.answerable:
                counts["queries", "without answer in its paragraph"] += 1
                continue
            queries[question.question_id] = Query(question.question_id, question.text)
            judgements.append(Judgement(question.question_id, passage.passage_id, 1))
    pool = Shard(paths[0], lambda _: blocks_of(passages.values()))
    return Collection(list(queries.values()), judgements, [], [pool])
