"""XTREME's translate-train SQuAD (arXiv 2003.11080): SQuAD v1.1, machine-translated, under the questions' own ids.

Two English paragraphs may become one text in translation, and one may become two; what a pair's group is, the
English file says, so that it is the same in every language.
"""

from collections.abc import Iterator
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.readers.squad import read_squad_pairs
from workflow_scripts.data.records import Pair
from workflow_scripts.data.row_counts import RowCounts


def read_xtreme_squad_pairs(paths: list[Path], counts: RowCounts) -> Iterator[Pair]:
    """Yield the pairs of the last of ``paths``, in the groups of the first, which is the English file.

    Raises InputError for a question that the English file does not have.
    """
    english, *translated = paths
    if not translated:
        yield from read_squad_pairs([english], counts)
        return
    groups = {pair.pair_id: pair.group for pair in read_squad_pairs([english], RowCounts())}
    for pair in read_squad_pairs(translated, counts):
        if pair.pair_id not in groups:
            raise InputError(
                f"{translated[0]}: question {pair.pair_id!r} does not stand in {english}; fetch both again"
            )
        yield pair._replace(group=groups[pair.pair_id])
