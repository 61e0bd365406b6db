"""Measures of language bias: the examples by hand, and what they leave out."""

import doctest

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from workflow_scripts.data import language_files as language_files_module
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.language_files import language_files
from workflow_scripts.evaluation import bias, metrics, rank_distance
from workflow_scripts.retrieval import ranking


@pytest.mark.parametrize(
    "module", [bias, metrics, rank_distance, ranking, language_files_module], ids=lambda m: m.__name__
)
def test_the_examples_in_the_docstrings(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def golds(**columns):
    base = {"query_lang": "sw", "query_id": "q", "passage_lang": "bn", "passage_id": "p", "searched": 10}
    return pd.DataFrame({**base, **columns})


def test_pool_ranks_add_what_stands_above_in_every_language():
    table = golds(searched_lang=["bn", "sw"], above=[3, 4])
    assert rank_distance.pool_ranks(table, {"bn": 10, "sw": 10})["rank"].tolist() == [8]


@pytest.mark.parametrize(
    "table",
    [
        golds(searched_lang=["bn"], above=[3]),  # a language is missing
        golds(searched_lang=["bn", "bn"], above=[3, 3]),  # one stands twice
    ],
)
def test_pool_ranks_want_each_language_once(table):
    with pytest.raises(InputError, match="every part, once"):
        rank_distance.pool_ranks(table, {"bn": 10, "sw": 10})


def test_a_query_with_passages_in_one_language_has_no_distance():
    ranks = pd.DataFrame(
        {
            "query_lang": "sw",
            "query_id": ["a", "a", "b", "b"],
            "passage_lang": ["bn", "bn", "bn", "sw"],
            "rank": [1, 9, 2, 5],
        }
    )
    assert rank_distance.rank_distances(ranks, 10)["rank_distance"].tolist() == [3.0]


def test_ties_do_not_reach_over_lists():
    assert bias.tied(np.array([0, 0, 1, 1]), np.float32([0.9, 0.5, 0.5, 0.4])) == (0, 4)
    assert bias.tied(np.array([0, 0, 0]), np.float32([0.5, 0.5, 0.5])) == (3, 3)
    assert bias.tied(np.zeros(0, dtype=int), np.zeros(0, dtype=np.float32)) == (0, 0)


def test_keys_order_all_floats():
    scores = np.float32([-np.inf, -2, -1e-45, -0.0, 0.0, 1e-45, 0.5, np.inf])
    keys = ranking.keys(scores, np.zeros(8, dtype=np.int64))
    assert keys[3] == keys[4]
    assert (np.diff(keys) >= 0).all()
    assert (np.delete(np.diff(keys), 3) > 0).all()
    assert keys[0] > ranking.NO_HIT
    assert ranking.unpack(ranking.keys(scores, np.arange(8)))[0].tolist() == scores.tolist()
    assert ranking.unpack(ranking.keys(scores, np.arange(8)))[1].tolist() == list(range(8))


@pytest.mark.parametrize("ids", [["0" * 15], ["g" * 16], ["0" * 15 + " "]])
def test_neutral_ids_of_another_form_are_refused(ids):
    with pytest.raises(InputError, match="hexadecimal"):
        ranking.neutral_numbers(pa.array(ids), "here")


def test_a_repeated_passage_is_refused():
    with pytest.raises(InputError, match="same neutral id"):
        ranking.places(ranking.neutral_numbers(pa.array(["0" * 16] * 2), "here"), "here")


@pytest.mark.parametrize("values", [["sw"], ["=x"], ["sw="], ["sw=a", "sw=b"]])
def test_flags_that_are_not_one_file_a_language_are_refused(values):
    with pytest.raises(InputError, match="--qrels"):
        language_files(values, "--qrels")
