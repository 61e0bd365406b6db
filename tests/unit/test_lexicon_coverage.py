"""What lexicons cover of the English training text."""

import csv

import pyarrow as pa

from workflow_scripts.data.table_stream import spread_rows
from workflow_scripts.data.tables import LEXICON, PAIRS, write_table
from workflow_scripts.measure_lexicons import measure_lexicons
from workflow_scripts.translation.code_switching import CodeSwitcher, SwitchSettings
from workflow_scripts.translation.english_tokens import tokenize
from workflow_scripts.translation.lexicon import best_translations
from workflow_scripts.translation.lexicon_coverage import Coverage, coverage


def lexicon(*words):
    columns = {"word": list(words), "translation": ["x"] * len(words), "weight": [1.0] * len(words)}
    return pa.table(columns, schema=LEXICON)


def pairs(*texts):
    return [
        {"pair_id": str(number), "group_id": "g", "source": "s", "lang": "en", "origin": "native"}
        | {"query": query, "title": None, "passage": passage, "negatives": None}
        for number, (query, passage) in enumerate(texts)
    ]


TEXTS = [
    ("Where is the river Nile?", "The Nile, a river. 6,650 km long"),
    ("Who?", "The Nile is the river's name"),
    ("Is it long?", None),
]


def test_phrases_cover_all_their_words_and_a_type_is_covered_where_it_is_so_anywhere():
    table = best_translations([lexicon("river nile", "the")])
    texts = [tokenize("the river Nile, the Nile"), tokenize("long River's 12")]
    # river and nile as a phrase, the twice; not the second Nile, nor long and River.
    assert coverage(texts, table) == Coverage(tokens=7, covered_tokens=4, types=4, covered_types=3)
    assert coverage([], table) == Coverage(0, 0, 0, 0)


def test_the_rule_writes_what_code_switching_with_probability_1_replaces(tmp_path):
    for name, words in (("muse", ("the", "river", "is")), ("small", ("long",))):
        write_table(lexicon(*words), tmp_path / name / "sw.parquet", LEXICON)
    write_table(pa.Table.from_pylist(pairs(*TEXTS), schema=PAIRS), tmp_path / "atlas/en.parquet", PAIRS)
    measure_lexicons(
        paths_to_lexicons=[tmp_path / "muse/sw.parquet", tmp_path / "small/sw.parquet"],
        paths_to_pairs=[tmp_path / "atlas/en.parquet"],
        path_to_coverage=tmp_path / "coverage.csv",
    )
    with open(tmp_path / "coverage.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["lexicon"], row["lang"], row["words"], row["source"], row["side"], row["pairs"]) for row in rows] == [
        ("muse", "sw", "3", "atlas", "query", "3"),
        ("muse", "sw", "3", "atlas", "passage", "3"),
        ("small", "sw", "1", "atlas", "query", "3"),
        ("small", "sw", "1", "atlas", "passage", "3"),
    ]
    switcher = CodeSwitcher(
        {"sw": best_translations([lexicon("the", "river", "is")])}, SwitchSettings("bilingual", 1.0, "both", 1)
    )
    list(switcher.switch(pairs(*TEXTS)))
    assert [(row.words, row.replaced) for row in switcher.realised()] == [
        (int(row["tokens"]), int(row["covered_tokens"])) for row in rows[:2]
    ]


def test_rows_are_spread_evenly_over_a_table(tmp_path):
    rows = pairs(*((str(number), None) for number in range(20_000)))
    write_table(pa.Table.from_pylist(rows, schema=PAIRS), tmp_path / "en.parquet", PAIRS)
    for count, step in ((20_000, 1), (30_000, 1), (10_000, 2), (9_000, 3), (3, 6667)):
        found = [int(row["query"]) for row in spread_rows(tmp_path / "en.parquet", PAIRS, ["query"], count)]
        assert found == list(range(0, 20_000, step)) and len(found) <= count
