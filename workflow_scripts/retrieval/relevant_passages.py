"""The passages that are relevant to each query, in whatever language, as ``search`` ranks them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.qrels import Qrels
from workflow_scripts.retrieval.passages import PassageIds


@dataclass(frozen=True)
class RelevantPassages:
    """The relevant passages of one language's queries, grouped by query.

    ``query`` [g] counts queries from 0 in the order they were given; ``lang``, ``ids``, ``rows`` and ``numbers`` [g]
    say which passage (language, id, row among the language's, neutral id as uint64); those of query i
    stand at ``offsets[i]:offsets[i + 1]``, ordered by language and id.
    """

    query: np.ndarray
    lang: np.ndarray
    ids: np.ndarray
    rows: np.ndarray
    numbers: np.ndarray
    offsets: np.ndarray

    def of_queries(self, first: int, last: int) -> "RelevantPassages":
        """Return those of queries first, …, last − 1, which then count from 0."""
        part = slice(self.offsets[first], self.offsets[last])
        offsets = self.offsets[first : last + 1] - self.offsets[first]
        return RelevantPassages(
            self.query[part] - first, self.lang[part], self.ids[part], self.rows[part], self.numbers[part], offsets
        )


def find_relevant(queries: Sequence[str], qrels: Qrels, passages: Mapping[str, PassageIds]) -> RelevantPassages:
    """Collect the passages of every language that ``qrels`` says are relevant (above 0) to ``queries``.

    Raises InputError on a passage that its language does not have.
    """
    rows_of = {lang: _rows_of(passages[lang].ids, _relevant_ids(queries, qrels[lang])) for lang in qrels}
    found: list[tuple[int, str, str, int, int]] = []
    offsets = [0]
    for query, query_id in enumerate(queries):
        for lang in sorted(qrels):
            judged = qrels[lang].get(query_id, {})
            for passage_id in sorted(name for name, relevance in judged.items() if relevance > 0):
                row = rows_of[lang].get(passage_id)
                if row is None:
                    raise InputError(
                        f"qrels of {lang}: query {query_id} names passage {passage_id}, which {lang} does not have; "
                        "make the collection anew"
                    )
                found.append((query, lang, passage_id, row, passages[lang].numbers[row]))
        offsets.append(len(found))
    columns = list(zip(*found, strict=True)) or [()] * 5
    kinds = (np.int64, object, object, np.int64, np.uint64)
    return RelevantPassages(
        *(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)),
        offsets=np.array(offsets, dtype=np.int64),
    )


def _relevant_ids(queries: Sequence[str], judged: Mapping[str, Mapping[str, int]]) -> list[str]:
    return sorted({name for query in queries for name, relevance in judged.get(query, {}).items() if relevance > 0})


def _rows_of(ids: pa.ChunkedArray, wanted: list[str]) -> dict[str, int]:
    """Return the row of each of the ``wanted`` ids that is there; the others, which may be millions, stay Arrow's."""
    rows: dict[str, int] = {}
    first, values = 0, pa.array(wanted, type=pa.string())
    for piece in ids.chunks:
        places = pc.index_in(piece, value_set=values)
        found = np.flatnonzero(places.is_valid().to_numpy(zero_copy_only=False))
        rows.update(zip(map(wanted.__getitem__, places.drop_null().to_pylist()), (first + found).tolist(), strict=True))
        first += len(piece)
    return rows
