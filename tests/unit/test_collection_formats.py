"""Evaluation collections in each format's own layout, whole and broken: nothing dropped uncounted, errors in place."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from collection_case import read_whole

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.records import Judgement, Passage, Query

QUERIES = [("q1", "Who?"), ("q2", "Where is it?")]
QRELS = [("q1", "7#0", 1), ("q1", "7#1", 0), ("q2", "9#0", 2)]
PASSAGES = [("7#0", "Seven", "One."), ("7#1", "Seven", "Two."), ("8#0", "", "Three."), ("9#0", "Nine", "Four.")]


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def lines(rows):
    return "".join(f"{row}\n" for row in rows).encode()


def json_lines(*rows):
    return lines(json.dumps(row, ensure_ascii=False) for row in rows)


def parquet(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def write_miracl(root, queries=QUERIES, qrels=QRELS, passages=PASSAGES):
    name = "miracl-v1.0-sw"
    write(root / name / f"topics/topics.{name}-dev.tsv", lines(f"{key}\t{text}" for key, text in queries))
    write(root / name / f"qrels/qrels.{name}-dev.tsv", lines(f"{q}\tQ0\t{p}\t{r}" for q, p, r in qrels))
    rows = [{"docid": key, "title": title, "text": text} for key, title, text in passages]
    for shard, part in enumerate((rows[:2], rows[2:])):
        write(root / f"miracl-corpus-v1.0-sw/docs-{shard}.jsonl.gz", json_lines(*part))


def write_beir(root, queries=QUERIES, qrels=QRELS, passages=PASSAGES):
    write(root / "queries.jsonl", json_lines(*({"_id": key, "text": text} for key, text in queries)))
    header = "query-id\tcorpus-id\tscore"
    write(root / "qrels/test.tsv", lines([header, *(f"{q}\t{p}\t{r}" for q, p, r in qrels)]))
    rows = ({"_id": key, "title": title, "text": text, "metadata": {}} for key, title, text in passages)
    write(root / "corpus.jsonl.gz", json_lines(*rows))


def write_mteb(root, queries=QUERIES, qrels=QRELS, passages=PASSAGES, above="sw-", split="test", key="_id"):
    ids, texts = zip(*queries, strict=True)
    parquet(root / f"{above}queries/{split}-00000-of-00001.parquet", **{key: ids, "text": texts})
    q, p, r = zip(*qrels, strict=True)
    folder = root / f"{above}qrels/{split}-00000-of-00001.parquet"
    parquet(folder, **{"query-id": q, "corpus-id": p, "score": pa.array(r, pa.int64())})
    for shard, part in enumerate((passages[:2], passages[2:])):
        ids, titles, texts = zip(*part, strict=True)
        path = root / f"{above}corpus/{split}-0000{shard}-of-00002.parquet"
        parquet(path, **{key: ids, "title": titles, "text": texts})


def write_toolret(root, queries=QUERIES, qrels=QRELS, passages=PASSAGES, instruction="Find the tool."):
    for task, part in (("apibank", queries[:1]), ("toolink", queries[1:])):
        labels = [[{"id": p, "doc": {}, "relevance": r} for q, p, r in qrels if q == key] for key, _ in part]
        ids, texts = zip(*part, strict=True)
        columns = {"id": ids, "query": texts, "labels": list(map(json.dumps, labels)), "category": ["web"] * len(part)}
        if instruction:
            columns["instruction"] = [instruction] * len(part)
        parquet(root / task / "queries-00000-of-00001.parquet", **columns)
    for category, part in (("code", passages[:2]), ("web", passages[2:])):
        ids, _, texts = zip(*part, strict=True)
        parquet(root / category / "tools-00000-of-00001.parquet", id=ids, documentation=texts)


WRITERS = {"miracl": write_miracl, "beir": write_beir, "mteb": write_mteb, "toolret": write_toolret}


@pytest.mark.parametrize("format", WRITERS)
def test_every_format_gives_the_same_collection(tmp_path, format):
    WRITERS[format](tmp_path)
    queries, judgements, passages, counts = read_whole(format, tmp_path, "sw")
    assert queries == [Query(*row) for row in QUERIES]
    assert judgements == [Judgement(*row) for row in QRELS]
    titles = ["" if format == "toolret" else title for _, title, _ in PASSAGES]
    rows = zip(PASSAGES, titles, strict=True)
    assert passages == [Passage(key, title, text) for (key, _, text), title in rows]
    assert counts == {}


TWICE = {"miracl": r"docs-1\.jsonl\.gz: line 3", "beir": r"corpus\.jsonl\.gz: line 5"}
TWICE |= {"mteb": r"test-00001-of-00002\.parquet: row 3", "toolret": r"tools-00000-of-00001\.parquet: row 3"}
PLACE = {
    "miracl": "topics.*: line",
    "beir": r"queries\.jsonl: line",
    "mteb": "queries.*: row",
    "toolret": "toolink.*: row",
}
JUDGED = {
    "miracl": "qrels.*: line 4",
    "beir": "qrels.*: line 5",
    "mteb": "qrels.*: row 4",
    "toolret": "toolink.*: row 1",
}


@pytest.mark.parametrize("format", WRITERS)
class TestContent:
    """What is wrong with the rows themselves, whatever the file."""

    def fails(self, tmp_path, format, match, **content):
        WRITERS[format](tmp_path, **content)
        with pytest.raises(InputError, match=match) as caught:
            read_whole(format, tmp_path, "sw")
        assert "\n" not in str(caught.value)

    def test_a_passage_id_twice(self, tmp_path, format):
        says = f"{TWICE[format]}: passage id '7#0' stands already in .*(line|row) 1"
        self.fails(tmp_path, format, says, passages=[*PASSAGES, PASSAGES[0]])

    def test_a_passage_id_of_white_space(self, tmp_path, format):
        says = {"miracl": "line 3: 'docid' is empty", "beir": "line 5: '_id' is empty"}.get(format, "'id' is empty")
        self.fails(tmp_path, format, says, passages=[*PASSAGES, (" \u2003", "", "Five.")])

    def test_a_relevance_that_no_table_holds(self, tmp_path, format):
        says = f"{JUDGED[format]}: relevance '2147483648' is not a whole number of at most nine digits"
        self.fails(tmp_path, format, says, qrels=[*QRELS, ("q2", "7#0", 2**31)])

    def test_a_query_id_twice(self, tmp_path, format):
        number = 2 if format == "toolret" else 3
        says = f"{PLACE[format]} {number}: query id 'q1' stands twice"
        self.fails(tmp_path, format, says, queries=[*QUERIES, ("q1", "Again?")])

    def test_a_judged_passage_that_is_not_there(self, tmp_path, format):
        says = f"{JUDGED[format]}: passage 'x#9' is not in "
        self.fails(tmp_path, format, says, qrels=[*QRELS, ("q2", "x#9", 1)])

    def test_a_judged_query_that_is_not_there(self, tmp_path, format):
        if format == "toolret":
            pytest.skip("its labels stand beside their query")
        says = f"{JUDGED[format]}: query 'q9' is not among the queries"
        self.fails(tmp_path, format, says, qrels=[*QRELS, ("q9", "7#0", 1)])

    def test_a_passage_judged_twice_in_two_ways(self, tmp_path, format):
        number = {"miracl": 3, "beir": 4, "mteb": 3, "toolret": 1}[format]
        says = (
            rf"{JUDGED[format]}: query 'q2' and passage '9#0' are judged twice, 1 here and 2 at .*(line|row) {number}; "
            "keep one of the two rows"
        )
        self.fails(tmp_path, format, says, qrels=[*QRELS, ("q2", "9#0", 1)])

    def test_a_judgement_that_is_repeated_is_one(self, tmp_path, format):
        WRITERS[format](tmp_path, qrels=[*QRELS, QRELS[2], QRELS[0], QRELS[2]])
        _, judgements, _, counts = read_whole(format, tmp_path, "sw")
        assert judgements == [Judgement(*row) for row in QRELS]
        assert counts == {("qrels", "repeated judgement"): 3}

    def test_ids_lose_white_space_at_their_ends_everywhere(self, tmp_path, format):
        if format == "toolret":
            pytest.skip("this test's own writer finds a query's labels by its id")
        WRITERS[format](
            tmp_path,
            queries=[(f" {key}\u00a0", text) for key, text in QUERIES],
            qrels=[(f"{q} ", f" {p}", r) for q, p, r in QRELS],
            passages=[(f"{key} ", title, text) for key, title, text in PASSAGES],
        )
        queries, judgements, passages, _ = read_whole(format, tmp_path, "sw")
        assert queries == [Query(*row) for row in QUERIES]
        assert judgements == [Judgement(*row) for row in QRELS]
        assert [passage.passage_id for passage in passages] == [key for key, *_ in PASSAGES]

    def test_an_empty_query(self, tmp_path, format):
        if format == "toolret":  # upstream has one
            WRITERS[format](tmp_path, queries=[QUERIES[0], ("q2", " ")])
            queries, judgements, _, counts = read_whole(format, tmp_path, "sw")
            assert {row.query_id for row in judgements} == {query.query_id for query in queries} == {"q1"}
            assert counts == {("queries", "empty query"): 1}
            return
        self.fails(tmp_path, format, f"{PLACE[format]} 2: the query's text is empty", queries=[QUERIES[0], ("q2", " ")])

    def test_an_empty_passage_is_dropped_and_counted_unless_it_is_judged(self, tmp_path, format):
        WRITERS[format](tmp_path, passages=[*PASSAGES, ("5#5", "", " \u3000")])
        _, _, passages, counts = read_whole(format, tmp_path, "sw")
        assert len(passages) == len(PASSAGES)
        assert counts == {("passages", "neither title nor text"): 1}
        passages = [*PASSAGES[:3], ("9#0", "", "")]
        first = {"miracl": "line 3", "beir": "line 4", "mteb": "row 3", "toolret": "row 1"}[format]
        self.fails(tmp_path, format, f"{first}: passage '9#0' is not in ", passages=passages)

    def test_queries_without_judgement_are_kept_or_counted(self, tmp_path, format):
        WRITERS[format](tmp_path, qrels=QRELS[:2])
        queries, _, _, counts = read_whole(format, tmp_path, "sw")
        whole = format in ("miracl", "toolret")  # a file of the others has the queries of all splits
        assert len(queries) == (2 if whole else 1)
        assert counts == ({} if whole else {("queries", "without judgement in this split"): 1})

    def test_white_space_at_the_ends_is_no_part_of_a_text(self, tmp_path, format):
        rows = [(key, title, f" \u00a0{text}\u2003\t") for key, title, text in PASSAGES]
        WRITERS[format](
            tmp_path, queries=[(key, f" {text}\t ") for key, text in QUERIES[:1]] + QUERIES[1:], passages=rows
        )
        if format == "miracl":  # a tab in a topic is one column more
            write_miracl(tmp_path, passages=rows)
        queries, _, passages, _ = read_whole(format, tmp_path, "sw")
        assert [query.text for query in queries] == [text for _, text in QUERIES]
        assert [passage.text for passage in passages] == [text for *_, text in PASSAGES]


TEXT_FILES = {
    "miracl": (
        "miracl-v1.0-sw/topics/topics.miracl-v1.0-sw-dev.tsv",
        "miracl-v1.0-sw/qrels/qrels.miracl-v1.0-sw-dev.tsv",
        "miracl-corpus-v1.0-sw/docs-0.jsonl.gz",
        "miracl-corpus-v1.0-sw/docs-1.jsonl.gz",
    ),
    "beir": ("queries.jsonl", "qrels/test.tsv", "corpus.jsonl.gz"),
    "squad": ("dev-v1.1.json.gz",),
}
ALL_TEXT_FILES = [(format, name) for format, names in TEXT_FILES.items() for name in names]


def write_squad(root):
    paragraphs = [
        {"context": "One.", "qas": [{"id": "q1", "question": "Who?"}]},
        {"context": "Two.", "qas": [{"id": "q2", "question": "Where?"}]},
        {"context": "One.", "qas": []},
    ]
    document = {"data": [{"title": "The_Title", "paragraphs": paragraphs}]}
    write(root / "dev-v1.1.json.gz", json.dumps(document, indent=1).encode())


@pytest.mark.parametrize(("format", "name"), ALL_TEXT_FILES)
class TestFiles:
    """What is wrong with the bytes of a file, whatever stands in it."""

    @pytest.fixture
    def change(self, tmp_path, format, name):
        (WRITERS | {"squad": write_squad})[format](tmp_path)
        path = tmp_path / name

        def apply(function):
            content = path.read_bytes()
            write(path, function(gzip.decompress(content) if path.suffix == ".gz" else content))

        return apply

    def test_windows_line_ends_and_a_byte_order_mark_change_nothing(self, tmp_path, format, name, change):
        before = read_whole(format, tmp_path, "sw")
        change(lambda content: b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"))
        assert read_whole(format, tmp_path, "sw") == before

    def test_bytes_that_are_not_utf8(self, tmp_path, format, name, change):
        change(lambda content: content[:-6] + b"\xff" + content[-6:])
        with pytest.raises(InputError, match=rf"{name.rsplit('/', 1)[-1]}: line \d+: byte \d+ is not UTF-8"):
            read_whole(format, tmp_path, "sw")

    def test_a_gzip_cut_short(self, tmp_path, format, name, change):
        if not name.endswith(".gz"):
            pytest.skip("not compressed")
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(InputError, match=rf"{path.name}: line \d+: the gzip is damaged or cut short"):
            read_whole(format, tmp_path, "sw")

    def test_a_gzip_of_several_members(self, tmp_path, format, name, change):
        """As `cat a.gz b.gz` and bgzip make them: some end within a line, and one is empty."""
        if not name.endswith(".gz"):
            pytest.skip("not compressed")
        before = read_whole(format, tmp_path, "sw")
        path = tmp_path / name
        content = gzip.decompress(path.read_bytes())
        path.write_bytes(b"".join(map(gzip.compress, (content[:9], b"", content[9:]))) + bytes(512))
        assert read_whole(format, tmp_path, "sw") == before

    def test_a_file_that_is_not_there(self, tmp_path, format, name, change):
        (tmp_path / name).unlink()
        if name.endswith("docs-1.jsonl.gz"):
            with pytest.raises(InputError, match=r"passage '9#0' is not in"):
                read_whole(format, tmp_path, "sw")
            return
        with pytest.raises(InputError, match=r"no such file|is not in"):
            read_whole(format, tmp_path, "sw")


def test_a_tab_inside_a_query(tmp_path):
    write_miracl(tmp_path, queries=[("q1", "Who\tis?"), QUERIES[1]])
    with pytest.raises(InputError, match=r"topics.*line 1: has 3 tab-separated columns, not 2; a tab inside a text"):
        read_whole("miracl", tmp_path, "sw")
    for format in ("beir", "mteb", "toolret"):  # where a tab separates nothing, it is white space like any other
        WRITERS[format](tmp_path / format, queries=[("q1", "Who\tis?"), QUERIES[1]])
        assert read_whole(format, tmp_path / format, "sw")[0][0] == Query("q1", "Who\tis?")


@pytest.mark.parametrize("cut", [1, 40, 400])
def test_a_damaged_parquet_file(tmp_path, cut):
    write_mteb(tmp_path)
    path = tmp_path / "sw-corpus/test-00001-of-00002.parquet"
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(InputError, match=r"test-00001-of-00002\.parquet: is not Parquet of text columns, or damaged"):
        read_whole("mteb", tmp_path, "sw")


@pytest.mark.parametrize(
    ("name", "columns", "says"),
    [
        ("sw-corpus/test-00000-of-00002.parquet", {"_id": ["7#0", None], "text": ["a", "b"]}, "row 2: 'id' is missing"),
        (
            "sw-corpus/test-00000-of-00002.parquet",
            {"_id": ["7#0"], "text": [None]},
            r"damaged|row 1: 'text' is missing",
        ),
        ("sw-corpus/test-00000-of-00002.parquet", {"_id": ["7#0"]}, "has no column text; it has _id"),
        ("sw-queries/test-00000-of-00001.parquet", {"_id": ["q1"], "text": [None]}, "row 1: 'text' is missing"),
        (
            "sw-queries/test-00000-of-00001.parquet",
            {"key": ["q1"], "text": ["a"]},
            "has no column _id or id; it has key",
        ),
        (
            "sw-qrels/test-00000-of-00001.parquet",
            {"query-id": ["q1"], "corpus-id": ["7#0"], "score": [0.5]},
            r"row 1: relevance '0\.5' is not a whole number",
        ),
    ],
)
def test_parquet_of_another_shape(tmp_path, name, columns, says):
    write_mteb(tmp_path)
    parquet(tmp_path / name, **columns)
    with pytest.raises(InputError, match=says):
        read_whole("mteb", tmp_path, "sw")


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ("[", "'labels' is not JSON"),
        ("{}", "is not a list of id and relevance"),
        ('[{"id": 1}]', "is not a list of id"),
    ],
)
def test_toolret_labels_of_another_shape(tmp_path, labels, says):
    write_toolret(tmp_path)
    parquet(tmp_path / "apibank/queries-00000-of-00001.parquet", id=["q1"], query=["Who?"], labels=[labels])
    with pytest.raises(InputError, match=rf"apibank.*: row 1: {says}" if labels == "[" else says):
        read_whole("toolret", tmp_path, "sw")


def test_toolret_with_instruction_and_some_tasks(tmp_path):
    write_toolret(tmp_path)
    queries, judgements, passages, _ = read_whole(
        "toolret", tmp_path, "en", {"instruction": True, "tasks": ["toolink"]}
    )
    assert queries == [Query("q2", "Instruct: Find the tool.\nQuery: Where is it?")]
    assert judgements == [Judgement("q2", "9#0", 2)]
    assert len(passages) == len(PASSAGES), "the pool is every tool, whatever the tasks"
    write_toolret(tmp_path, instruction=None)
    assert read_whole("toolret", tmp_path, "en", {"instruction": True})[0] == [Query(*row) for row in QUERIES]


def test_mteb_without_language_configurations_and_of_another_split(tmp_path):
    write_mteb(tmp_path, above="", split="dev", key="id")
    (tmp_path / "qrels").rename(tmp_path / "data")  # the configuration `default`
    (tmp_path / "corpus/dev-00000-of-00002.parquet").rename(tmp_path / "corpus/corpus-00000-of-00002.parquet")
    (tmp_path / "corpus/dev-00001-of-00002.parquet").rename(tmp_path / "corpus/corpus-00001-of-00002.parquet")
    queries, judgements, passages, _ = read_whole("mteb", tmp_path, "en", {"split": "dev", "subsets": {"en": ""}})
    assert (len(queries), len(judgements), len(passages)) == (2, 3, 4)


def test_mteb_judgements_without_a_score_are_relevant(tmp_path):
    """NanoBEIR's repositories are so."""
    write_mteb(tmp_path)
    path = tmp_path / "sw-qrels/test-00000-of-00001.parquet"
    parquet(path, **{"query-id": ["q1", "q2"], "corpus-id": ["7#0", "9#0"]})
    assert read_whole("mteb", tmp_path, "sw")[1] == [Judgement("q1", "7#0", 1), Judgement("q2", "9#0", 1)]
    parquet(path, **{"query-id": ["q1", "q2"], "corpus-id": ["7#0", "9#0"], "score": pa.array([1, None])})
    with pytest.raises(InputError, match="row 2: 'score' is missing"):
        read_whole("mteb", tmp_path, "sw")


