"""The readers of large training sources, on small files in each one's own layout, whole and broken."""

import gzip
import json
import random
from collections import defaultdict

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workflow_scripts.data.draw import draw_keys
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.json_array import read_json_array
from workflow_scripts.data.pair_sources import PairOptions, pair_origin, read_pairs
from workflow_scripts.data.readers import mmarco
from workflow_scripts.data.records import Negative, Pair
from workflow_scripts.data.row_counts import RowCounts


def pairs(format, root, lang="en", **options):
    counts = RowCounts()
    return list(read_pairs(format, root, lang, counts, PairOptions(**options))), dict(counts)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def lines(rows):
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


class TestDraw:
    def test_the_draw_hinges_on_neither_order_nor_repeats_and_a_smaller_one_is_a_part_of_it(self):
        keys = [f"k{number}" for number in range(200)]
        drawn = draw_keys(keys, 20, seed=1)
        assert len(drawn) == 20
        assert draw_keys([*reversed(keys), *keys], 20, seed=1) == drawn
        assert draw_keys(keys, 5, seed=1) < drawn
        assert draw_keys(keys, 20, seed=2) != drawn
        assert draw_keys(keys, 1000, seed=1) == set(keys)


class TestMmarco:
    # Query 1 has two relevant passages, and passage 12 answers query 2, too: one group. Query 3 stands alone.
    TRIPLES = ((3, 30, 50), (1, 11, 51), (1, 12, 52), (2, 12, 51), (3, 30, 51), (1, 11, 52), (3, 30, 51))

    def root(self, folder, triples=TRIPLES, text=None, languages=("english", "hindi")):
        write(folder / "data/triples.train.ids.small.tsv", lines(triples))
        for name in languages:
            queries = lines((number, f"{name} query {number}") for number in (1, 2, 3, 4))
            passages = lines((number, f"{name} passage {number}") for number in (10, 11, 12, 30, 50, 51, 52))
            write(folder / f"data/google/queries/train/{name}_queries.train.tsv", queries)
            write(folder / f"data/google/collections/{name}_collection.tsv", text or passages)
        return folder

    def test_a_triple_has_the_same_ids_in_every_language(self, tmp_path):
        root = self.root(tmp_path)
        english, counts = pairs("mmarco", root, negatives=9)
        hindi, _ = pairs("mmarco", root, "hi", negatives=9)
        assert [pair.pair_id for pair in english] == ["1-11", "1-12", "2-12", "3-30"]
        assert [pair[:2] for pair in english] == [pair[:2] for pair in hindi]
        groups = [pair.group for pair in english]
        assert len(set(groups[:3])) == 1 and groups[3] != groups[0]
        assert (english[0].query, english[0].title, english[0].passage) == ("english query 1", "", "english passage 11")
        assert hindi[3].passage == "hindi passage 30"
        assert {negative.passage for negative in hindi[3].negatives} == {"hindi passage 50", "hindi passage 51"}
        assert len(hindi[3].negatives) == 2 and counts == {}
        assert (pair_origin("mmarco", "en"), pair_origin("mmarco", "hi")) == ("native", "machine:google")

    def test_the_draw_in_blocks_is_the_draw_of_the_whole(self, tmp_path, monkeypatch):
        """Small blocks and much thinning out against the definition, on triples in two orders."""
        chance = random.Random(1)
        triples = [(chance.randrange(60), chance.randrange(40), chance.randrange(30)) for _ in range(3000)]
        negatives = defaultdict(set)
        for query, positive, negative in triples:
            negatives[query, positive].add(negative)
        path = write(tmp_path / "triples.tsv", lines(triples))
        whole = mmarco.draw_triples(path, examples=None, negatives=99, seed=1)
        assert {(pair.query, pair.positive): set(pair.negatives) for pair in whole} == negatives
        best = mmarco.draw_triples(path, examples=50, negatives=2, seed=1)
        assert len(best) == 50
        assert all(len(pair.negatives) == min(2, len(negatives[pair.query, pair.positive])) for pair in best)
        chance.shuffle(triples)
        shuffled = write(tmp_path / "shuffled.tsv", lines(triples))
        monkeypatch.setattr(mmarco, "_BLOCK", 512)
        monkeypatch.setattr(mmarco, "_PENDING", 64)
        assert mmarco.draw_triples(shuffled, examples=50, negatives=2, seed=1) == best
        fewer = mmarco.draw_triples(shuffled, examples=10, negatives=0, seed=1)
        assert {pair[:2] for pair in fewer} < {pair[:2] for pair in best} and not any(pair[2] for pair in fewer)
        assert mmarco.draw_triples(path, examples=50, negatives=2, seed=2) != best

    def test_texts_that_a_language_lacks_are_counted(self, tmp_path):
        passages = lines([(11, " "), (12, "twelve"), (30, "thirty"), (50, ""), (51, "x"), (52, "y")])
        found, counts = pairs("mmarco", self.root(tmp_path, text=passages), negatives=9)
        assert [pair.pair_id for pair in found] == ["1-12", "2-12", "3-30"]
        assert [pair.passage for pair in found[2].negatives] == ["x"]
        assert counts == {("pairs", "empty passage"): 1, ("pairs", "kept: an empty negative left out"): 1}

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("11\ta\n12\tb\n", r"collection\.tsv: has no line for id 30, which triples.*4 ids are missing"),
            ("11\ta\n11\tb\n", r"collection\.tsv: line 2: id 11 stands there twice"),
            ("11\ta\n12\n", r"collection\.tsv: line 2: has no tab"),
            (b"11\t\xff\n", r"collection\.tsv: line 1: is not UTF-8"),
        ],
    )
    def test_broken_texts_name_the_line(self, tmp_path, text, reason):
        with pytest.raises(InputError, match=reason):
            pairs("mmarco", self.root(tmp_path, text=text), negatives=9)

    @pytest.mark.parametrize("row", ["1\t2", "1\t2\tx", "1\t2\t-3", "1\t2\t"])
    def test_broken_triples_name_the_line(self, tmp_path, row):
        root = self.root(tmp_path)
        write(root / "data/triples.train.ids.small.tsv", f"1\t11\t50\n{row}\n")
        with pytest.raises(InputError, match=r"triples\.train\.ids\.small\.tsv: line 2: "):
            pairs("mmarco", root)

    def test_line_ends_and_a_byte_order_mark_change_nothing(self, tmp_path):
        root = self.root(tmp_path)
        before = pairs("mmarco", root)
        for path in root.rglob("*.tsv"):
            path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
        assert pairs("mmarco", root) == before

    def test_a_language_that_it_lacks_is_refused(self, tmp_path):
        with pytest.raises(InputError, match="mMARCO has nothing in 'sw'"):
            pairs("mmarco", tmp_path, "sw")


