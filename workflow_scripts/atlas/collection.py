"""The evaluation collection of one language in MIRACL's layout."""

import gzip
import json
from collections.abc import Iterable
from io import TextIOWrapper
from pathlib import Path

from workflow_scripts.atlas.facts import Fact
from workflow_scripts.atlas.relations import VARIANTS
from workflow_scripts.atlas.sentences import Teller
from workflow_scripts.atlas.settings import draw
from workflow_scripts.atlas.split import Split
from workflow_scripts.data.atomic import atomic_file


def topics(split: Split, teller: Teller) -> Iterable[tuple[str, str]]:
    """Yield (query id, question) of every evaluated fact that the language can tell.

    A query's id is that of the passage that answers it: MIRACL's query ids look like passage ids, too.
    """
    for fact in filter(teller.can_tell, split.evaluated):
        yield fact.id, teller.question(fact, "evaluate", draw("question", fact.id) % VARIANTS)


def judgements(split: Split, facts: list[Fact], teller: Teller) -> Iterable[tuple[str, str, int]]:
    """Yield (query id, passage id, relevance): 1 for the passage that answers, 0 for the entity's other passages."""
    by_subject: dict[str, list[str]] = {}
    for fact in filter(teller.can_tell, facts):
        by_subject.setdefault(fact.subject, []).append(fact.id)
    for fact in filter(teller.can_tell, split.evaluated):
        for passage_id in by_subject[fact.subject]:
            yield fact.id, passage_id, int(passage_id == fact.id)


def documents(facts: list[Fact], teller: Teller) -> Iterable[dict[str, str]]:
    """Yield the passage of every fact that the language can tell as MIRACL's ``docid``, ``title``, ``text``."""
    for fact in filter(teller.can_tell, facts):
        yield {"docid": fact.id, "title": teller.title(fact.subject), "text": teller.passage(fact, "evaluate")}


def write_collection(
    split: Split, facts: list[Fact], teller: Teller, *, path_to_topics: Path, path_to_qrels: Path, path_to_docs: Path
) -> None:
    """Write topics TSV, qrels TSV (``query Q0 passage relevance``) and gzipped JSONL; equal input gives equal bytes."""
    with atomic_file(path_to_topics) as temporary:
        temporary.write_text("".join(f"{query}\t{text}\n" for query, text in topics(split, teller)), encoding="utf-8")
    with atomic_file(path_to_qrels) as temporary:
        rows = (
            f"{query}\tQ0\t{passage}\t{relevance}\n" for query, passage, relevance in judgements(split, facts, teller)
        )
        temporary.write_text("".join(rows), encoding="utf-8")
    with (
        atomic_file(path_to_docs) as temporary,
        open(temporary, "wb") as raw,
        # gzip writes the file's name and time into its header unless told not to.
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
        TextIOWrapper(packed, encoding="utf-8") as lines,
    ):
        for document in documents(facts, teller):
            lines.write(json.dumps(document, ensure_ascii=False) + "\n")
