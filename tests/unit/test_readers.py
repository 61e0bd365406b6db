"""The readers on small files in each format's own layout, whole and broken."""

import gzip
import json
from pathlib import Path

import pytest
from collection_case import read_whole

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.pair_sources import PairOptions, read_pairs
from workflow_scripts.data.records import Judgement, Negative, Pair, Passage, Query, Text
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.text_sources import read_texts


def squad(*articles):
    """Articles of (title, [(context, [(id, question, answer_start, answer)])])."""
    data = []
    for title, paragraphs in articles:
        article = {"title": title} if title is not None else {}
        article["paragraphs"] = [
            {
                "context": context,
                "qas": [
                    {"id": key, "question": question, "answers": [{"answer_start": start, "text": answer}]}
                    for key, question, start, answer in questions
                ],
            }
            for context, questions in paragraphs
        ]
        data.append(article)
    return {"version": "1", "data": data}


def write_json(path, document):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def pairs(format, root, lang="en", **options):
    counts = RowCounts()
    return list(read_pairs(format, root, lang, counts, PairOptions(**options))), dict(counts)


def texts(format, root, lang="en"):
    counts = RowCounts()
    return list(read_texts(format, root, lang, counts)), dict(counts)


class TestSquad:
    def test_pairs_have_decoded_titles_and_the_paragraph_as_group(self, tmp_path):
        write_json(
            tmp_path / "train-v1.1.json",
            squad(
                ("Bras%C3%ADlia_(city)", [("One. ", [("a", " Q1? ", 0, "One"), ("b", "Q2?", 0, "One")])]),
                ("Other", [("Two.", [("c", "Q3?", 0, "Two")]), ("One.", [("d", "Q4?", 0, "One")])]),
            ),
        )
        found, counts = pairs("squad", tmp_path)
        assert found[0] == Pair("a", "p:a", "Q1?", "Brasília (city)", "One.")
        assert [pair.group for pair in found] == ["p:a", "p:a", "p:c", "p:a"], "equal paragraphs are one group"
        assert counts == {}

    def test_a_title_that_is_null_is_none(self, tmp_path):
        document = squad(("T", [("One.", [("a", "Q?", 0, "One")])]))
        document["data"][0]["title"] = None
        write_json(tmp_path / "train-v1.1.json", document)
        assert pairs("squad", tmp_path)[0][0].title == ""

    def test_pairs_with_an_empty_side_are_counted(self, tmp_path):
        document = squad(("T", [("One.", [("a", " ", 0, ""), ("b", "Q?", 0, "")]), (" ", [("c", "Q?", 0, "")])]))
        write_json(tmp_path / "train.json", document).rename(tmp_path / "train-v1.1.json")
        found, counts = pairs("squad", tmp_path)
        assert [pair.pair_id for pair in found] == ["b"]
        assert counts == {("pairs", "empty query"): 1, ("pairs", "empty passage"): 1}

    def test_squad_2s_unanswerable_questions_are_no_pairs(self, tmp_path):
        document = squad(("T", [("One.", [("a", "Q?", 0, "One"), ("b", "Where?", 0, "")])]))
        document["data"][0]["paragraphs"][0]["qas"][0]["is_impossible"] = False
        document["data"][0]["paragraphs"][0]["qas"][1] |= {"is_impossible": True, "answers": []}
        write_json(tmp_path / "train-v2.0.json", document)
        found, counts = pairs("squad", tmp_path)
        assert [pair.pair_id for pair in found] == ["a"]
        assert counts == {("pairs", "without answer in its paragraph"): 1}
        assert [text.text for text in texts("squad", tmp_path)[0]] == ["One.", "Q?", "Where?"], "as text it counts"
        document["data"][0]["paragraphs"][0]["qas"][1]["is_impossible"] = "no"
        write_json(tmp_path / "train-v2.0.json", document)
        with pytest.raises(InputError, match=r"qas\[1\]: 'is_impossible' is 'no', not true or false"):
            pairs("squad", tmp_path)

    def test_texts_are_distinct_paragraphs_and_questions(self, tmp_path):
        paragraphs = [("One.", [("a", "Q1?", 0, "")]), ("One.", [("b", "Q2?", 0, "")]), ("Two.", [])]
        write_json(tmp_path / "train-v1.1.json", squad(("T", paragraphs)))
        found, counts = texts("squad", tmp_path)
        assert found == [
            Text("p:a", "p:a", "One."),
            Text("q:a", "q:a", "Q1?"),
            Text("q:b", "q:b", "Q2?"),
            Text("p:train-v1.1.json/0.2", "p:train-v1.1.json/0.2", "Two."),
        ]
        assert counts == {("texts", "repeated passage"): 1}

    def test_gzip_is_read(self, tmp_path):
        document = json.dumps(squad(("T", [("One.", [("a", "Q?", 0, "One")])]))).encode()
        (tmp_path / "train-v1.1.json.gz").write_bytes(gzip.compress(document))
        assert len(pairs("squad", tmp_path)[0]) == 1

    def test_an_id_that_stands_twice_is_an_error_with_both_places(self, tmp_path):
        paragraphs = [("One.", [("a", "Q?", 0, "")]), ("Two.", [("a", "R?", 0, "")])]
        write_json(tmp_path / "train-v1.1.json", squad(("T", paragraphs)))
        with pytest.raises(
            InputError, match=r"paragraphs\[1\]\.qas\[0\]: id 'a' stands already at data\[0\]\.par.*\[0\]\.q"
        ):
            pairs("squad", tmp_path)

    def test_an_id_in_two_files_is_an_error(self, tmp_path):
        for name in ("train-1.json", "train-2.json"):
            write_json(tmp_path / name, squad(("T", [("One.", [("a", "Q?", 0, "")])])))
        with pytest.raises(InputError, match=r"train-2\.json.*id 'a' stands in .*train-1\.json too"):
            pairs("squad", tmp_path)

    @pytest.mark.parametrize(
        ("document", "reason"),
        [
            ([], "has no list 'data'"),
            ({"data": [{}]}, r"data\[0\]: has no list 'paragraphs'"),
            ({"data": [{"paragraphs": [{"qas": []}]}]}, r"paragraphs\[0\]: 'context' is missing"),
            ({"data": [{"paragraphs": [{"context": "c", "qas": [{"question": "q"}]}]}]}, r"qas\[0\]: 'id' is missing"),
            ({"data": [{"paragraphs": [{"context": "c", "qas": ["q"]}]}]}, r"qas\[0\]: is not a JSON object"),
            (
                {"data": [{"paragraphs": [{"context": "c", "qas": [{"id": "a", "question": "q", "answers": [1]}]}]}]},
                "'answers' is not a list",
            ),
        ],
    )
    def test_another_shape_is_an_error_with_its_place(self, tmp_path, document, reason):
        write_json(tmp_path / "train-v1.1.json", document)
        with pytest.raises(InputError, match=reason):
            pairs("squad", tmp_path)


