import csv
import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import PAIRS, read_table, write_table
from workflow_scripts.translate import translate
from workflow_scripts.translation.engine import Translation
from workflow_scripts.translation.pairs import translate_pairs
from workflow_scripts.translation.reasons import KEPT, REASONS

ROOT = Path(__file__).parents[2]
QUALITY = {
    "min_length_ratio": 0.3,
    "max_length_ratio": 3.0,
    "max_copied": 0.6,
    "min_script": 0.5,
    "max_repeated": 0.4,
}
GLOSSARY = """what is the capital of\tmji mkuu ni upi wa
the capital of\tmji mkuu wa
is\tni
kenya\tKenya
uganda\tUganda
capital\tmji mkuu
"""


def pair(number, query, title, passage, group=None, **facts):
    row = {
        "pair_id": f"p{number}",
        "group_id": group or f"trivia:{number}",
        "source": "trivia",
        "lang": "en",
        "origin": "native",
        "query": query,
        "title": title,
        "passage": passage,
        "negatives": None,
    }
    return row | facts


PAIR = pair(1, "What is the capital of Kenya?", "Kenya", "The capital of Kenya is Nairobi.")


class Reversing:
    """Turns words round; texts it is told about come back cut off, empty or copied."""

    name = "reversing"

    def __init__(self, cut_off=(), empty=(), copied=()):
        self.cut_off, self.empty, self.copied = set(cut_off), set(empty), set(copied)
        self.seen = []

    def translate(self, texts, source_lang, target_lang):
        assert (source_lang, target_lang) == ("en", "sw")
        self.seen += texts
        return [Translation(self._one(text), text in self.cut_off) for text in texts]

    def _one(self, text):
        if text in self.empty:
            return " "
        return text if text in self.copied else " ".join(word[::-1] for word in text.split())


def translated(rows, engine, share=1.0):
    table = pa.Table.from_pylist(rows, schema=PAIRS)
    made = translate_pairs(table, engine, "sw", "Latin", share, QUALITY)
    return made.pairs.to_pylist(), {(row.side, row.reason): row.count for row in made.yields if row.count}


def test_a_pair_keeps_its_ids_names_its_origin_and_loses_its_negatives():
    rows, _ = translated([PAIR | {"negatives": [{"title": "", "passage": "Kampala is elsewhere."}]}], Reversing())
    assert rows == [
        PAIR
        | {
            "lang": "sw",
            "origin": "machine:reversing",
            "query": "tahW si eht latipac fo ?ayneK",
            "title": "ayneK",
            "passage": "ehT latipac fo ayneK si .iboriaN",
        }
    ]


def test_order_is_the_source_s_and_equal_texts_are_translated_once():
    engine = Reversing()
    rows, counts = translated([pair(i, f"question {i} here", "Kenya", "One passage.") for i in (3, 1, 2)], engine)
    assert [row["pair_id"] for row in rows] == ["p3", "p1", "p2"]
    assert sorted(engine.seen) == sorted({*engine.seen})
    assert len(engine.seen) == 5
    assert counts == {("query", KEPT): 3, ("passage", KEPT): 3, ("pair", KEPT): 3}


def test_an_empty_title_stays_empty_and_a_missing_side_missing():
    rows, counts = translated(
        [
            pair(1, "one question", "", "some passage"),
            pair(2, "two questions", None, None),
            pair(3, None, "Title", "more passages"),
        ],
        Reversing(),
    )
    assert [(row["query"], row["title"], row["passage"]) for row in rows] == [
        ("eno noitseuq", "", "emos egassap"),
        ("owt snoitseuq", None, None),
        (None, "eltiT", "erom segassap"),
    ]
    assert counts == {("query", KEPT): 2, ("passage", KEPT): 2, ("pair", KEPT): 3}


def test_a_pair_falls_with_either_side_and_is_counted_once():
    rows, counts = translated(
        [
            pair(1, "fine question", "Title", "fine passage"),
            pair(2, "copied question", "Title", "fine passage"),
            pair(3, "fine question", "Title", "empty passage"),
            pair(4, "fine question", "Title", "cut passage"),
            pair(5, "copied question", "Title", "empty passage"),
            pair(6, "fine question", "cut title", "fine passage"),
        ],
        Reversing(cut_off=["cut passage", "cut title"], empty=["empty passage"], copied=["copied question"]),
    )
    assert [row["pair_id"] for row in rows] == ["p1"]
    assert counts == {
        ("query", KEPT): 4,
        ("query", "copied"): 2,
        ("passage", KEPT): 2,
        ("passage", "empty"): 2,
        ("passage", "cut_off"): 2,
        ("pair", KEPT): 1,
        ("pair", "copied"): 1,
        ("pair", "empty"): 2,
        ("pair", "cut_off"): 2,
    }


def test_a_copied_title_alone_does_not_fail_a_passage():
    rows, _ = translated([pair(1, "some question", "Kenya", "quite another passage")], Reversing(copied=["Kenya"]))
    assert rows[0]["title"] == "Kenya"