class TestXtremeSquad:
    def squad(self, path, *paragraphs):
        data = [{"title": "T", "paragraphs": [{"context": context, "qas": qas} for context, qas in paragraphs]}]
        return write(path, json.dumps({"data": data}))

    def question(self, key, text):
        return {"id": key, "question": text, "answers": []}

    def test_the_english_file_says_the_groups(self, tmp_path):
        first, second, third = (self.question(key, f"{key}?") for key in "abc")
        self.squad(tmp_path / "train-v1.1.json", ("One.", [first]), ("Two.", [second]), ("One.", [third]))
        translated = tmp_path / "translate-train/squad.translate.train.en-hi.json"
        self.squad(translated, ("ek", [first]), ("ek", [second]), ("do", [third]))
        english, hindi = (pairs("xtreme-squad", tmp_path, lang)[0] for lang in ("en", "hi"))
        assert [pair[:2] for pair in english] == [pair[:2] for pair in hindi]
        assert [pair.group for pair in hindi] == ["p:a", "p:b", "p:a"]
        assert [pair.passage for pair in hindi] == ["ek", "ek", "do"]
        self.squad(translated, ("ek", [self.question("z", "z?")]))
        with pytest.raises(InputError, match=r"en-hi\.json: question 'z' does not stand in .*train-v1\.1\.json"):
            pairs("xtreme-squad", tmp_path, "hi")

    def test_any_format_is_drawn_by_id(self, tmp_path):
        questions = [self.question(f"q{number}", "q?") for number in range(30)]
        self.squad(tmp_path / "train-v1.1.json", ("One.", questions))
        found, counts = pairs("xtreme-squad", tmp_path, examples=7)
        assert {pair.pair_id for pair in found} == draw_keys((f"q{number}" for number in range(30)), 7, seed=1)
        assert counts == {("pairs", "not drawn"): 23}


