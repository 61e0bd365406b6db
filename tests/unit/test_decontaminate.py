import csv
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workflow_scripts import decontaminate as entry_module
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.ngrams import NgramHasher
from workflow_scripts.data.overlap import OverlapIndex
from workflow_scripts.data.tables import OVERLAPS, PAIRS, PASSAGES, QUERIES, TEXTS, read_table, write_table
from workflow_scripts.decontaminate import decontaminate

REPOSITORY = Path(__file__).resolve().parents[2]
RIVER = "the river rises in the hills and meets the sea after nine hundred miles of slow brown water"


def table(schema, *rows):
    # A row may leave out the last columns; they are null.
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=False)) for row in rows], schema=schema)


@pytest.fixture
def given(tmp_path):
    collection = tmp_path / "collections/rivers/en"
    write_table(table(QUERIES, ("q1", "en", "Where does it rise?")), collection / "queries.parquet", QUERIES)
    write_table(table(PASSAGES, ("d#1", "en", "Title", RIVER)), collection / "passages.parquet", PASSAGES)
    pairs = table(
        PAIRS,
        (
            "clean",
            "s:1",
            "s",
            "en",
            "native",
            "What is it?",
            "T",
            "Nothing of that kind stands in any evaluation text.",
        ),
        ("exact query", "s:2", "s", "en", "native", "WHERE does it rise", "T", "Something else."),
        ("near passage", "s:3", "s", "en", "native", "Which?", "T", f"{RIVER}, as they say in books."),
        ("both", "s:4", "s", "en", "native", "where does it rise!", "T", f"{RIVER}, as they say."),
        ("one side", "s:5", "s", "en", "human", None, None, RIVER.upper()),
        ("query in a passage", "s:6", "s", "en", "human", "rises in the hills and meets the sea after", None, None),
    )
    write_table(pairs, tmp_path / "pairs.parquet", PAIRS)
    texts = table(TEXTS, ("1", "n:1", "n", "en", RIVER + "."), ("2", "n:2", "n", "en", "Where?"))
    write_table(texts, tmp_path / "texts.parquet", TEXTS)
    return tmp_path


def run(folder, **changes):
    decontaminate(
        **{
            "lang": "en",
            "ngram": 8,
            "max_overlap": 0.5,
            "on_overlap": "drop",
            "paths_to_pairs": [str(folder / "pairs.parquet")],
            "paths_to_texts": [str(folder / "texts.parquet")],
            "folders_of_collections": {"rivers": str(folder / "collections/rivers/en")},
            "path_to_overlaps": folder / "overlaps.parquet",
            "path_to_report": folder / "report.csv",
        }
        | changes
    )
    return read_table(folder / "overlaps.parquet", OVERLAPS).to_pylist()


def test_either_side_of_a_pair_is_compared_with_queries_and_passages(given):
    rows = {row["id"]: row for row in run(given)}
    assert {key: (row["kind"], row["reason"], row["matched"]) for key, row in rows.items()} == {
        "exact query": ("pairs", "exact", "q:q1"),
        "near passage": ("pairs", "ngram", "p:d#1"),
        "both": ("pairs", "exact", "q:q1"),
        "one side": ("pairs", "exact", "p:d#1"),
        "query in a passage": ("pairs", "ngram", "p:d#1"),
        "1": ("texts", "exact", "p:d#1"),
    }
    # 18 words give 11 n-grams of 8; five more words give 5 more.
    assert rows["near passage"]["share"] == pytest.approx(11 / 16)
    assert {(row["lang"], row["collection"]) for row in rows.values()} == {("en", "rivers")}


def pair(name, passage="Nothing of that kind stands there.", negatives=None):
    negatives = negatives and [{"title": RIVER, "passage": text} for text in negatives]
    return (name, f"s:{name}", "s", "en", "native", "What is it?", "T", passage, negatives)


def write_negatives(folder):
    pairs = [
        pair("none"),
        pair("empty", negatives=[]),
        pair("clean", negatives=["Nor here.", "Nor there."]),
        pair("third", negatives=["Nor here.", "", f"{RIVER}, as they say in books.", "Nor there."]),
        pair("two", negatives=[RIVER.upper(), "where does it rise!"]),
        pair("both sides", RIVER, ["Nor here.", RIVER]),
    ]
    write_table(table(PAIRS, *pairs), folder / "pairs.parquet", PAIRS)


