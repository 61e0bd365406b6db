"""The readers on the real files, against the counts of their publishers (docs/data.md)."""

import csv
import os
from pathlib import Path

import pyarrow as pa
import pytest
from collection_case import read_whole

from workflow_scripts.data import layouts
from workflow_scripts.data.collection_sources import read_collection
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.pair_sources import read_pairs
from workflow_scripts.data.passage_check import PassageCheck
from workflow_scripts.data.passages import BLOCK
from workflow_scripts.data.readers.miracl import read_qrels, read_topics
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_sources import read_texts

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("DATA_ROOT", REPOSITORY.parent / "shared" / "data"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no real data at {DATA}; set DATA_ROOT to its folder")

XQUAD_R = {
    "ar": 1222, "de": 1276, "el": 1234, "en": 1180, "es": 1215, "hi": 1244,
    "ru": 1219, "th": 852, "tr": 1167, "vi": 1209, "zh": 1196,
}  # fmt: skip
TYDIQA = {
    "ar": (921, 842), "bn": (113, 105), "en": (440, 429), "fi": (782, 634), "id": (565, 514),
    "ko": (276, 228), "ru": (812, 778), "sw": (499, 357), "te": (669, 601),
}  # fmt: skip
_TABLE = (REPOSITORY / "resources/languages.csv").read_text(encoding="utf-8")
LANGUAGES = {row["lang"]: row for row in csv.DictReader(_TABLE.splitlines())}
MIRACL = [lang for lang, row in LANGUAGES.items() if row["miracl_dev_queries"]]


@pytest.mark.parametrize("lang", XQUAD_R)
def test_xquad_r(lang):
    root = DATA / "xquad-r"
    queries, judgements, bare, counts = read_whole("xquad-r", root, lang, {"candidate": "sentence"})
    assert len(queries) == len({query.query_id for query in queries}) == len(judgements) == 1190
    assert len(bare) == len({passage.passage_id for passage in bare}) == XQUAD_R[lang]
    assert {judgement.passage_id for judgement in judgements} <= {passage.passage_id for passage in bare}
    assert 2 <= counts["qrels", "kept: answer crosses the end of its sentence"] <= 20
    assert counts.get(("passages", "kept: sentence differs from the slice at its offsets"), 0) == (
        2 if lang == "tr" else 0
    )
    *same, wide, _ = read_whole("xquad-r", root, lang, {"candidate": "sentence-in-paragraph"})
    assert same == [queries, judgements]
    assert all(long.text.startswith(f"{short.text} ") for short, long in zip(bare, wide, strict=True))


def test_xquad_r_is_parallel_and_complete():
    assert layouts.collection_languages("xquad-r", DATA / "xquad-r") == sorted(XQUAD_R)
    assert sum(XQUAD_R.values()) == 13_014
    ids = {
        lang: [query.query_id for query in read_whole("xquad-r", DATA / "xquad-r", lang, {"candidate": "sentence"})[0]]
        for lang in ("en", "th", "tr")
    }
    assert ids["en"] == ids["th"] == ids["tr"]


def test_xquad_r_gold_sentences_hold_the_answers():
    """In English, whose sentences can be looked at: all but the crossing answers stand whole in the gold sentence."""
    from workflow_scripts.data.readers.squad_json import read_paragraphs

    answers = {
        question.question_id: question.answers[0]
        for paragraph in read_paragraphs(DATA / "xquad-r/en.json")
        for question in paragraph.questions
    }
    _, judgements, passages, _ = read_whole("xquad-r", DATA / "xquad-r", "en", {"candidate": "sentence"})
    texts = {passage.passage_id: passage.text for passage in passages}
    outside = [row for row in judgements if answers[row.query_id] not in texts[row.passage_id]]
    assert len(outside) == 3


@pytest.mark.parametrize("lang", TYDIQA)
def test_tydiqa(lang):
    queries, judgements, passages, _ = read_whole("tydiqa", DATA / "tydiqa-goldp", lang)
    assert (len(queries), len(passages)) == TYDIQA[lang]
    assert {row.passage_id for row in judgements} == {row.passage_id for row in passages}
    assert [row.query_id for row in judgements] == [row.query_id for row in queries]


def test_tydiqa_is_complete():
    assert layouts.collection_languages("tydiqa", DATA / "tydiqa-goldp") == sorted(TYDIQA)


@pytest.mark.parametrize("lang", MIRACL)
def test_miracl_topics_and_qrels(lang):
    (topics,), (qrels,), _ = layouts.collection_files("miracl", DATA / "miracl", lang)
    queries = read_topics(topics)
    judgements, _ = read_qrels(qrels, {query.query_id for query in queries}, RowCounts())
    assert len(queries) == int(LANGUAGES[lang]["miracl_dev_queries"])
    assert len(judgements) == int(LANGUAGES[lang]["miracl_dev_judgements"])
    relevant = {row.query_id for row in judgements if row.relevance > 0}
    assert relevant == {query.query_id for query in queries}, "each query of dev has a relevant passage"


def test_miracl_without_its_passages_is_missed_at_the_first_judgement():
    """The passages are not here: real topics and judgements beside a corpus of one."""
    queries, judgements, places, _ = read_collection("miracl", DATA / "miracl", "yo", {}, RowCounts())
    check = PassageCheck(judgements, places)
    check.see(pa.record_batch([[judgements[0].passage_id], [""], ["x"]], schema=BLOCK))
    second = next(row for row in judgements if row.passage_id != judgements[0].passage_id)
    with pytest.raises(InputError, match=rf"qrels.*-yo-dev\.tsv: line \d+: passage '{second.passage_id}' is not in"):
        check.finish([])
    assert len(queries) == 119


def test_miracl_keeps_judgements_whose_ids_are_equal():
    equal = {}
    for lang in MIRACL:
        (topics,), (qrels,), _ = layouts.collection_files("miracl", DATA / "miracl", lang)
        judgements, _ = read_qrels(qrels, {query.query_id for query in read_topics(topics)}, RowCounts())
        equal[lang] = sum(row.query_id == row.passage_id for row in judgements)
    found = {lang: number for lang, number in equal.items() if number}
    assert found == {"de": 6, "es": 46, "fa": 75, "fr": 12, "hi": 1, "yo": 46, "zh": 17}
    assert len(MIRACL) == 18


def test_squad_pairs_and_texts():
    counts = RowCounts()
    pairs = list(read_pairs("squad", DATA / "squad-en", "en", counts))
    assert len(pairs) == len({pair.pair_id for pair in pairs}) == 87_599
    assert len({pair.title for pair in pairs}) == 442
    assert not any("_" in pair.title or "%" in pair.title for pair in pairs)
    # 18,896 paragraphs, of which 5 repeat another's text.
    assert len({pair.group for pair in pairs}) == len({pair.passage for pair in pairs}) == 18_891
    assert not counts
    texts = list(read_texts("squad", DATA / "squad-en", "en", counts))
    assert len(texts) == len({text.text_id for text in texts}) == 18_891 + 87_599
    assert dict(counts) == {("texts", "repeated passage"): 5}


@pytest.fixture(scope="module")
def mlqa():
    return {
        lang: {pair.pair_id: pair for pair in read_pairs("mlqa", DATA / "mlqa-test", lang, RowCounts())}
        for lang in layouts.source_languages("mlqa", DATA / "mlqa-test")
    }


def test_mlqa_sides(mlqa):
    def questions(lang):
        return {key for key, pair in mlqa[lang].items() if pair.query is not None}

    def contexts(lang):
        return {key for key, pair in mlqa[lang].items() if pair.passage is not None}

    both = {(one, other): len(questions(one) & contexts(other)) for one in mlqa for other in mlqa}
    assert both["de", "de"] == 3821
    assert both["es", "es"] == 3283
    assert both["zh", "zh"] == 3128
    assert both["ar", "es"] == 1978
    assert both["hi", "zh"] == 1767
    assert {lang: (len(questions(lang)), len(contexts(lang))) for lang in mlqa} == {
        "ar": (4252, 0),
        "de": (3821, 4414),
        "es": (3283, 5156),
        "hi": (3875, 0),
        "vi": (4365, 1675),
        "zh": (3128, 5011),
    }


def test_mlqa_groups_are_the_same_in_every_language_and_hold_equal_passages_together(mlqa):
    groups = {}
    for rows in mlqa.values():
        by_passage = {}
        for key, pair in rows.items():
            assert groups.setdefault(key, pair.group) == pair.group
            if pair.passage:
                assert by_passage.setdefault(pair.passage, pair.group) == pair.group
    assert len(groups) == 9677


@pytest.mark.parametrize(
    ("source", "number", "languages"),
    [("ntrex", 1997, 21), ("tico19", 3071, 11)],
)
def test_parallel_lines(source, number, languages):
    found = layouts.source_languages(source, DATA / source)
    assert len(found) == languages
    for lang in found:
        counts = RowCounts()
        texts = list(read_texts(source, DATA / source, lang, counts))
        assert len(texts) + counts["texts", "empty text"] == number
        assert counts["texts", "empty text"] == (1 if (source, lang) == ("tico19", "fa") else 0)


def test_tico19_lines_are_parallel_across_files():
    """The English columns differ in quotes and spaces at most, so line n is the same sentence in every file."""
    from workflow_scripts.data.normalise import normalise
    from workflow_scripts.data.text_lines import read_columns

    first, *others = sorted((DATA / "tico19").glob("en-*.tsv"))
    english = [normalise(columns[0]) for _, columns in read_columns(first, 2)]
    for path in others:
        same = sum(
            normalise(columns[0]) == line for (_, columns), line in zip(read_columns(path, 2), english, strict=True)
        )
        assert same >= 0.99 * len(english)