def test_an_empty_source_text_is_dropped():
    rows, counts = translated([pair(1, "", "", "some passage")], Reversing())
    assert rows == []
    assert counts[("query", "empty")] == 1


@pytest.fixture
def job(tmp_path):
    write_table(
        pa.Table.from_pylist(
            [
                PAIR,
                pair(2, "What is the capital of Uganda?", "Uganda", "The capital of Uganda is Kampala."),
                pair(3, "Who are you?", "Nobody", "Nothing in here is known to it."),
            ],
            schema=PAIRS,
        ),
        tmp_path / "en.parquet",
        PAIRS,
    )
    (tmp_path / "sw.tsv").write_text(GLOSSARY, encoding="utf-8")
    return {
        "source": "trivia",
        "lang": "sw",
        "share": 1.0,
        "translation": {"engine": "glossary", "quality": QUALITY},
        "path_to_pairs": tmp_path / "en.parquet",
        "path_to_glossary": tmp_path / "sw.tsv",
        "path_to_languages": ROOT / "resources/languages.csv",
        "path_to_output": tmp_path / "out/sw.parquet",
        "path_to_yield": tmp_path / "out/sw.yield.csv",
    }


def test_command_line(job, tmp_path):
    command = [sys.executable, "-m", "workflow_scripts.translate", "--source", "trivia", "--lang", "sw", "--share", "1"]
    command += ["--pairs", job["path_to_pairs"], "--settings", json.dumps(job["translation"])]
    command += ["--glossary", job["path_to_glossary"], "--languages", job["path_to_languages"]]
    command += ["--output", job["path_to_output"], "--yield", job["path_to_yield"]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = read_table(job["path_to_output"], PAIRS).to_pylist()
    assert [(row["pair_id"], row["group_id"], row["lang"], row["origin"]) for row in rows] == [
        ("p1", "trivia:1", "sw", "machine:glossary"),
        ("p2", "trivia:2", "sw", "machine:glossary"),
    ]
    assert rows[0]["query"] == "mji mkuu ni upi wa Kenya?"
    assert rows[0]["passage"] == "mji mkuu wa Kenya ni Nairobi."
    with job["path_to_yield"].open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert list(table[0]) == ["source", "lang", "side", "reason", "count"]
    assert [row["reason"] for row in table if row["side"] == "query"] == [KEPT, *REASONS[:6]]
    counts = {(row["side"], row["reason"]): int(row["count"]) for row in table if row["count"] != "0"}
    assert counts == {
        ("query", KEPT): 2,
        ("query", "copied"): 1,
        ("passage", KEPT): 2,
        ("passage", "copied"): 1,
        ("pair", KEPT): 2,
        ("pair", "copied"): 1,
    }
    assert sorted(entry.name for entry in job["path_to_output"].parent.iterdir()) == ["sw.parquet", "sw.yield.csv"]


def test_the_same_job_gives_the_same_bytes(job):
    translate(**job)
    first = job["path_to_output"].read_bytes(), job["path_to_yield"].read_bytes()
    translate(**job)
    assert (job["path_to_output"].read_bytes(), job["path_to_yield"].read_bytes()) == first


def test_a_glossary_in_another_language_s_script_is_caught(job):
    with pytest.raises(
        InputError, match=r"no translation into te passes quality control \(copied 1, script 2\).*of script"
    ):
        translate(**job | {"lang": "te"})
    assert not job["path_to_output"].exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lang": "xx"}, "--lang xx: not in"),
        ({"lang": "en"}, "are in en already"),
        ({"source": "other"}, "holds pairs of trivia, not of other alone"),
        ({"share": 0.0}, "share 0 of the pairs"),
        ({"share": 1.5}, "share 1.5 of the pairs"),
        ({"translation": {"engine": "magic", "quality": QUALITY}}, "no engine is called 'magic'"),
        ({"translation": {"engine": "glossary", "quality": {}}}, "translation.quality.max_copied: is missing"),
        ({"translation": {"engine": "glossary"}}, "translation.quality: is missing"),
        ({"path_to_glossary": None}, "name it with --glossary"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(job, change, said):
    with pytest.raises(InputError) as error:
        translate(**job | change)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert not job["path_to_output"].parent.exists()


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "holds no pairs"),
        ([PAIR, PAIR], "a pair_id stands twice"),
        ([PAIR, PAIR | {"lang": "es"}], "holds pairs in en, es"),
    ],
)
def test_pairs_that_are_not_one_source_in_one_language(job, rows, said):
    write_table(pa.Table.from_pylist(rows, schema=PAIRS), job["path_to_pairs"], PAIRS)
    with pytest.raises(InputError) as error:
        translate(**job)
    assert said in str(error.value)


def test_it_imports_no_torch():
    code = "import sys, workflow_scripts.translate; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
