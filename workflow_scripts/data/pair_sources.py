"""A source's training pairs, whatever its format."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from workflow_scripts.data.draw import draw_keys
from workflow_scripts.data.layouts import pair_files
from workflow_scripts.data.readers.csclir import read_csclir_pairs
from workflow_scripts.data.readers.dpr import read_dpr_pairs
from workflow_scripts.data.readers.json_lines import read_json_pairs
from workflow_scripts.data.readers.mlqa import read_mlqa_pairs
from workflow_scripts.data.readers.mmarco import read_mmarco_pairs
from workflow_scripts.data.readers.pair_table import read_table_pairs
from workflow_scripts.data.readers.squad import read_squad_pairs
from workflow_scripts.data.readers.xtreme_squad import read_xtreme_squad_pairs
from workflow_scripts.data.records import Pair
from workflow_scripts.data.row_counts import RowCounts

# How a format's text came to be in another language than it was written in (the column `origin` of PAIRS).
_ORIGINS = {"mlqa": "human", "csclir": "machine:csclir", "mmarco": "machine:google", "xtreme-squad": "machine:google"}
_WRITTEN_IN_ENGLISH = ("mmarco", "xtreme-squad")


@dataclass(frozen=True)
class PairOptions:
    """What of a source is read: ``examples`` pairs (None: all) drawn by a hash of ``seed`` and their ids.

    ``negatives`` is the most that a pair keeps; ``files`` and ``columns`` are for the formats that need to be told
    (docs/data.md).
    """

    examples: int | None = None
    negatives: int = 1
    seed: int = 1
    files: str | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)


def read_pairs(
    format: str, root: str | Path, lang: str, counts: RowCounts, options: PairOptions | None = None
) -> Iterator[Pair]:
    """Yield a source's pairs of ``lang`` in the order of its files; count in ``counts`` what is dropped.

    Raises InputError for an unknown format and, with file, line and reason, for broken files.
    """
    options = options or PairOptions()
    files = pair_files(format, root, lang, options.files)
    draw = {"examples": options.examples, "negatives": options.negatives, "seed": options.seed}
    # These draw by their own ids, before they read any text.
    if format == "mmarco":
        return read_mmarco_pairs(files, counts, **draw)
    if format == "csclir":
        return read_csclir_pairs(files, counts, **draw)
    return _drawn(_reader(format, files, lang, options), counts, options)


def pair_origin(format: str, lang: str) -> str:
    """Return ``native``, or ``human`` or ``machine:…`` for who translated the text into ``lang``."""
    if lang == "en" and format in _WRITTEN_IN_ENGLISH:
        return "native"
    return _ORIGINS.get(format, "native")


def _reader(format: str, files: list[Path], lang: str, options: PairOptions) -> Callable[[RowCounts], Iterator[Pair]]:
    if format == "mlqa":
        return partial(read_mlqa_pairs, files, lang)
    if format in ("squad", "tydiqa"):
        return partial(read_squad_pairs, files)
    if format == "xtreme-squad":
        return partial(read_xtreme_squad_pairs, files)
    if format == "dpr":
        return partial(read_dpr_pairs, files, negatives=options.negatives)
    if format == "table":
        return partial(read_table_pairs, files, columns=options.columns, negatives=options.negatives)
    return partial(read_json_pairs, files, negatives=options.negatives)


def _drawn(read: Callable[[RowCounts], Iterator[Pair]], counts: RowCounts, options: PairOptions) -> Iterator[Pair]:
    """Read a source once to draw from its ids, and again to yield what is drawn: never the whole in memory."""
    if options.examples is None:
        yield from read(counts)
        return
    drawn = draw_keys((pair.pair_id for pair in read(RowCounts())), options.examples, options.seed)
    for pair in read(counts):
        if pair.pair_id in drawn:
            yield pair
        else:
            counts["pairs", "not drawn"] += 1
