import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from training_case import MODEL, pair_rows, write_case, write_tokenizer, write_tokens

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import OVERLAPS, PAIRS, write_table
from workflow_scripts.encoders.settings import TextForm
from workflow_scripts.encoders.tokenization import TextTokenizer
from workflow_scripts.training.batches import Batch
from workflow_scripts.training.pair_tokens import PairTokens
from workflow_scripts.training.pairs import read_pairs


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return write_tokenizer(tmp_path_factory.mktemp("tokenizer") / "made")


def read(tokenizer, paths, overlaps, languages=None):
    """Tokenise beside the tables, and read."""
    folder = Path(paths[0]).parent / "tokens"
    return read_pairs(paths, write_tokens(tokenizer, paths, folder), overlaps, languages)


def written(folder, lang, rows):
    path = folder / f"{lang}.parquet"
    write_table(pa.Table.from_pylist(rows, schema=PAIRS), path, PAIRS)
    return path


def test_pairs_line_up_across_languages_and_overlaps_go_in_all_of_them(tokenizer, tmp_path):
    paths = write_case(tmp_path)
    pairs = read(tokenizer, paths["pairs"], paths["overlaps"])
    text = TextTokenizer(tokenizer, TextForm.from_entry(MODEL))
    (source,) = pairs.sources
    assert pairs.languages == ["en", "hi", "sw"]
    assert source.queries.shape == (3, 59) and pairs.left_out == 3
    kept = [number for number in sorted(range(60), key=lambda number: f"p{number}") if number != 3]
    for lang_number, lang in enumerate(pairs.languages):
        rows = [pair_rows(lang)[number] for number in kept]
        queries = pairs.queries.rows(source.queries[lang_number])
        passages = pairs.passages.rows(source.passages[lang_number])
        assert [row.tolist() for row in queries] == text.tokenize_queries([row["query"] for row in rows])
        assert [row.tolist() for row in passages] == text.tokenize_passages(
            [row["title"] for row in rows], [row["passage"] for row in rows]
        )


def test_a_missing_side_stays_missing(tokenizer, tmp_path):
    rows = pair_rows("en", 4)
    rows[0]["query"] = rows[1]["passage"] = rows[1]["title"] = None
    (source,) = read(tokenizer, [written(tmp_path, "en", rows)], []).sources
    assert (source.queries[0] >= 0).tolist() == [False, True, True, True]
    assert (source.passages[0] >= 0).tolist() == [True, False, True, True]


def test_a_text_is_tokenised_once_and_hard_negatives_are_passages(tokenizer, tmp_path):
    rows = pair_rows("en", 4)
    rows[1]["passage"], rows[1]["title"] = rows[0]["passage"], rows[0]["title"]
    rows[2]["negatives"] = [
        {"title": rows[0]["title"], "passage": rows[0]["passage"]},
        {"title": "", "passage": "another city"},
    ]
    path = written(tmp_path, "en", rows)
    tokens = PairTokens.open(write_tokens(tokenizer, [path], tmp_path / "tokens")[0])
    assert tokens.passage_rows.tolist() == [0, 0, 1, 2]
    assert tokens.negative_offsets.tolist() == [0, 0, 0, 2, 2]
    assert tokens.negative_rows.tolist() == [0, 3]
    text = TextTokenizer(tokenizer, TextForm.from_entry(MODEL))
    assert tokens.passages.rows(tokens.negative_rows[1:])[0].tolist() == text.tokenize(["another city"], 24)[0]
    assert len(tokens.passages) == 4 and tokens.passages.ids.dtype == np.uint16


def test_hard_negatives_are_their_rows_and_know_whose_passage_they_are(tokenizer, tmp_path):
    pairs = read(tokenizer, write_case(tmp_path)["pairs"], [])
    (source,) = pairs.sources
    number_of = [int(name[1:]) for name in sorted(f"p{number}" for number in range(60))]
    place_of = {number: place for place, number in enumerate(number_of)}
    for lang in range(3):
        for place, number in enumerate(number_of):
            row = source.rows[lang, place]
            texts = pairs.negatives.texts[pairs.negatives.offsets[row] : pairs.negatives.offsets[row + 1]]
            expected = [place_of[(number + ahead) % 60] for ahead in (7, 11)] if number % 2 else []
            assert texts.tolist() == source.passages[lang, expected].tolist()
            assert pairs.negatives.groups[texts].tolist() == source.groups[expected].tolist()


def overlaps_of(folder, *named):
    """Write OVERLAPS of (kind, source, id, negative), found in English."""
    facts = {"lang": "en", "reason": "exact", "share": 1.0, "collection": "c", "matched": "p:1"}
    rows = [dict(zip(("kind", "source", "id", "negative"), row, strict=True)) | facts for row in named]
    write_table(pa.Table.from_pylist(rows, schema=OVERLAPS), folder / "en.parquet", OVERLAPS)
    return folder / "en.parquet"


def negatives_of_pairs(pairs):
    """Return the texts of the hard negatives of each language and pair."""
    (source,), hard = pairs.sources, pairs.negatives
    names = sorted(f"p{number}" for number in range(60))
    bounds = zip(hard.offsets[source.rows].tolist(), hard.offsets[source.rows + 1].tolist(), strict=True)
    return [
        {name: hard.texts[first:last].tolist() for name, first, last in zip(names, *of_language, strict=True)}
        for of_language in bounds
    ]


