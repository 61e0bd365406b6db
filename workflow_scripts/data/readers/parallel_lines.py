"""Line-aligned parallel text: NTREX-128 and TICO-19. Line n of every language says the same and shares a group."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from workflow_scripts.data.records import Text
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_lines import read_columns, read_lines


def read_ntrex_texts(path: Path, counts: RowCounts) -> Iterator[Text]:
    """Yield NTREX-128's lines: one language a file, one sentence or two a line."""
    return _texts(read_lines(path), counts)


def read_tico19_texts(path: Path, lang: str, counts: RowCounts) -> Iterator[Text]:
    """Yield one column of a TICO-19 file: English, tab, the other language."""
    column = 0 if lang == "en" else 1
    return _texts(((number, columns[column]) for number, columns in read_columns(path, 2)), counts)


def _texts(lines: Iterable[tuple[int, str]], counts: RowCounts) -> Iterator[Text]:
    for number, line in lines:
        if text := line.strip():
            yield Text(str(number), str(number), text)
        else:
            counts["texts", "empty text"] += 1