class TestMlqa:
    @pytest.fixture
    def root(self, tmp_path):
        def file(context, question, rows):
            paragraphs = [(text, [(key, f"{key} in {question}", 0, "")]) for key, text in rows]
            name = f"test-context-{context}-question-{question}.json"
            write_json(tmp_path / name, squad((None, paragraphs)))

        # a and b share a German context, b and c a Spanish one: one group. d stands alone.
        file("de", "ar", [("a", "D1"), ("b", "D1"), ("d", "D4")])
        file("de", "es", [("a", "D1"), ("b", "D1")])
        file("es", "de", [("b", "E2"), ("c", "E2"), ("d", "E4")])
        return tmp_path

    def test_a_language_may_hold_one_side(self, root):
        found, _ = pairs("mlqa", root, "ar")
        assert [(pair.pair_id, pair.query, pair.title, pair.passage) for pair in found] == [
            (key, f"{key} in ar", None, None) for key in "abd"
        ]

    def test_sides_of_one_id_meet_across_files(self, root):
        found, _ = pairs("mlqa", root, "de")
        assert [(pair.pair_id, pair.query, pair.passage) for pair in found] == [
            ("a", None, "D1"),
            ("b", "b in de", "D1"),
            ("d", "d in de", "D4"),
            ("c", "c in de", None),
        ]

    def test_groups_are_connected_over_all_languages_and_equal_in_each(self, root):
        groups = {
            lang: {pair.pair_id: pair.group for pair in pairs("mlqa", root, lang)[0]} for lang in ("ar", "de", "es")
        }
        assert groups["de"]["a"] == groups["de"]["b"] == groups["de"]["c"] != groups["de"]["d"]
        for lang in groups:
            assert groups[lang].items() <= groups["de"].items()

    def test_texts_are_questions_and_distinct_contexts(self, root):
        found, counts = texts("mlqa", root, "de")
        assert [text.text_id for text in found] == ["p:a", "q:b", "q:d", "p:d", "q:c"]
        assert counts == {("texts", "repeated passage"): 1}

    def test_a_question_in_two_versions_is_counted(self, root):
        rows = [("E2", [("b", "b in other words", 0, "")])]
        write_json(root / "test-context-vi-question-de.json", squad((None, rows)))
        found, counts = pairs("mlqa", root, "de")
        assert {pair.pair_id: pair.query for pair in found}["b"] == "b in de"
        assert counts == {("pairs", "kept: first of several versions of a question"): 1}