class TestCsclir:
    ROWS = (
        (1, "one", 11, "eleven", 1),
        (1, "one", 51, "no", 0),
        (2, "two", 12, "twelve", 1),
        (1, "one", 12, "zwölf", 1),
        (2, "two", 52, "nor this", 0),
        (2, "two", 53, "nor that", 0),
        (1, "eins", 11, "eleven", 1),
    )

    def write(self, path, rows=ROWS):
        keys = ("qid", "query", "pid", "passage", "label")
        return write(path, "".join(json.dumps(dict(zip(keys, row, strict=True))) + "\n" for row in rows))

    def test_relevant_lines_are_pairs_and_the_others_their_negatives(self, tmp_path):
        self.write(tmp_path / "cs_0.5/xxxx/train.jsonl")
        found, counts = pairs("csclir", tmp_path, negatives=2)
        assert [(pair.pair_id, pair.query, pair.passage) for pair in found] == [
            ("1-11", "one", "eleven"),
            ("1-12", "one", "zwölf"),
            ("2-12", "two", "twelve"),
        ]
        assert len({pair.group for pair in found}) == 1
        assert found[0].negatives == [Negative("", "no")]
        assert {negative.passage for negative in found[2].negatives} == {"nor this", "nor that"}
        assert counts == {("pairs", "repeated pair"): 1}
        assert len(pairs("csclir", tmp_path, negatives=1)[0][2].negatives) == 1

    def test_files_are_named_by_language_and_the_draw_is_the_same_in_each(self, tmp_path):
        self.write(tmp_path / "finetuning/dede/train.jsonl")
        self.write(tmp_path / "finetuning/ruru/train.jsonl", self.ROWS[::-1])
        options = {"files": "finetuning/{lang}{lang}/train.jsonl", "examples": 2}
        german, russian = (pairs("csclir", tmp_path, lang, **options)[0] for lang in ("de", "ru"))
        assert len(german) == 2 and [pair[:2] for pair in german] == [pair[:2] for pair in russian]

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ((1, "one", 11, "eleven", 2), r"line 1: 'label' is 2, not 0 or 1"),
            (("", "one", 11, "eleven", 1), r"line 1: 'qid' is empty"),
            ((1, None, 11, "eleven", 1), r"line 1: 'query' is missing"),
        ],
    )
    def test_broken_rows_name_the_line(self, tmp_path, row, reason):
        self.write(tmp_path / "cs_0.5/xxxx/train.jsonl", [row])
        with pytest.raises(InputError, match=reason):
            pairs("csclir", tmp_path)