def test_mteb_ids_may_be_numbers(tmp_path):
    write_mteb(tmp_path, queries=[(1, "Who?")], qrels=[(1, 5, 1)], passages=[(5, "", "a"), (6, "", "b"), (7, "", "c")])
    queries, judgements, passages, _ = read_whole("mteb", tmp_path, "sw")
    assert queries == [Query("1", "Who?")]
    assert judgements == [Judgement("1", "5", 1)]
    assert [passage.passage_id for passage in passages] == ["5", "6", "7"]


def test_beir_judgements_may_be_json_lines_and_need_their_header(tmp_path):
    write_beir(tmp_path)
    before = read_whole("beir", tmp_path, "en")
    (tmp_path / "qrels/test.tsv").unlink()
    for number in (int, float):  # some repositories have 1.0, as MTEB's Parquet does
        rows = ({"query-id": q, "corpus-id": p, "score": number(r)} for q, p, r in QRELS)
        write(tmp_path / "qrels/test.jsonl", json_lines(*rows))
        assert read_whole("beir", tmp_path, "en") == before
    (tmp_path / "qrels/test.jsonl").write_text('{"query-id": "q1", "corpus-id": "7#0", "score": 0.5}\n')
    with pytest.raises(InputError, match=r"test\.jsonl: line 1: relevance '0\.5' is not a whole number"):
        read_whole("beir", tmp_path, "en")
    write(tmp_path / "qrels/test.tsv", lines(f"{q}\t{p}\t{r}" for q, p, r in QRELS))
    with pytest.raises(
        InputError, match=r"test\.tsv: line 1: is q1, 7#0, 1, not the header query-id, corpus-id, score"
    ):
        read_whole("beir", tmp_path, "en")