class TestTydiqa:
    def test_as_a_source_no_group_is_shared_between_languages(self, tmp_path):
        for lang in ("sw", "te"):
            write_json(tmp_path / f"tydiqa.goldp.{lang}.dev.json", squad((None, [("One.", [(lang, "Q?", 0, "")])])))
        assert pairs("tydiqa", tmp_path, "sw")[0] == [Pair("sw", "p:sw", "Q?", "", "One.")]
        assert not {row.group for row in texts("tydiqa", tmp_path, "sw")[0]} & {
            row.group for row in texts("tydiqa", tmp_path, "te")[0]
        }

    def test_the_pool_is_every_distinct_passage(self, tmp_path):
        paragraphs = [
            ("One.", [("a", "Q1?", 0, "")]),
            ("Two.", [("b", "Q2?", 0, "")]),
            (" One.", [("c", "Q3?", 0, "")]),
        ]
        write_json(tmp_path / "tydiqa.goldp.sw.dev.json", squad((None, paragraphs)))
        queries, judgements, passages, counts = read_whole("tydiqa", tmp_path, "sw")
        assert queries == [Query("a", "Q1?"), Query("b", "Q2?"), Query("c", "Q3?")]
        assert passages == [Passage("p0", "", "One."), Passage("p1", "", "Two.")]
        assert judgements == [Judgement("a", "p0", 1), Judgement("b", "p1", 1), Judgement("c", "p0", 1)]
        assert dict(counts) == {("passages", "same text as an earlier passage"): 1}

    @pytest.mark.parametrize(("context", "question", "reason"), [(" ", "Q?", "'context'"), ("C", " ", "'question'")])
    def test_evaluation_text_is_never_empty(self, tmp_path, context, question, reason):
        write_json(tmp_path / "tydiqa.goldp.sw.dev.json", squad((None, [(context, [("a", question, 0, "")])])))
        with pytest.raises(InputError, match=f"{reason} is empty"):
            read_whole("tydiqa", tmp_path, "sw")


