"""What readers yield: rows of PAIRS, TEXTS, QUERIES, PASSAGES, QRELS, LEXICON before source and language are added."""

from typing import NamedTuple


class Negative(NamedTuple):
    """A passage that a source says does not answer the query; ``title`` is empty where the source has none."""

    title: str
    passage: str


class Pair(NamedTuple):
    """A training pair of one language. Where only one side exists, the other side (and its title) is None.

    ``negatives`` are hard negatives in that language; None where the source has none for the pair.
    """

    pair_id: str
    group: str
    query: str | None
    title: str | None
    passage: str | None
    negatives: list[Negative] | None = None


class Text(NamedTuple):
    """A pre-training text of one language; parallel texts, or texts of one passage, share ``group``."""

    text_id: str
    group: str
    text: str


class LexiconEntry(NamedTuple):
    """An English word or phrase and one translation; ``weight`` is above 0, None where the source does not weigh."""

    word: str
    translation: str
    weight: float | None = None


class Query(NamedTuple):
    """An evaluation query."""

    query_id: str
    text: str


class Passage(NamedTuple):
    """An evaluation passage; ``title`` is empty where the source has none."""

    passage_id: str
    title: str
    text: str


class Judgement(NamedTuple):
    """How relevant a passage is to a query: 0 is not."""

    query_id: str
    passage_id: str
    relevance: int
