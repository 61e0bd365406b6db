"""BM25 and its tokens."""

import doctest
import math
import tracemalloc

import bm25s
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workflow_scripts.retrieval import bm25
from workflow_scripts.retrieval import lexical_tokens as tokens_module
from workflow_scripts.retrieval.blocks import Blocks
from workflow_scripts.retrieval.bm25 import K1, B, BM25Scorer, LanguageIndex, QueryTokens
from workflow_scripts.retrieval.lexical_tokens import lexical_tokens

PASSAGES = ["mto mto nile ni mrefu", "ziwa viktoria", "mto kongo", "", "nile na kongo ni mito ya afrika"]
QUERIES = ["mto nile", "mto mto", "xyz", "", "kongo ni mto"]


def test_the_examples_in_the_docstrings():
    assert doctest.testmod(tokens_module).attempted > 0
    assert doctest.testmod(tokens_module).failed == 0


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Mwanafunzi wa 3; Dar-es-Salaam", ["mwanafunzi", "wa", "3", "dar", "es", "salaam"]),
        ("বাংলাদেশের রাজধানী?", ["বাংলাদেশের", "রাজধানী"]),  # vowel signs are marks
        (
            "হ\u09df \u0995\u09cb\u09a5\u09be\u09df",
            ["হ\u09af\u09bc", "\u0995\u09cb\u09a5\u09be\u09af\u09bc"],
        ),  # one letter or two
        ("o\u0301\u0323jo\u0323\u0301", ["\u1ecd\u0301j\u1ecd\u0301"]),  # marks in another order
        ("ఆంధ్రప్రదేశ్", ["ఆంధ్రప్రదేశ్"]),
        ("กรุงเทพ 2566", ["กรุ", "รุง", "งเ", "เท", "ทพ", "2566"]),  # a mark stays with its character
        ("東京タワーは333m", ["東京", "京タ", "タワ", "ワー", "ーは", "333m"]),
        ("火", ["火"]),
        ("서울특별시", ["서울특별시"]),  # Korean has spaces
        ("!? …", []),
    ],
)
def test_tokens_in_many_scripts(text, tokens):
    assert lexical_tokens(text) == tokens


@given(st.text(alphabet="abcÀéọ́আকার한국어 .,12ー火กภ", max_size=40))
def test_a_text_has_the_same_tokens_beside_a_script_without_spaces(text):
    assert lexical_tokens(f"{text} 火")[:-1] == lexical_tokens(text)


def scorer(passages=PASSAGES, queries=QUERIES):
    tokens = QueryTokens({"sw": queries})
    return BM25Scorer(tokens, {"sw": LanguageIndex(tokens, passages)})


WHOLE = Blocks(5, 5, 5)


def scores_of(bm25, queries, blocks=WHOLE):
    """Return scores [queries, passages] from the blocks of a scan."""
    found = list(bm25.scan([("sw", np.arange(queries))], "sw", blocks, lambda *_: None))
    assert {block.error for block in found} == {0}
    ends = [(block.first_query + len(block.scores), block.first_passage + block.scores.shape[1]) for block in found]
    scores = np.full(np.max(ends, axis=0), np.nan)
    for block, (query, passage) in zip(found, ends, strict=True):
        scores[block.first_query : query, block.first_passage : passage] = block.scores
    return scores


def test_a_score_by_hand():
    scores = scores_of(scorer(), 5)
    mean = np.mean([5, 2, 2, 0, 7])

    def part(passages_with, frequency, length):
        weight = math.log(1 + (5 - passages_with + 0.5) / (passages_with + 0.5))
        return weight * frequency / (frequency + K1 * (1 - B + B * length / mean))

    assert (K1, B) == (0.9, 0.4)
    assert scores[0, 0] == pytest.approx(part(2, 2, 5) + part(2, 1, 5), rel=1e-6)
    assert scores[1, 2] == pytest.approx(2 * part(2, 1, 2), rel=1e-6)  # a token counts as often as the query has it
    assert scores[2].tolist() == scores[3].tolist() == [0] * 5


WORDS = st.lists(st.sampled_from(["mto", "nile", "ni", "ziwa", "kongo", "na", "refu"]), max_size=9).map(" ".join)


@given(passages=st.lists(WORDS, min_size=1, max_size=30), queries=st.lists(WORDS, min_size=1, max_size=4))
def test_equal_to_the_library(passages, queries):
    tokenised = [lexical_tokens(text) for text in passages]
    assume(any(tokenised))
    retriever = bm25s.BM25(k1=K1, b=B, method="lucene", dtype="float64")
    retriever.index(tokenised, show_progress=False)
    scores = scores_of(scorer(passages, queries), len(queries), Blocks(5, 3, 7))
    for row, query in enumerate(queries):
        known = [token for token in lexical_tokens(query) if token in retriever.vocab_dict]
        expected = retriever.get_scores(known) if known else np.zeros(len(passages))
        assert scores[row] == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_an_index_holds_the_tokens_of_queries_alone():
    tokens = QueryTokens({"sw": ["mto nile"], "en": ["river nile"]})
    assert tokens.columns.keys() == {"mto", "nile", "river"}
    index = LanguageIndex(tokens, PASSAGES)
    assert index.parts(0, 5).nnz == 4  # mto and nile, mto, nile
    assert (index.parts_of(np.array([4, 0])).toarray() == index.parts(0, 5).toarray()[[4, 0]]).all()


def test_a_language_without_passages_or_queries():
    assert scores_of_none(scorer(passages=[])) == []
    nothing = scorer(queries=["", "?!"])
    assert not scores_of(nothing, 2).any()


def scores_of_none(bm25):
    return list(bm25.scan([("sw", np.arange(5))], "sw", WHOLE, lambda *_: None))


def test_same_bits_in_any_block():
    one = scorer()
    whole = scores_of(one, 5)
    assert (scores_of(one, 5, Blocks(5, 2, 1)) == whole).all()
    assert (scores_of(one, 5, Blocks(5, 1, 3)) == whole).all()
    queries, passages = np.divmod(np.arange(25), 5)
    assert (one.score_pairs("sw", queries, "sw", passages).reshape(5, 5) == whole).all()


def test_passages_without_words_match_nothing():
    empty = scorer(["", "?!"])
    assert not scores_of(empty, 5).any()
    assert not empty.score_pairs("sw", np.arange(2), "sw", np.arange(2)).any()


def test_an_index_takes_eight_bytes_a_token_and_counts_passages_a_part_at_a_time(monkeypatch):
    words = [f"w{number}" for number in range(100)]
    tokens = QueryTokens({"sw": [" ".join(words)]})
    whole = LanguageIndex(tokens, (" ".join(words) for _ in range(100)))
    monkeypatch.setattr(bm25, "_COUNTED", 1 << 12)
    assert LanguageIndex(tokens, (" ".join(words) for _ in range(100)))._weights.tolist() == whole._weights.tolist()
    passages = 4_000
    tracemalloc.start()
    try:
        LanguageIndex(tokens, (" ".join(words) for _ in range(passages)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12 * passages * len(words)