class TestXquadR:
    CONTEXT = "One two. Three four. One two."

    def write(self, tmp_path, **changes):
        document = squad(("T", [(self.CONTEXT, [("a", "Q1?", 4, "two"), ("b", "Q2?", 15, "four. One")])]))
        paragraph = document["data"][0]["paragraphs"][0]
        paragraph |= {
            "sentences": ["One two.", "Three four.", "One two."],
            "sentence_breaks": [[0, 8], [9, 20], [21, 29]],
        }
        write_json(tmp_path / "tr.json", document | {"data": [{"paragraphs": [paragraph | changes]}]})

    def read(self, tmp_path, candidate="sentence"):
        return read_whole("xquad-r", tmp_path, "tr", {"candidate": candidate})

    def test_every_sentence_is_a_candidate_and_the_answers_start_decides(self, tmp_path):
        self.write(tmp_path)
        _, judgements, passages, counts = self.read(tmp_path)
        assert [(passage.passage_id, passage.text) for passage in passages] == [
            ("0.0.0", "One two."),
            ("0.0.1", "Three four."),
            ("0.0.2", "One two."),
        ]
        assert judgements == [Judgement("a", "0.0.0", 1), Judgement("b", "0.0.1", 1)]
        assert counts == {("qrels", "kept: answer crosses the end of its sentence"): 1}

    def test_a_sentence_may_stand_in_front_of_its_paragraph(self, tmp_path):
        self.write(tmp_path)
        assert self.read(tmp_path, "sentence-in-paragraph")[2][1].text == f"Three four. {self.CONTEXT}"

    def test_the_printed_sentence_wins_over_its_slice(self, tmp_path):
        self.write(tmp_path, sentence_breaks=[[0, 8], [10, 20], [21, 29]])
        _, _, passages, counts = self.read(tmp_path)
        assert passages[1].text == "Three four."
        assert counts["passages", "kept: sentence differs from the slice at its offsets"] == 1

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"sentences": None}, "is this XQuAD instead of XQuAD-R"),
            ({"sentences": ["One two."]}, "has 1 sentences but 3 sentence breaks"),
            ({"sentence_breaks": [[0, 3], [9, 20], [21, 29]]}, "answer_start 4 lies in 0 sentences"),
            ({"sentences": ["One two.", " ", "One two."]}, r"sentences\[1\]: is empty"),
            ({"sentences": ["One two.", 3, "One two."]}, r"sentences\[1\]: is 3, which is no text"),
            ({"sentence_breaks": [[0, 8], [9], [21, 29]]}, r"sentence_breaks\[1\]: is \[9\], not two offsets"),
            ({"sentence_breaks": [0, 9, 21]}, r"sentence_breaks\[0\]: is 0, not two offsets"),
            ({"qas": [{"id": "a", "question": "Q?", "answers": []}]}, "has no answer"),
        ],
    )
    def test_broken_files_name_the_place(self, tmp_path, changes, reason):
        self.write(tmp_path, **changes)
        with pytest.raises(InputError, match=reason):
            self.read(tmp_path)

    @pytest.mark.parametrize("options", [{}, {"candidate": "paragraph"}, {"candidate": "sentence", "corpus": "x"}])
    def test_options_are_checked(self, tmp_path, options):
        self.write(tmp_path)
        with pytest.raises(InputError, match=r"candidate|corpus"):
            read_whole("xquad-r", tmp_path, "tr", options)


