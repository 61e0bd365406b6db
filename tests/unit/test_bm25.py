"""BM25 and its tokens."""

import doctest
import math

import bm25s
import numpy as np
import pytest

from workflow_scripts.retrieval import lexical_tokens as tokens_module
from workflow_scripts.retrieval.blocks import Blocks
from workflow_scripts.retrieval.bm25 import K1, B, BM25Scorer, LanguageIndex
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


def scorer():
    return BM25Scorer({"sw": QUERIES}, {"sw": LanguageIndex(PASSAGES)})


WHOLE = Blocks(5, 5, 5)


def scores_of(bm25, queries, blocks=WHOLE):
    """Return scores [queries, passages] from the blocks of a scan."""
    found = list(bm25.scan("sw", np.arange(queries), "sw", blocks, lambda *_: None))
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


def test_equal_to_the_library():
    retriever = bm25s.BM25(k1=K1, b=B, method="lucene")
    retriever.index([lexical_tokens(text) for text in PASSAGES], show_progress=False)
    scores = scores_of(scorer(), 5)
    for row in (0, 1, 4):
        assert scores[row] == pytest.approx(retriever.get_scores(lexical_tokens(QUERIES[row])), rel=1e-5)


def test_same_bits_in_any_block():
    one = scorer()
    whole = scores_of(one, 5)
    assert (scores_of(one, 5, Blocks(5, 2, 1)) == whole).all()
    assert (scores_of(one, 5, Blocks(5, 1, 3)) == whole).all()
    queries, passages = np.divmod(np.arange(25), 5)
    assert (one.score_pairs("sw", queries, "sw", passages).reshape(5, 5) == whole).all()


def test_passages_without_words_match_nothing():
    empty = BM25Scorer({"sw": QUERIES}, {"sw": LanguageIndex(["", "?!"])})
    assert not scores_of(empty, 5).any()
    assert not empty.score_pairs("sw", np.arange(2), "sw", np.arange(2)).any()