class TestDpr:
    def element(self, question, positives=(), negatives=()):
        contexts = [[{"title": "T", "text": text, "score": 1.0} for text in texts] for texts in (positives, negatives)]
        return {"question": question, "answers": ["a"], "positive_ctxs": contexts[0], "negative_ctxs": []} | {
            "hard_negative_ctxs": contexts[1]
        }

    def write(self, folder, elements, name="biencoder-nq-train.json"):
        return write(folder / name, json.dumps(elements, indent=4))

    def test_the_first_context_is_the_passage(self, tmp_path):
        elements = [
            self.element("who", ["p1", "p2"], ["n1", "p1", "p2", "n2"]),
            self.element("none"),
            self.element("when", ["p1"]),
        ]
        self.write(tmp_path, elements)
        found, counts = pairs("dpr", tmp_path, negatives=2)
        assert [pair[:1] + pair[2:] for pair in found] == [
            ("0", "who", "T", "p1", [Negative("T", "n1"), Negative("T", "n2")]),
            ("2", "when", "T", "p1", None),
        ]
        assert found[0].group == found[1].group
        assert counts == {("pairs", "no positive passage"): 1}

    def test_an_array_is_read_in_blocks(self, tmp_path, monkeypatch):
        elements = [self.element(f"frage {number} é", ["p" * number]) for number in range(50)]
        path = self.write(tmp_path, elements)
        monkeypatch.setattr("workflow_scripts.data.text_lines._BLOCK", 7)
        assert [element for _, element in read_json_array(path)] == elements
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
        assert [number for number, _ in read_json_array(path)] == list(range(50))

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ('[{"question": "q"}, {"quest', "element 1: is not JSON .* damaged or cut short"),
            ('[{"question": "q"}', "element 1: is not JSON .* damaged or cut short"),
            ('{"question": "q"}', "is not a JSON array"),
            ("", "is not a JSON array"),
            ("[1]", "element 0: is not a JSON object"),
            ('[{"question": "q", "positive_ctxs": ["p"]}]', "element 0: 'positive_ctxs' is not a list of objects"),
            ('[{"question": "q", "positive_ctxs": [{}]}]', r"element 0: positive_ctxs\[0\]: 'text' is missing"),
        ],
    )
    def test_broken_files_name_the_element(self, tmp_path, text, reason):
        write(tmp_path / "biencoder-nq-train.json", text)
        with pytest.raises(InputError, match=reason):
            pairs("dpr", tmp_path)

    def test_a_gzip_cut_short_is_an_error(self, tmp_path):
        whole = gzip.compress(json.dumps([self.element(str(number), ["p"]) for number in range(999)]).encode())
        write(tmp_path / "biencoder-trivia-train.json.gz", whole[: len(whole) // 2])
        with pytest.raises(InputError, match="the gzip is damaged or cut short"):
            pairs("dpr", tmp_path)


class TestTable:
    def test_jsonl_and_parquet_read_alike(self, tmp_path):
        """sentence-transformers' triplets: bare texts in columns."""
        rows = [
            {"anchor": "a", "positive": "p", "negative_1": "n", "negative_2": "m"},
            {"anchor": "b", "positive": " ", "negative_1": "n", "negative_2": "m"},
            {"anchor": "c", "positive": "p", "negative_1": "p", "negative_2": None},
        ]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "train-0.parquet")
        write(tmp_path / "train.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        columns = {"query": "anchor", "positive": "positive", "negatives": ["negative_1", "negative_2"]}
        parquet, counts = pairs("table", tmp_path, files="*.parquet", columns=columns, negatives=2)
        assert (parquet, counts) == pairs("table", tmp_path, files="train.jsonl", columns=columns, negatives=2)
        group = parquet[0].group
        assert parquet == [
            Pair("0", group, "a", "", "p", [Negative("", "n"), Negative("", "m")]),
            Pair("2", group, "c", "", "p", None),
        ]
        assert counts == {("pairs", "empty passage"): 1}

    def test_passages_that_answer_one_query_are_a_group_with_all_that_share_one(self, tmp_path):
        rows = [["p", "o"], ["o"], ["n", "m"], ["m", "o"], ["l"]]
        write(tmp_path / "a.jsonl", "".join(json.dumps({"q": "q", "p": passages}) + "\n" for passages in rows))
        found, _ = pairs("table", tmp_path, files="a.jsonl", columns={"query": "q", "positive": "p"})
        *joined, apart = [pair.group for pair in found]
        assert len(found) == 8 and len(set(joined)) == 1 and apart not in joined

    def test_lists_of_passages_with_titles_and_named_ids(self, tmp_path):
        """Tevatron's rows: one pair a positive."""
        row = {
            "query_id": 7,
            "query": "q",
            "positive_passages": [{"docid": "1", "title": "T", "text": "p"}, {"docid": "2", "text": "o"}],
            "negative_passages": [{"docid": "3", "title": "U", "text": "n"}],
            "topic": "x",
        }
        write(tmp_path / "sw/train.jsonl", json.dumps(row) + "\n")
        columns = {"id": "query_id", "group": "topic", "query": "query", "positive": "positive_passages"}
        columns["negatives"] = ["negative_passages"]
        found, _ = pairs("table", tmp_path, "sw", files="{lang}/train.jsonl", columns=columns)
        assert found == [
            Pair("7", "x", "q", "T", "p", [Negative("U", "n")]),
            Pair("7-1", "x", "q", "", "o", [Negative("U", "n")]),
        ]

    @pytest.mark.parametrize(
        ("columns", "reason"),
        [
            ({"query": "question", "positive": "p"}, r"line 1: has no 'question'; it has q, p, n, key"),
            ({"query": "q", "positive": "n"}, r"line 1: 'n' holds '7', which is no passage"),
            ({"query": "n", "positive": "p"}, r"line 1: 'n' is 7, which is no text"),
            ({"query": "q", "positive": "p", "id": "key"}, r"line 2: id 'k' stands already in .*line 1"),
        ],
    )
    def test_broken_rows_name_the_line(self, tmp_path, columns, reason):
        write(tmp_path / "t.jsonl", 2 * (json.dumps({"q": "q", "p": "p", "n": 7, "key": "k"}) + "\n"))
        with pytest.raises(InputError, match=reason):
            pairs("table", tmp_path, files="t.jsonl", columns=columns)

    def test_the_name_of_a_rows_second_positive_may_not_be_another_rows(self, tmp_path):
        rows = [{"q": "q", "p": ["a", "b"], "key": "k"}, {"q": "r", "p": "c", "key": " k-1 "}]
        write(tmp_path / "t.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        columns = {"query": "q", "positive": "p", "id": "key"}
        with pytest.raises(InputError, match=r"line 2: id 'k-1' stands already in .*t\.jsonl: line 1"):
            pairs("table", tmp_path, files="t.jsonl", columns=columns)

    @pytest.mark.parametrize("name", ["q", "p", "n", "key"])
    def test_half_of_a_character_is_an_error_with_its_line(self, tmp_path, name):
        row = {"q": "q", "p": "p", "n": {"title": "n", "text": "n"}, "key": "k"}
        row |= {name: {"title": "\ud800", "text": "n"} if name == "n" else "x\ud800"}
        write(tmp_path / "t.jsonl", json.dumps(row) + "\n")
        columns = {"query": "q", "positive": "p", "negatives": ["n"], "id": "key"}
        with pytest.raises(InputError, match=f"line 1: '{name}' holds half of a character"):
            pairs("table", tmp_path, files="t.jsonl", columns=columns)

    def test_parquet_cut_short_or_without_the_column_is_an_error(self, tmp_path):
        pq.write_table(pa.table({"q": ["q"]}), tmp_path / "t.parquet")
        with pytest.raises(InputError, match=r"t\.parquet: has no column 'p'; it has q"):
            pairs("table", tmp_path, files="t.parquet", columns={"query": "q", "positive": "p"})
        whole = (tmp_path / "t.parquet").read_bytes()
        (tmp_path / "t.parquet").write_bytes(whole[:-20])
        with pytest.raises(InputError, match=r"t\.parquet: is not whole Parquet"):
            pairs("table", tmp_path, files="t.parquet", columns={"query": "q", "positive": "q"})
