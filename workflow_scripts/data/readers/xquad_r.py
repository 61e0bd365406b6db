"""XQuAD-R and MLQA-R (LAReQA, arXiv 2004.05484, section 3.1): questions and the sentences that answer them."""

from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.layouts import CANDIDATES
from workflow_scripts.data.passages import Collection, Shard, blocks_of
from workflow_scripts.data.readers.squad_json import Paragraph, Question, read_paragraphs
from workflow_scripts.data.records import Judgement, Passage, Query
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_lines import whole_text


def read_xquad_r_collection(path: Path, candidate: str, counts: RowCounts) -> Collection:
    """Read one language: every sentence of every paragraph is a candidate, repeated sentences included.

    ``candidate`` is ``sentence`` (the bare sentence) or ``sentence-in-paragraph`` (sentence, space, paragraph: LAReQA
    encodes the sentence together with its context). Relevant is the sentence that holds the answer's first character,
    also where the answer runs on into the next one. A candidate's id is article, paragraph and sentence, each
    counted from 0; it does not carry over to other languages, whose sentences are cut differently.
    """
    if candidate not in CANDIDATES:
        raise InputError(f"collections: candidate: {candidate!r} is unknown; known: {', '.join(CANDIDATES)}")
    paragraphs = list(read_paragraphs(path))
    queries: list[Query] = []
    judgements: list[Judgement] = []
    for paragraph in paragraphs:
        breaks = _sentence_breaks(paragraph)
        for question in paragraph.questions:
            if not question.text:
                raise InputError(f"{question.where}: 'question' is empty")
            queries.append(Query(question.question_id, question.text))
            gold = _gold_sentences(question, breaks, counts)
            judgements += [Judgement(question.question_id, _passage_id(paragraph, sentence), 1) for sentence in gold]
    pool = Shard(path, lambda counts: blocks_of(_passages(paragraphs, candidate, counts)))
    return Collection(queries, judgements, [], [pool])


def _passages(paragraphs: list[Paragraph], candidate: str, counts: RowCounts) -> Iterator[Passage]:
    for paragraph in paragraphs:
        for number, (start, end) in enumerate(_sentence_breaks(paragraph)):
            # The sentence as it is printed, not the slice: they differ twice in the Turkish file.
            sentence = paragraph.record["sentences"][number]
            if sentence != paragraph.context[start:end]:
                counts["passages", "kept: sentence differs from the slice at its offsets"] += 1
            text = whole_text(sentence, f"sentences[{number}]", paragraph.where)
            if not text:
                raise InputError(f"{paragraph.where}.sentences[{number}]: is empty")
            if candidate == "sentence-in-paragraph":
                text = f"{text} {paragraph.context.strip()}"
            yield Passage(_passage_id(paragraph, number), "", text)


def _gold_sentences(question: Question, breaks: list[tuple[int, int]], counts: RowCounts) -> list[int]:
    """Return the sentences that hold the start of an answer, each once."""
    gold: dict[int, None] = {}
    for answer_start, answer in zip(question.answer_starts, question.answers, strict=True):
        holding = [number for number, (start, end) in enumerate(breaks) if start <= answer_start < end]
        if len(holding) != 1:
            raise InputError(
                f"{question.where}: answer_start {answer_start} lies in {len(holding)} sentences, not in one"
            )
        if answer_start + len(answer) > breaks[holding[0]][1]:
            counts["qrels", "kept: answer crosses the end of its sentence"] += 1
        gold[holding[0]] = None
    if not gold:
        raise InputError(f"{question.where}: has no answer, so no sentence is relevant")
    return list(gold)


def _sentence_breaks(paragraph: Paragraph) -> list[tuple[int, int]]:
    sentences, breaks = paragraph.record.get("sentences"), paragraph.record.get("sentence_breaks")
    if not isinstance(sentences, list) or not isinstance(breaks, list):
        raise InputError(
            f"{paragraph.where}: has no 'sentences' and 'sentence_breaks'; is this XQuAD instead of XQuAD-R?"
        )
    if len(sentences) != len(breaks):
        raise InputError(f"{paragraph.where}: has {len(sentences)} sentences but {len(breaks)} sentence breaks")
    for number, (sentence, places) in enumerate(zip(sentences, breaks, strict=True)):
        if not isinstance(sentence, str):
            raise InputError(f"{paragraph.where}.sentences[{number}]: is {str(sentence)[:40]}, which is no text")
        if not (isinstance(places, list) and [type(place) for place in places] == [int, int]):
            raise InputError(f"{paragraph.where}.sentence_breaks[{number}]: is {str(places)[:40]}, not two offsets")
    return [(start, end) for start, end in breaks]


def _passage_id(paragraph: Paragraph, sentence: int) -> str:
    return f"{paragraph.article}.{paragraph.number}.{sentence}"