class TestMiracl:
    TOPICS = "7#0\tWho?\n8#0\tWhere?\n9#0\tWhy?\n"
    QRELS = "7#0\tQ0\t7#0\t1\n7#0\tQ0\t3#1\t0\n8#0\tQ0\t3#1\t0\n"
    PASSAGES = ({"docid": "7#0", "title": "T", "text": "Me."}, {"docid": "3#1", "title": "", "text": "Here."})

    def write(self, root, topics=TOPICS, qrels=QRELS, passages=PASSAGES, lang="de"):
        for name, text in (("topics", topics), ("qrels", qrels)):
            path = root / f"miracl-v1.0-{lang}" / name / f"{name}.miracl-v1.0-{lang}-dev.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        folder = root / f"miracl-corpus-v1.0-{lang}"
        folder.mkdir(exist_ok=True)
        for number, passage in enumerate(passages):
            with gzip.open(folder / f"docs-{number}.jsonl.gz", "wt", encoding="utf-8") as file:
                file.write(json.dumps(passage) + "\n")

    def read(self, root, options=None):
        return read_whole("miracl", root, "de", options)

    def test_a_passage_may_have_its_querys_id(self, tmp_path):
        self.write(tmp_path)
        queries, judgements, passages, counts = self.read(tmp_path)
        assert queries == [Query("7#0", "Who?"), Query("8#0", "Where?"), Query("9#0", "Why?")]
        assert judgements == [Judgement("7#0", "7#0", 1), Judgement("7#0", "3#1", 0), Judgement("8#0", "3#1", 0)]
        assert passages == [Passage("7#0", "T", "Me."), Passage("3#1", "", "Here.")]
        assert counts == {}

    def test_windows_line_ends_and_a_byte_order_mark_change_nothing(self, tmp_path):
        self.write(tmp_path)
        expected = self.read(tmp_path)
        self.write(tmp_path, "\ufeff" + self.TOPICS.replace("\n", "\r\n"), "\ufeff" + self.QRELS.replace("\n", "\r\n"))
        assert self.read(tmp_path) == expected

    def test_passages_may_lie_elsewhere(self, tmp_path):
        self.write(tmp_path / "here")
        (tmp_path / "here/miracl-corpus-v1.0-de").rename(tmp_path / "miracl-corpus-v1.0-de")
        assert len(self.read(tmp_path / "here", {"corpus": str(tmp_path)})[2]) == 2

    def test_a_passage_without_any_text_is_dropped_and_counted(self, tmp_path):
        self.write(tmp_path, passages=[*self.PASSAGES, {"docid": "5#5", "title": " ", "text": ""}])
        _, _, passages, counts = self.read(tmp_path)
        assert len(passages) == 2
        assert counts == {("passages", "neither title nor text"): 1}

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"topics": "7#0\tWho\tis?\n"}, r"topics.*line 1: has 3 tab-separated columns, not 2"),
            ({"topics": TOPICS + "7#0\tAgain?\n"}, r"topics.*line 4: query id '7#0' stands twice"),
            ({"topics": TOPICS + "6#0\t \n"}, r"topics.*line 4: the query's text is empty"),
            ({"topics": TOPICS + "\tWho?\n"}, r"topics.*line 4: the query's id is empty"),
            ({"topics": ""}, "topics.*holds no query"),
            ({"qrels": QRELS + "1#1\tQ0\t3#1\t1\n"}, r"qrels.*line 4: query '1#1' is not among the queries"),
            (
                {"qrels": QRELS + "9#0\tQ0\t9#9\t1\n"},
                r"qrels.*line 4: passage '9#9' is not in .*miracl-corpus-v1\.0-de",
            ),
            ({"qrels": QRELS + "9#0\tQ0\t3#1\tyes\n"}, r"qrels.*line 4: relevance 'yes' is not a whole number"),
            ({"qrels": QRELS + "8#0\tQ0\t3#1\t1\n"}, r"qrels.*line 4: query '8#0' and passage '3#1' are judged twice"),
            ({"qrels": "7#0 Q0 7#0 1\n"}, r"qrels.*line 1: has 1 tab-separated columns, not 4"),
            ({"qrels": ""}, "qrels.*holds no judgement"),
            (
                {"passages": [*PASSAGES, PASSAGES[0]]},
                r"docs-2\.jsonl\.gz: line 1: passage id '7#0' stands already in docs-0",
            ),
            ({"passages": [{"docid": "7#0"}]}, r"docs-0\.jsonl\.gz: line 1: 'text' is missing"),
            ({"passages": [{"text": "x"}]}, r"docs-0\.jsonl\.gz: line 1: 'docid' is missing"),
        ],
    )
    def test_broken_files_name_file_line_and_reason(self, tmp_path, changes, reason):
        self.write(tmp_path, **changes)
        with pytest.raises(InputError, match=reason):
            self.read(tmp_path)

    def test_a_gzip_cut_short_is_an_error(self, tmp_path):
        self.write(tmp_path)
        path = tmp_path / "miracl-corpus-v1.0-de/docs-1.jsonl.gz"
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(InputError, match=r"docs-1\.jsonl\.gz: line [12]: the gzip is damaged or cut short"):
            self.read(tmp_path)

    def test_without_passages_the_missing_file_is_named(self, tmp_path):
        self.write(tmp_path, passages=[])
        with pytest.raises(InputError, match=r"docs-\*\.jsonl\.gz: no such file"):
            self.read(tmp_path)

    def test_atlas_is_read_as_miracl(self, tmp_path):
        self.write(tmp_path, qrels="7#0\tQ0\t7#0\t1\n", passages=self.PASSAGES[:1])
        assert [row.passage_id for row in read_whole("atlas", tmp_path, "de")[2]] == ["7#0"]