def test_squad_as_a_collection(tmp_path):
    write_squad(tmp_path)
    queries, judgements, passages, counts = read_whole("squad", tmp_path, "en")
    assert queries == [Query("q1", "Who?"), Query("q2", "Where?")]
    assert passages == [Passage("p0", "The Title", "One."), Passage("p1", "The Title", "Two.")]
    assert judgements == [Judgement("q1", "p0", 1), Judgement("q2", "p1", 1)]
    assert counts == {("passages", "same text as an earlier passage"): 1}
    (tmp_path / "dev-v1.1.json.gz").rename(tmp_path / "xquad.sw.json.gz")
    assert read_whole("squad", tmp_path, "sw", {"files": "xquad.{lang}.json*"})[0] == queries


def test_squad_2s_unanswerable_questions_are_no_queries(tmp_path):
    questions = [{"id": "q1", "question": "Who?"}, {"id": "q2", "question": "Where?", "is_impossible": True}]
    more = [{"id": "q3", "question": "When?", "is_impossible": True}]
    paragraphs = [{"context": "One.", "qas": questions}, {"context": "Two.", "qas": more}]
    write(tmp_path / "dev-v2.0.json", json.dumps({"data": [{"paragraphs": paragraphs}]}).encode())
    queries, judgements, passages, counts = read_whole("squad", tmp_path, "en")
    assert queries == [Query("q1", "Who?")]
    assert judgements == [Judgement("q1", "p0", 1)]
    assert [passage.text for passage in passages] == ["One.", "Two."], "the pool stays whole"
    assert counts == {("queries", "without answer in its paragraph"): 2}