def test_a_hard_negative_that_overlaps_goes_in_all_languages_and_leaves_its_pair(tokenizer, tmp_path):
    paths = write_case(tmp_path)["pairs"]
    named = [("p5", 0), ("p5", 7), ("p9", 0), ("p9", 1), ("p21", 1), ("gone", 0)]
    overlaps = [
        overlaps_of(tmp_path / "a", *(("negatives", "made", *row) for row in named), ("negatives", "other", "p1", 0)),
        overlaps_of(tmp_path / "b", ("negatives", "made", "p9", 0)),
    ]
    whole, left = read(tokenizer, paths, []), read(tokenizer, paths, overlaps)
    expected = negatives_of_pairs(whole)
    assert len(expected) == 3 and sum(map(len, expected[0].values())) == 60
    for of_language in expected:
        of_language |= {"p5": of_language["p5"][1:], "p9": [], "p21": of_language["p21"][:1]}
    assert negatives_of_pairs(left) == expected
    assert (left.left_out, left.negatives_left_out, whole.negatives_left_out) == (0, 12, 0)
    assert left.sources[0].queries.tolist() == whole.sources[0].queries.tolist()


def test_a_batch_never_draws_a_hard_negative_that_overlaps(tokenizer, tmp_path):
    paths = write_case(tmp_path)["pairs"]
    overlaps = overlaps_of(tmp_path, ("negatives", "made", "p1", 0), ("negatives", "made", "p3", 1))
    pairs = read(tokenizer, paths, [overlaps])
    (source,) = pairs.sources
    place_of = {name: place for place, name in enumerate(sorted(f"p{number}" for number in range(60)))}
    chosen = np.array([place_of["p1"], place_of["p3"]])
    zeros = np.zeros(2, dtype=np.int64)
    texts, groups = (source.queries[0, chosen], source.passages[0, chosen]), source.groups[chosen]
    batch = Batch(True, zeros, zeros, zeros, *texts, groups, chosen)
    drawn = {tuple(pairs.negatives.of(batch, pairs.sources, 2, 1, k)[0].tolist()) for k in range(20)}
    # The passages of two other pairs, 7 and 11 ahead: of p1 the second is left, of p3 the first.
    assert drawn == {tuple(source.passages[0, [place_of["p12"], place_of["p10"]]].tolist())}


def test_languages_are_chosen_and_must_be_there(tokenizer, tmp_path):
    paths = write_case(tmp_path)
    assert read(tokenizer, paths["pairs"], [], ["en"]).languages == ["en"]
    with pytest.raises(InputError, match="no pairs in te"):
        read(tokenizer, paths["pairs"], [], ["en", "te"])


def test_tokens_of_another_table_are_refused(tokenizer, tmp_path):
    path = written(tmp_path / "a", "en", pair_rows("en", 3))
    tokens = write_tokens(tokenizer, [path], tmp_path / "tokens")
    with pytest.raises(InputError, match="has 4 rows, its token arrays 3"):
        read_pairs([written(tmp_path / "b", "en", pair_rows("en", 4))], tokens, [])


def test_wrong_pairs_are_refused(tokenizer, tmp_path):
    twice = pair_rows("en", 3)
    twice[1]["pair_id"] = "p0"
    with pytest.raises(InputError, match="p0 stands twice in en"):
        read(tokenizer, [written(tmp_path / "a", "en", twice)], [])
    other = pair_rows("sw", 3)
    other[2]["group_id"] = "made:9"
    with pytest.raises(InputError, match="p2 has another group_id"):
        paths = [written(tmp_path / "b", "en", pair_rows("en", 3)), written(tmp_path / "b", "sw", other)]
        read(tokenizer, paths, [])
    with pytest.raises(InputError, match="no pair is left"):
        read(tokenizer, [written(tmp_path / "c", "en", [])], [])


def test_pairs_take_some_hundred_bytes_a_row_while_they_are_read(tmp_path):
    count, langs = 10_000, ("en", "hi", "sw")
    names = {"pair_id": [f"{row}-{7 * row}" for row in range(count)], "group_id": [f"s:q{row}" for row in range(count)]}
    names |= {"source": ["s"] * count, "origin": ["human"] * count, "query": ["q"] * count, "passage": ["p"] * count}
    for lang in langs:
        columns = names | {"lang": [lang] * count, "title": [""] * count, "negatives": pa.nulls(count, PAIRS[-1].type)}
        write_table(pa.table(columns), tmp_path / f"{lang}.parquet", PAIRS)
        (tmp_path / lang).mkdir()
        for name in ("queries", "passages"):
            np.save(tmp_path / lang / f"{name}.ids.npy", np.zeros(count, dtype=np.uint16))
            np.save(tmp_path / lang / f"{name}.offsets.npy", np.arange(count + 1))
            np.save(tmp_path / lang / f"{name}.rows.npy", np.arange(count))
        np.save(tmp_path / lang / "negatives.offsets.npy", np.zeros(count + 1, dtype=np.int64))
        np.save(tmp_path / lang / "negatives.rows.npy", np.zeros(0, dtype=np.int64))
    tracemalloc.start()  # of numpy and Python; Arrow's own memory is not seen
    try:
        pairs = read_pairs([tmp_path / f"{lang}.parquet" for lang in langs], [tmp_path / lang for lang in langs], [])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert pairs.sources[0].queries.shape == (len(langs), count)
    assert peak < 250 * count * len(langs)
