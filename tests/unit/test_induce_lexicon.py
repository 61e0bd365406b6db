"""The rule `induce_lexicon`: which lines are parallel, what becomes of them, and what it writes."""

import csv

import pyarrow as pa
import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.parallel_text import parallel_lines
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.tables import LEXICON, PAIRS, TEXTS, read_table, write_table
from workflow_scripts.induce_lexicon import induce
from workflow_scripts.translation import lexicon_induction
from workflow_scripts.translation.lexicon_induction import induce_lexicon
from workflow_scripts.translation.word_forms import usual_forms, word_splitter

SENTENCES = [
    ("The river is long", "Mto ni mrefu"),
    ("The river is in Kenya", "Mto upo Kenya"),
    ("A lake in Kenya", "Ziwa la Kenya"),
    ("The lake is deep", "Ziwa ni kina"),
    ("A long road", "Barabara ndefu"),
]


def write_texts(path, texts):
    rows = [
        {"text_id": str(number), "group_id": group, "source": "s", "lang": "xx", "text": text}
        for number, (group, text) in enumerate(texts)
    ]
    write_table(pa.Table.from_pylist(rows, schema=TEXTS), path, TEXTS)
    return path


def write_pairs(path, pairs):
    rows = [
        dict(zip(("pair_id", "query", "title", "passage"), pair, strict=True))
        | {"group_id": "g", "source": "s", "lang": "xx", "origin": "native", "negatives": None}
        for pair in pairs
    ]
    write_table(pa.Table.from_pylist(rows, schema=PAIRS), path, PAIRS)
    return path


def test_texts_are_parallel_where_a_group_has_one_in_each_language(tmp_path):
    english = write_texts(tmp_path / "en.parquet", [("a", "A"), ("b", "B"), ("b", "B too"), ("c", "C"), ("d", "D")])
    other = write_texts(tmp_path / "sw.parquet", [("d", "d"), ("a", "a"), ("b", "b"), ("x", "x")])
    counts = RowCounts()
    assert list(parallel_lines("texts", [(english, other)], counts)) == [("A", "a"), ("D", "d")]
    assert counts == {("lines", "several of one group"): 1, ("lines", "no translation"): 1}


def test_pairs_are_parallel_by_id_and_part(tmp_path):
    english = write_pairs(
        tmp_path / "en.parquet", [("1", "Q", "T", "P"), ("2", "Q2", None, None), ("3", "Q3", "", "P")]
    )
    other = write_pairs(tmp_path / "sw.parquet", [("3", None, "t", "p"), ("1", "q", "t", "p")])
    counts = RowCounts()
    assert list(parallel_lines("pairs", [(english, other)], counts)) == [("Q", "q"), ("T", "t"), ("P", "p"), ("P", "p")]
    assert counts == {("lines", "no translation"): 1}


def run(folder, english, other, min_count=2, min_weight=0.2, kind="texts"):
    induce(
        kind=kind,
        paths=[(english, other)],
        min_count=min_count,
        min_weight=min_weight,
        path_to_lexicon=folder / "lexicon.parquet",
        path_to_dropped=folder / "dropped.csv",
    )
    with open(folder / "dropped.csv", encoding="utf-8", newline="") as file:
        counts = {(row["kind"], row["reason"]): int(row["count"]) for row in csv.DictReader(file)}
    return read_table(folder / "lexicon.parquet", LEXICON).to_pylist(), counts


def test_the_rule_writes_a_lexicon_in_the_usual_casing_the_same_each_time(tmp_path):
    english = write_texts(tmp_path / "en.parquet", [(str(n), line) for n, (line, _) in enumerate(SENTENCES * 2)])
    other = write_texts(tmp_path / "sw.parquet", [(str(n), line) for n, (_, line) in enumerate(SENTENCES * 2)])
    lexicon, counts = run(tmp_path, english, other)
    best = {row["word"]: row["translation"] for row in reversed(lexicon)}
    assert {word: best[word] for word in ("river", "kenya", "lake")} == {
        "river": "Mto",
        "kenya": "Kenya",
        "lake": "Ziwa",
    }
    assert counts == {("entries", "kept"): len(lexicon), ("lines", "kept"): len(SENTENCES)}
    first = (tmp_path / "lexicon.parquet").read_bytes()
    run(tmp_path, english, other)
    assert (tmp_path / "lexicon.parquet").read_bytes() == first


def test_no_entry_left_stops_the_rule(tmp_path):
    english = write_texts(tmp_path / "en.parquet", [("a", "one two"), ("b", "three")])
    other = write_texts(tmp_path / "sw.parquet", [("a", "moja mbili"), ("b", "tatu")])
    with pytest.raises(InputError, match=r"sw\.parquet: 2 lines parallel to English give no entry"):
        run(tmp_path, english, other)
    with pytest.raises(InputError, match="'lines' is not one of texts, pairs"):
        run(tmp_path, english, other, kind="lines")


def test_what_becomes_of_each_line_is_counted(monkeypatch):
    monkeypatch.setattr(lexicon_induction, "_MOST_CELLS", 9)
    lines = [("1, 2", "moja"), ("word", "?!"), ("a " * 121, "neno"), *SENTENCES]
    counts = RowCounts()
    list(induce_lexicon(lines, 1, 0.0, counts))
    assert counts["lines", "no word"] == 2
    assert counts["lines", "too long"] == 1
    assert counts["lines", "kept"] >= 1 and counts["lines", "beyond the memory"] >= 1
    assert sum(counts.values()) == len(lines)


def test_words_keep_their_marks_and_inner_apostrophes():
    split = word_splitter([])
    assert split("Ọjọ́ kẹta, ng'ombe 12 e\u0301!") == ["Ọjọ́", "kẹta", "ng'ombe", "é"]
    assert usual_forms(["Der", "der", "der", "Hund"]) == {"der": "der", "hund": "Hund"}


def test_a_text_may_have_more_letters_than_a_vocabulary_has_pieces():
    letters = [chr(0x4E00 + number) for number in range(6_000)]
    texts = ["".join(letters[first : first + 30]) for first in range(0, len(letters), 10)]
    split = word_splitter(texts)
    assert all("".join(split(text)) == text for text in texts)


def test_words_of_a_script_without_spaces_are_learned_from_its_text():
    """Thai lines of four words each: the pieces that are learned give a lexicon that has them."""
    thai = {"river": "แม่น้ำ", "long": "ยาว", "lake": "ทะเลสาบ", "deep": "ลึก", "school": "โรงเรียน", "big": "ใหญ่"}
    names = list(thai)
    lines = []
    for first in names:
        for second in names:
            if first != second:
                lines += [(f"{first} {second}", thai[first] + thai[second]), (first, thai[first])]
    best = {}
    for entry in induce_lexicon(lines, 2, 0.0, RowCounts()):
        best.setdefault(entry.word, entry.translation)
    assert {word: best[word] for word in names} == thai
    assert list(induce_lexicon(lines, 2, 0.0, RowCounts())) == list(induce_lexicon(lines, 2, 0.0, RowCounts()))
