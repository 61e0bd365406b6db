"""Search gives the same hits, in the same order, however it is cut; and they are the right ones."""

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.data.neutral_id import neutral_id
from workflow_scripts.retrieval.dense_vectors import DenseScorer
from workflow_scripts.retrieval.exact_product import pairwise_product, product, widen
from workflow_scripts.retrieval.full_search import Blocks, Search
from workflow_scripts.retrieval.passages import PassageIds

ALL = ["monolingual", "cross-lingual", "multilingual"]
LANGS = ["bn", "sw"]


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
        ids[lang] = PassageIds.of(pa.array(names), [neutral_id("c", lang, name) for name in names], lang)
        qrels[lang] = {f"q{i}": {names[rng.integers(len(names))]: 1, names[0]: 0} for i in range(4)}
    return queries, passages, ids, qrels


def search(collection, depth, blocks, settings=ALL):
    queries, passages, ids, qrels = collection
    names = {lang: [f"q{row}" for row in range(len(vectors))] for lang, vectors in queries.items()}
    tables = []
    scorer = DenseScorer(queries, passages)
    golds = Search(scorer, names, ids, LANGS, settings, qrels, depth).run(blocks, tables.append)
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
                        passages[lang], ids[lang].neutral_ids.to_pylist(), ids[lang].ids.to_pylist(), strict=True
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


@given(st.integers(0, 2**32), st.integers(1, 300), st.integers(1, 20), st.permutations(range(8)))
def test_products_have_the_same_bits_in_any_shape_and_order(seed, dimension, rows, order):
    rng = np.random.default_rng(seed)
    queries, passages = widen(unit(rng, 8, dimension), "queries"), widen(unit(rng, rows, dimension), "passages")
    whole = product(queries, passages)
    shuffled = rng.permutation(dimension)
    assert (product(queries[order][:, shuffled], passages[:, shuffled]) == whole[order]).all()
    singly = np.array([[product(query[None], passage[None])[0, 0] for passage in passages] for query in queries])
    assert (singly == whole).all()
    assert (
        pairwise_product(np.repeat(queries, rows, axis=0), np.tile(passages, (8, 1))).reshape(8, rows) == whole
    ).all()


@pytest.mark.parametrize("memory_gb", [0.001, 0.01, 2.0])
def test_blocks_keep_to_the_budget(memory_gb):
    depth, languages, dimension = 100, 11, 768
    blocks = Blocks.within(memory_gb, depth, languages, dimension)
    keys = 3 * 8 * blocks.queries * depth * languages
    scores = 32 * blocks.query_block * blocks.passage_block
    vectors = 16 * (blocks.query_block + blocks.passage_block) * dimension
    assert keys + scores + vectors <= memory_gb * 1e9 * 1.01
