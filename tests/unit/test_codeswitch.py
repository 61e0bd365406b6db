"""The rule `codeswitch`: what is replaced, by what, and what it writes."""

import csv
from dataclasses import replace

import pyarrow as pa
import pytest
from training_case import write_tokenizer, write_tokens

from workflow_scripts.codeswitch import codeswitch
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import LEXICON, PAIRS, read_table, write_table
from workflow_scripts.training.pairs import read_pairs
from workflow_scripts.translation.code_switching import CodeSwitcher, SwitchSettings
from workflow_scripts.translation.lexicon import best_translations

WHOLE = SwitchSettings(mode="bilingual", share=1.0, sides="both", seed=1)


def lexicon(**entries):
    words = [word.replace("_", " ") for word in entries]
    columns = {"word": words, "translation": list(entries.values()), "weight": [1.0] * len(entries)}
    return pa.table(columns, schema=LEXICON)


def pair(number, query="Where is the river?", passage="The river Nile is long.", **others):
    ids = {"pair_id": f"p{number}", "group_id": f"s:{number}", "source": "s", "lang": "en", "origin": "native"}
    return {**ids, "query": query, "title": "Nile", "passage": passage, "negatives": None, **others}


def switch_text(text, *lexicons):
    switcher = CodeSwitcher({"sw": best_translations(lexicons)}, WHOLE)
    return next(switcher.switch([pair(1, query=text)]))["query"]


@pytest.mark.parametrize(
    ("text", "switched"),
    [
        ("the River Nile flows.", "the Mto Nili flows."),  # the longest phrase, cased as its first word
        ("river", "mto"),
        ("RIVER, Rivers;  river-bank", "MTO, Rivers;  mto-bank"),  # no stemming; punctuation and spaces stay
        ("the river's source", "the mto's source"),  # a clitic is no part of its word
        ("river\nnile\t1888", "mto Nili\t1888"),
        ("\u0438\u0306 river", "\u0439 mto"),  # what is switched is brought to NFC
        ("\u0438\u0306", "\u0438\u0306"),  # what is not stays to the bit
        ("", ""),
    ],
)
def test_words_are_replaced_longest_first(text, switched):
    assert switch_text(text, lexicon(river="mto", river_nile="mto Nili")) == switched


def test_of_several_lexicons_the_first_that_has_a_word_decides_and_of_translations_the_best():
    first = pa.table({"word": ["river", "river"], "translation": ["mto", "jito"], "weight": [2.0, 1.0]}, schema=LEXICON)
    assert switch_text("river long", first, lexicon(river="mfereji", long="ndefu")) == "mto ndefu"


def test_titles_have_their_passages_language_and_hard_negatives_their_own():
    words = {lang: lexicon(nile=f"{lang}1") for lang in ("sw", "yo")}
    switcher = CodeSwitcher({lang: best_translations([table]) for lang, table in words.items()}, WHOLE)
    seen = set()
    for number in range(40):
        negatives = [{"title": "nile", "passage": f"nile nile {number}"}]
        texts = {"query": "nile", "title": "nile", "passage": f"nile {number}", "negatives": negatives}
        made = next(switcher.switch([pair(number, **texts)]))
        assert made["passage"] == f"{made['title']} {number}" and made["query"] != made["title"]
        lang = made["negatives"][0]["title"]
        assert made["negatives"][0]["passage"] == f"{lang} {lang} {number}"
        seen.add((made["query"], lang))
    assert seen == {(query, negative) for query in ("sw1", "yo1") for negative in ("sw1", "yo1")}


@pytest.fixture
def files(tmp_path):
    rows = [pair(1), pair(2, query=None), pair(3, passage=None, title=None)]
    write_table(pa.Table.from_pylist(rows, schema=PAIRS), tmp_path / "en.parquet", PAIRS)
    for lang, translation in (("sw", "mto"), ("yo", "odò")):
        write_table(lexicon(river=translation), tmp_path / f"{lang}.parquet", LEXICON)
    return tmp_path


def run(folder, settings=WHOLE, langs=("sw", "yo"), pairs="en.parquet"):
    codeswitch(
        strategy="cs",
        source="s",
        path_to_pairs=folder / pairs,
        paths_to_lexicons=[(lang, folder / f"{lang}.parquet") for lang in langs],
        settings=settings,
        path_to_output=folder / "switched.parquet",
        path_to_rates=folder / "rates.csv",
    )
    with open(folder / "rates.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_rule_writes_pairs_that_training_reads_and_the_realised_rates(files):
    rates = run(files)
    tokenizer = write_tokenizer(files / "tokenizer")
    pairs = read_pairs(
        [files / "switched.parquet"],
        write_tokens(tokenizer, [files / "switched.parquet"], files / "tokens"),
        [],
        ["en"],
    )
    assert pairs.languages == ["en"]
    assert [(row >= 0).tolist() for row in pairs.sources[0].queries] == [[True, False, True]]
    queries = read_table(files / "switched.parquet", PAIRS)["query"].to_pylist()
    assert all("mto" in text or "odò" in text for text in queries if text)
    assert [(row["strategy"], row["source"], row["side"], row["lang"]) for row in rates] == [
        ("cs", "s", side, lang) for side in ("query", "passage") for lang in ("sw", "yo")
    ]
    totals = {
        side: [sum(int(row[key]) for row in rates if row["side"] == side) for key in ("words", "drawn", "replaced")]
        for side in ("query", "passage")
    }
    assert totals == {"query": [8, 8, 2], "passage": [12, 12, 2]}  # a title is a word more
    assert read_table(files / "switched.parquet", PAIRS)["group_id"].to_pylist() == ["s:1", "s:2", "s:3"]


def test_the_rule_writes_the_same_bytes_twice(files):
    run(files)
    first = (files / "switched.parquet").read_bytes()
    run(files)
    assert (files / "switched.parquet").read_bytes() == first


def test_a_lexicon_that_has_no_word_of_the_text_stops_the_rule(files):
    write_table(lexicon(mountain="mlima"), files / "sw.parquet", LEXICON)
    with pytest.raises(InputError, match="no word of 20 was replaced"):
        run(files, langs=("sw",))


def test_where_no_word_was_drawn_the_lexicon_is_not_to_blame(files):
    rates = run(files, settings=replace(WHOLE, share=1e-9))
    assert {row["drawn"] for row in rates} == {"0"}


def test_a_table_that_is_none_is_named(files):
    (files / "broken.parquet").write_bytes(b"no")
    with pytest.raises(InputError, match=r"broken\.parquet: not a readable table"):
        run(files, pairs="broken.parquet")


@pytest.mark.parametrize("wrong", [{"mode": "trilingual"}, {"sides": "neither"}, {"share": 1.5}])
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(InputError, match=f"codeswitch.{next(iter(wrong))}"):
        SwitchSettings(**{"mode": "bilingual", "share": 0.5, "sides": "both", "seed": 1, **wrong})
    with pytest.raises(InputError, match=r"codeswitch\.lexicons"):
        CodeSwitcher({}, WHOLE)