class TestJsonLines:
    def write(self, path: Path, *rows):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    def test_pairs_may_have_one_side(self, tmp_path):
        self.write(
            tmp_path / "pairs-sw.jsonl",
            {"id": "a", "group": "g", "query": "Q", "title": "T", "passage": "P"},
            {"id": "b", "group": "g", "query": "Q", "passage": None},
            {"id": "c", "group": "h", "passage": "P"},
            {"id": "d", "group": "h", "query": " ", "passage": "P"},
        )
        found, counts = pairs("jsonl", tmp_path, "sw")
        assert found == [Pair("a", "g", "Q", "T", "P"), Pair("b", "g", "Q", None, None), Pair("c", "h", None, "", "P")]
        assert counts == {("pairs", "empty query"): 1}

    def test_negatives_are_optional_and_empty_ones_counted(self, tmp_path):
        given = [{"title": "T", "passage": " N "}, {"passage": "M"}, {"passage": " "}]
        self.write(
            tmp_path / "pairs-sw.jsonl",
            {"id": "a", "group": "g", "query": "Q", "passage": "P", "negatives": given},
            {"id": "b", "group": "g", "query": "Q", "passage": "P", "negatives": []},
        )
        found, counts = pairs("jsonl", tmp_path, "sw", negatives=2)
        assert [pair.negatives for pair in found] == [[Negative("T", "N"), Negative("", "M")], None]
        assert pairs("jsonl", tmp_path, "sw", negatives=1)[0][0].negatives == [Negative("T", "N")]
        assert pairs("jsonl", tmp_path, "sw", negatives=0)[0][0].negatives is None
        assert counts == {("pairs", "kept: an empty negative left out"): 1}

    def test_atlas_pairs_are_json_lines(self, tmp_path):
        self.write(tmp_path / "pairs.jsonl", {"id": "a", "group": "g", "query": "Q", "title": "T", "passage": "P"})
        assert pairs("atlas", tmp_path)[0] == [Pair("a", "g", "Q", "T", "P")]

    def test_empty_texts_are_counted(self, tmp_path):
        self.write(
            tmp_path / "texts-sw.jsonl", {"id": "a", "group": "g", "text": "x"}, {"id": "b", "group": "g", "text": ""}
        )
        assert texts("atlas", tmp_path, "sw") == ([Text("a", "g", "x")], {("texts", "empty text"): 1})

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ({"id": "a", "group": "g", "query": "Q"}, r"line 2: id 'a' stands already in .*pairs-sw\.jsonl: line 1"),
            ({"id": "b", "group": "g"}, "line 2: has neither"),
            ({"id": "b", "query": "Q"}, "line 2: 'group' is missing"),
            ({"id": 7, "group": "g", "query": "Q"}, "line 2: 'id' is 7, which is no text"),
            ({"id": "b", "group": "g", "query": "Q", "negatives": ["N"]}, "line 2: 'negatives' is not a list of obj"),
            ({"id": "b", "group": "g", "query": "Q", "negatives": [{}]}, r"negatives\[0\]: 'passage' is missing"),
        ],
    )
    def test_broken_rows_name_the_line(self, tmp_path, row, reason):
        self.write(tmp_path / "pairs-sw.jsonl", {"id": "a", "group": "g", "query": "Q"}, row)
        with pytest.raises(InputError, match=reason):
            pairs("jsonl", tmp_path, "sw")


class TestParallelLines:
    def test_a_line_is_a_group_and_an_empty_one_keeps_the_numbers(self, tmp_path):
        (tmp_path / "sw.txt").write_bytes(b"moja\r\n\r\ntatu\r\n")
        assert texts("ntrex", tmp_path, "sw") == (
            [Text("1", "1", "moja"), Text("3", "3", "tatu")],
            {("texts", "empty text"): 1},
        )

    def test_tico19_gives_either_column(self, tmp_path):
        (tmp_path / "en-sw.tsv").write_text("one\tmoja\ntwo\tmbili\n", encoding="utf-8")
        assert texts("tico19", tmp_path, "en")[0] == [Text("1", "1", "one"), Text("2", "2", "two")]
        assert texts("tico19", tmp_path, "sw")[0] == [Text("1", "1", "moja"), Text("2", "2", "mbili")]

    def test_tico19_with_another_number_of_columns_is_an_error(self, tmp_path):
        (tmp_path / "en-sw.tsv").write_text("one\tmoja\tuno\n", encoding="utf-8")
        with pytest.raises(InputError, match=r"en-sw\.tsv: line 1: has 3"):
            texts("tico19", tmp_path, "sw")