def test_mlqa_r_is_read_as_xquad_r(tmp_path):
    paragraph = {
        "context": "One two. Three.",
        "sentences": ["One two.", "Three."],
        "sentence_breaks": [[0, 8], [9, 15]],
    }
    paragraph["qas"] = [{"id": "q", "question": "Who?", "answers": [{"answer_start": 9, "text": "Three"}]}]
    write(tmp_path / "hi.json", json.dumps({"data": [{"paragraphs": [paragraph]}]}).encode())
    queries, judgements, passages, _ = read_whole("mlqa-r", tmp_path, "hi", {"candidate": "sentence"})
    assert queries == [Query("q", "Who?")]
    assert judgements == [Judgement("q", "0.0.1", 1)]
    assert [passage.text for passage in passages] == ["One two.", "Three."]


def test_rows_that_arrow_refuses_are_read_by_the_line(tmp_path):
    """Two members of one name: JSON allows it, Arrow does not. The rows before it are not read twice."""
    write_beir(tmp_path)
    extra = b'{"_id": "5#0", "title": "a", "title": "b", "text": "x"}\n'
    path = tmp_path / "corpus.jsonl.gz"
    write(path, gzip.decompress(path.read_bytes()) + extra)
    passages = read_whole("beir", tmp_path, "en")[2]
    assert passages == [*(Passage(*row) for row in PASSAGES), Passage("5#0", "b", "x")]
    write(path, gzip.decompress(path.read_bytes()).replace(b'"x"', b'"\\ud800"'))
    with pytest.raises(InputError, match=r"corpus\.jsonl\.gz: line 5: 'text' holds half of a character"):
        read_whole("beir", tmp_path, "en")