def test_hard_negatives_are_compared_each_for_itself(given, monkeypatch):
    write_negatives(given)
    expected = {
        ("negatives", "third", 2): ("ngram", "p:d#1"),
        ("negatives", "two", 0): ("exact", "p:d#1"),
        ("negatives", "two", 1): ("exact", "q:q1"),
        ("pairs", "both sides", None): ("exact", "p:d#1"),
        ("negatives", "both sides", 1): ("exact", "p:d#1"),
    }
    for rows_at_once in (16_384, 4, 1):
        monkeypatch.setattr(entry_module, "_ROWS", rows_at_once)
        rows = run(given, paths_to_texts=[])
        found = {(row["kind"], row["id"], row["negative"]): (row["reason"], row["matched"]) for row in rows}
        assert found == expected and len(rows) == len(expected)
    assert rows[0]["share"] == pytest.approx(11 / 16)
    assert (given / "report.csv").read_text().splitlines() == [
        "kind,source,lang,reason,checked,dropped",
        "negatives,s,en,exact,10,3",
        "negatives,s,en,ngram,10,1",
        "pairs,s,en,exact,6,1",
        "pairs,s,en,ngram,6,0",
    ]


def test_a_hard_negative_can_stop_a_run_too(given, caplog):
    caplog.set_level("INFO")
    write_negatives(given)
    with pytest.raises(InputError, match="in en, 4 negatives of s, 1 pairs of s stand in evaluation text"):
        run(given, on_overlap="stop", paths_to_texts=[])
    assert "negatives of s: number 2 of third stands in p:d#1 of rivers" in caplog.text


def test_the_report_counts_by_source_and_reason(given):
    run(given)
    assert list(csv.reader((given / "report.csv").read_text().splitlines())) == [
        ["kind", "source", "lang", "reason", "checked", "dropped"],
        ["pairs", "s", "en", "exact", "6", "3"],
        ["pairs", "s", "en", "ngram", "6", "2"],
        ["texts", "n", "en", "exact", "2", "1"],
        ["texts", "n", "en", "ngram", "2", "0"],
    ]


def test_the_share_must_reach_the_threshold(given):
    assert "near passage" in {row["id"] for row in run(given, max_overlap=11 / 16)}
    assert "near passage" not in {row["id"] for row in run(given, max_overlap=0.69)}


def test_without_evaluation_or_training_text_the_tables_are_empty(given):
    assert run(given, folders_of_collections={}) == []
    assert run(given, paths_to_pairs=[], paths_to_texts=[]) == []
    assert (given / "report.csv").read_text() == "kind,source,lang,reason,checked,dropped\n"


def test_it_stops_where_it_shall_and_leaves_nothing(given, caplog):
    caplog.set_level("INFO")
    complaint = r"on_overlap: stop: in en, 5 pairs of s, 1 texts of n stand in evaluation text; .* Set it to drop"
    with pytest.raises(InputError, match=complaint) as caught:
        run(given, on_overlap="stop")
    assert "\n" not in str(caught.value)
    assert "pairs of s: near passage stands in p:d#1 of rivers" in caplog.text
    assert not (given / "overlaps.parquet").exists() and not (given / "report.csv").exists()
    assert run(given, on_overlap="stop", folders_of_collections={}) == []


def test_equal_input_gives_equal_bytes(given):
    run(given)
    first = (given / "overlaps.parquet").read_bytes()
    run(given)
    assert (given / "overlaps.parquet").read_bytes() == first


@pytest.mark.parametrize("changes", [{"max_overlap": 0}, {"max_overlap": 1.1}, {"ngram": 0}, {"on_overlap": "go"}])
def test_senseless_settings_are_refused(given, changes):
    with pytest.raises(InputError, match=r"decontamination: (max_overlap|ngram|on_overlap)"):
        run(given, **changes)


def test_another_table_is_refused(given):
    with pytest.raises(InputError, match="not a readable table"):
        run(given, paths_to_pairs=[str(given / "texts.parquet")])


def test_boilerplate_in_all_evaluation_texts_does_not_multiply_the_work():
    """Texts that share a paragraph with all evaluation texts: the search among these is done once, not once a text."""
    boilerplate = " ".join(f"word{number}" for number in range(30))
    evaluation = [(str(number), f"{boilerplate} number{number}") for number in range(10_000)]
    training = [f"{boilerplate} other{number}" for number in range(10_000)]
    index = OverlapIndex(evaluation, NgramHasher(8, unspaced=False), max_overlap=0.5)
    found = list(index.find(training))
    assert {(overlap.reason, overlap.matched) for overlap in found} == {("ngram", "0")}
    assert index._best.cache_info().misses == 1


def test_flags(given):
    command = [sys.executable, "-m", "workflow_scripts.decontaminate", "--lang", "en"]
    command += [
        "--settings",
        '{"ngram": 8, "max_overlap": 0.5, "on_overlap": "drop"}',
        "--pairs",
        given / "pairs.parquet",
        "--texts",
    ]
    command += ["--evaluation", f"rivers={given / 'collections/rivers/en'}"]
    command += ["--overlaps", given / "o.parquet", "--report", given / "o.csv"]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    assert pq.read_metadata(given / "o.parquet").num_rows == 5
    done = subprocess.run([*command, "--evaluation", "rivers"], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "error: --evaluation: 'rivers' is not of the form NAME=FOLDER"
