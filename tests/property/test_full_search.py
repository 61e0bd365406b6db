"""Search gives the same hits, in the same order, however it is cut; and they are the right ones."""

import mmap
import tracemalloc
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.neutral_id import neutral_id
from workflow_scripts.retrieval import ranking
from workflow_scripts.retrieval.blocks import Blocks
from workflow_scripts.retrieval.dense_vectors import DenseScorer
from workflow_scripts.retrieval.exact_product import decode, error_bound, exact_products, fast_product
from workflow_scripts.retrieval.full_search import Search
from workflow_scripts.retrieval.passages import PassageIds
from workflow_scripts.retrieval.relevant_passages import find_relevant
from workflow_scripts.retrieval.scored_blocks import ScoredBlock
from workflow_scripts.retrieval.stored_vectors import StackedVectors

ALL = ["monolingual", "cross-lingual", "multilingual"]
LANGS = ["bn", "sw"]


def ids_of(lang, names):
    """In pieces, as those of a language's shards are."""
    neutral = pa.array([neutral_id("c", lang, name) for name in names])
    pieces = [pa.array(names[first : first + 7]) for first in range(0, len(names), 7)]
    return PassageIds.of(pieces, ranking.neutral_numbers(neutral, lang), lang)


def unit(rng, rows, dimension):
    vectors = rng.standard_normal((rows, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


@st.composite
def collections(draw):
    """Two languages with planted exact duplicates, duplicates of queries' vectors, and golds in both languages."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    dimension = draw(st.integers(1, 24))
    queries, passages, ids, qrels = {}, {}, {}, {}
    for lang in LANGS:
        queries[lang] = unit(rng, draw(st.integers(1, 6)), dimension)
        distinct = unit(rng, draw(st.integers(1, 8)), dimension)
        rows = rng.integers(0, len(distinct), draw(st.integers(1, 40)))
        passages[lang] = np.concatenate([distinct[rows], queries["bn"][:1]])
        names = [f"{row}#0" for row in range(len(passages[lang]))]
        ids[lang] = ids_of(lang, names)
        qrels[lang] = {f"q{i}": {names[rng.integers(len(names))]: 1, names[0]: 0} for i in range(4)}
    return queries, passages, ids, qrels


def search(collection, depth, blocks, settings=ALL):
    queries, passages, ids, qrels = collection
    names = {lang: [f"q{row}" for row in range(len(vectors))] for lang, vectors in queries.items()}
    tables = []
    scorer = DenseScorer(queries, passages)
    golds = Search(scorer, names, ids, scorer, ids, settings, qrels, depth).run(blocks, tables.append)
    return pa.concat_tables(tables).to_pylist(), golds.to_pylist()


def rational_rankings(collection):
    """Rank by fractions: (query language, query, passage language) → [(score, neutral id, id)], best first."""
    queries, passages, ids, _ = collection
    rankings = {}
    for query_lang, vectors in queries.items():
        for row, vector in enumerate(vectors):
            for lang in LANGS:
                scored = [
                    (
                        np.float32(
                            float(
                                sum(Fraction(float(a)) * Fraction(float(b)) for a, b in zip(vector, other, strict=True))
                            )
                        ),
                        neutral,
                        name,
                    )
                    for other, neutral, name in zip(
                        passages[lang],
                        ranking.neutral_ids(ids[lang].numbers).to_pylist(),
                        ids[lang].ids.to_pylist(),
                        strict=True,
                    )
                ]
                rankings[query_lang, f"q{row}", lang] = sorted(scored, reverse=True)
    return rankings


@given(collections(), st.integers(1, 60), st.integers(1, 7), st.integers(1, 7), st.integers(1, 50))
def test_hits_and_gold_ranks_are_those_of_rational_arithmetic_for_any_blocks(
    collection, depth, queries, query_block, passage_block
):
    hits, golds = search(collection, depth, Blocks(queries, query_block, passage_block))
    rankings = rational_rankings(collection)
    expected = [
        {
            "query_lang": query_lang,
            "query_id": query,
            "passage_lang": lang,
            "passage_id": name,
            "neutral_id": neutral,
            "rank": rank,
            "score": float(score),
        }
        for (query_lang, query, lang), ranking in sorted(rankings.items())
        for rank, (score, neutral, name) in enumerate(ranking[:depth], start=1)
    ]
    assert hits == expected
    qrels = collection[3]
    relevant = [
        (query_lang, query, lang, name, searched)
        for query_lang, query in sorted({key[:2] for key in rankings})
        for lang in LANGS
        for name, relevance in sorted(qrels[lang].get(query, {}).items())
        for searched in LANGS
        if relevance > 0
    ]
    columns = ("query_lang", "query_id", "passage_lang", "passage_id", "searched_lang")
    assert [tuple(row[name] for name in columns) for row in golds] == relevant
    for row in golds:
        own = next(
            entry
            for entry in rankings[row["query_lang"], row["query_id"], row["passage_lang"]]
            if entry[2] == row["passage_id"]
        )
        others = rankings[row["query_lang"], row["query_id"], row["searched_lang"]]
        assert row["score"] == own[0]
        assert row["above"] == sum(entry[:2] > own[:2] for entry in others)
        assert row["searched"] == len(others)


@given(collections())
def test_monolingual_alone_searches_equal_languages(collection):
    hits, _ = search((*collection[:3], {}), 3, Blocks(9, 9, 9), ["monolingual"])
    assert {(row["query_lang"], row["passage_lang"]) for row in hits} == {(lang, lang) for lang in LANGS}


def test_decoding_is_exact_for_every_number_and_refuses_what_is_none():
    finite = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    small = finite[np.abs(finite) <= 1][:, None]
    assert decode(small, "here").tobytes() == small.astype(np.float32).tobytes()
    for number in finite[~np.isfinite(finite)]:
        with pytest.raises(InputError, match="here"):
            decode(np.full((1, 1), number), "here")


@st.composite
def hard_pairs(draw):
    """Vectors whose components differ widely in size and cancel: what fp32 sums worst."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    dimension = draw(st.integers(1, 900))
    sizes = 2.0 ** rng.integers(-draw(st.integers(1, 20)), 1, (2, 6, dimension))
    vectors = rng.standard_normal((2, 6, dimension)) * sizes
    if draw(st.booleans()):  # the second half undoes the first
        vectors[1, :, dimension // 2 : 2 * (dimension // 2)] = -vectors[1, :, : dimension // 2]
        vectors[0, :, dimension // 2 : 2 * (dimension // 2)] = vectors[0, :, : dimension // 2]
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    return vectors.astype(np.float16)


@given(hard_pairs())
def test_fast_products_are_within_their_proven_bound_of_exact_ones_which_have_one_value(vectors):
    queries, passages = vectors
    fast = np.empty((6, 6), dtype=np.float32)
    fast_product(decode(queries, "queries"), decode(passages, "passages"), fast)
    pairs = np.divmod(np.arange(36), 6)
    exact = exact_products(decode(queries[pairs[0]], "queries"), decode(passages[pairs[1]], "passages"))
    assert (np.abs(fast.reshape(-1).astype(np.float64) - exact) <= error_bound(queries.shape[1])).all()
    order = np.random.default_rng(0).permutation(queries.shape[1])
    again = exact_products(decode(queries[pairs[0]][:, order], "queries"), decode(passages[pairs[1]][:, order], "p"))
    assert again.tobytes() == exact.tobytes()
    for query, passage, score in zip(queries, passages, exact[::7], strict=True):
        terms = [Fraction(float(a)) * Fraction(float(b)) for a, b in zip(query, passage, strict=True)]
        assert score == np.float32(float(sum(terms)))


class Blurred:
    """A scorer whose blocks are off by up to ``error``, in the worst ways: every exact score moved up or down."""

    def __init__(self, scores, error, seed):
        self.scores, self.error, self.rng = scores, error, np.random.default_rng(seed)

    def scan(self, asked, passage_lang, blocks, choose):
        ((_, queries),) = asked
        for start in range(0, self.scores.shape[1], blocks.passage_block):
            for first in range(0, len(queries), blocks.query_block):
                part = self.scores[queries[first : first + blocks.query_block], start : start + blocks.passage_block]
                off = self.rng.choice([-1, -0.5, 0, 0.5, 1], part.shape) * self.error * (1 - 1e-6)
                scores = (part + off).astype(np.float32)
                yield ScoredBlock(first, start, scores, self.error, choose(first, scores, self.error))

    def score_pairs(self, query_lang, queries, passage_lang, passages):
        return self.scores[queries, passages]


@given(
    st.integers(0, 2**32),
    st.sampled_from([1e-6, 0.01, 0.3, 2.0]),
    st.integers(1, 400),
    st.integers(1, 30),
    st.integers(1, 5),
    st.integers(1, 100),
)
def test_scores_that_are_off_change_nothing(seed, error, passages, depth, query_block, passage_block):
    rng = np.random.default_rng(seed)
    # Levels closer than the error, and many passages on each: near-ties and ties.
    scores = np.float32(rng.integers(0, rng.integers(1, 60), (4, passages)) * rng.choice([1e-7, 1e-3, 0.1]))
    names = [f"p{row}" for row in range(passages)]
    ids = {"sw": ids_of("sw", names)}
    qrels = {"sw": {f"q{row}": dict.fromkeys(rng.choice(names, 3), 1) for row in range(4)}}
    queries = {"sw": [f"q{row}" for row in range(4)]}
    found = []
    for scorer, blocks in (
        (Blurred(scores, error, seed), Blocks(3, query_block, passage_block)),
        (Blurred(scores, 0.0, seed), Blocks(4, 4, passages)),
    ):
        hits = []
        golds = Search(scorer, queries, ids, scorer, ids, ALL, qrels, depth).run(blocks, hits.append)
        found.append((pa.concat_tables(hits).to_pylist(), golds.to_pylist()))
    assert found[0] == found[1]
    numbers = ids["sw"].numbers
    for query in range(4):
        order = np.lexsort((numbers, scores[query]))[::-1]
        mine = [row for row in found[0][0] if row["query_id"] == f"q{query}"]
        assert [row["passage_id"] for row in mine] == [names[row] for row in order[:depth]]
        ranks = {names[row]: rank for rank, row in enumerate(order)}
        for row in found[0][1]:
            if row["query_id"] == f"q{query}":
                assert row["above"] == ranks[row["passage_id"]]


@pytest.mark.parametrize("threads", [1, 2, 32])
@pytest.mark.parametrize("memory_gb", [0.001, 0.01, 2.0])
def test_blocks_keep_to_the_budget(memory_gb, threads):
    depth, languages, dimension = 100, 11, 768
    blocks = Blocks.within(memory_gb, depth, languages, dimension, threads)
    keys = blocks.queries * depth * (24 * languages + 4 * 24)
    scores = 16 * blocks.query_block * blocks.passage_block * threads
    vectors = (4 * blocks.queries + 6 * blocks.passage_block * threads) * dimension
    assert keys + scores + vectors <= memory_gb * 1e9 * 1.01


class Watched(DenseScorer):
    """A scorer that notes which queries each going through of a language's passages is for."""

    def scan(self, asked, passage_lang, blocks, choose):
        noted.append(([(lang, len(rows)) for lang, rows in asked], passage_lang))
        return super().scan(asked, passage_lang, blocks, choose)


noted: list = []


@pytest.mark.parametrize(
    ("settings", "queries", "expected"),
    [
        (ALL, 100, [([("bn", 3), ("sw", 5)], "bn"), ([("bn", 3), ("sw", 5)], "sw")]),
        (ALL, 4, [([(a, n)], b) for a, n in (("bn", 3), ("sw", 4), ("sw", 1)) for b in LANGS]),
        (["monolingual"], 100, [([("bn", 3)], "bn"), ([("sw", 5)], "sw")]),
    ],
)
def test_passages_are_gone_through_once_for_the_queries_of_all_languages(settings, queries, expected):
    rng = np.random.default_rng(0)
    vectors = {lang: unit(rng, 9, 8) for lang in LANGS}
    asked = {"bn": unit(rng, 3, 8), "sw": unit(rng, 5, 8)}
    names = {lang: [f"q{row}" for row in range(len(rows))] for lang, rows in asked.items()}
    ids = {lang: ids_of(lang, [f"p{row}" for row in range(9)]) for lang in LANGS}
    scorer, hits = Watched(asked, vectors), []
    noted.clear()
    Search(scorer, names, ids, scorer, ids, settings, {}, 4).run(Blocks(queries, 2, 3), hits.append)
    assert noted == expected
    langs = pa.concat_tables(hits)["query_lang"].to_pylist()
    assert langs == sorted(langs)


@given(st.lists(st.integers(0, 9), max_size=8), st.data())
def test_ids_are_taken_from_any_pieces_in_any_order(sizes, data):
    names = [f"p{row}" for row in range(sum(sizes))]
    ends = np.cumsum([0, *sizes]).tolist()
    pieces = [pa.array(names[first:last], type=pa.string()) for first, last in pairwise(ends)]
    ids = PassageIds.of(pieces, np.arange(len(names), dtype=np.uint64), "here")
    rows = data.draw(st.lists(st.integers(0, len(names) - 1)) if names else st.just([]))
    assert ids.take(np.array(rows, dtype=np.int64)).to_pylist() == [names[row] for row in rows]


def test_ids_of_more_text_than_an_arrow_array_holds_are_taken():
    size = 3 << 29  # bytes, of which nobody touches more than some
    text = pa.py_buffer(mmap.mmap(-1, size))
    piece = pa.StringArray.from_buffers(3, pa.py_buffer(np.int32([0, 4, size - 4, size])), text)
    ids = PassageIds.of([piece, piece], np.arange(6, dtype=np.uint64), "here")
    assert ids.take(np.array([5, 0])).to_pylist() == ["\0" * 4] * 2


@given(st.lists(st.integers(0, 2**64 - 1), unique=True))
def test_neutral_ids_are_made_of_their_numbers(numbers):
    text = ranking.neutral_ids(np.array(numbers, dtype=np.uint64))
    assert text.to_pylist() == [f"{number:016x}" for number in numbers]
    text.validate(full=True)
    assert ranking.neutral_numbers(text, "here").tolist() == numbers


def test_of_passages_that_are_not_relevant_no_text_is_made():
    count = 30_000
    ids = {"sw": ids_of("sw", [f"{row}#0" for row in range(count)])}
    qrels = {"sw": {"q": {"7#0": 1, "29999#0": 2, "8#0": 0}}}
    tracemalloc.start()
    try:
        found = find_relevant(["q"], qrels, ids)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.rows.tolist() == [29_999, 7]
    assert peak < 40 * count


class Counted:
    """Rows that say how often they were asked for."""

    def __init__(self, rows):
        self.rows, self.asked = rows, 0

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, rows):
        self.asked += 1
        return self.rows[rows]


@given(st.lists(st.integers(0, 6), min_size=1, max_size=6), st.data())
def test_rows_of_stacked_matrices_are_those_of_one_and_only_who_has_some_is_asked(sizes, data):
    whole = np.arange(2 * sum(sizes), dtype=np.float16).reshape(-1, 2)
    ends = np.cumsum([0, *sizes]).tolist()
    pieces = [Counted(whole[first:last]) for first, last in pairwise(ends)]
    stacked = StackedVectors(pieces)
    assert len(stacked) == len(whole)
    low, high = sorted(data.draw(st.tuples(st.integers(0, len(whole)), st.integers(0, len(whole) + 3))))
    for piece in pieces:
        piece.asked = 0
    assert stacked[low:high].tolist() == whole[low:high].tolist()
    for piece, (first, last) in zip(pieces[1:], pairwise(ends[1:]), strict=True):
        assert not piece.asked or first == last or (first < high and low < last)
    rows = np.array(data.draw(st.lists(st.integers(0, len(whole) - 1)) if len(whole) else st.just([])), dtype=np.int64)
    assert stacked[rows].tolist() == whole[rows].tolist()
