"""Judged passages are found among hits as a dictionary would find them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.data.neutral_id import neutral_id
from workflow_scripts.evaluation.ranked_lists import RankedLists

IDS = [f"{number:016x}" for number in range(12)]


def ranked_lists(hits):
    """Hits (query → neutral ids, best first) of one language."""
    query = np.array([q for q, ids in enumerate(hits) for _ in ids], dtype=np.int64)
    rank = np.array([place for ids in hits for place, _ in enumerate(ids, start=1)], dtype=np.int64)
    found = [neutral_id for ids in hits for neutral_id in ids]
    names = sorted(set(found))
    passage = np.array([names.index(neutral_id) for neutral_id in found], dtype=np.int64)
    scores = -rank.astype(np.float32)
    return RankedLists(query, np.zeros_like(query), passage, rank, scores, np.array(names, dtype=object))


@given(st.data())
def test_judged_passages_are_found_whatever_else_is_judged(data):
    queries = data.draw(st.integers(1, 3))
    hits = [data.draw(st.lists(st.sampled_from(IDS), unique=True)) for _ in range(queries)]
    judged = [data.draw(st.lists(st.sampled_from(IDS), unique=True)) for _ in range(queries)]
    query = np.array([q for q, ids in enumerate(judged) for _ in ids], dtype=np.int64)
    names = np.array([neutral_id for ids in judged for neutral_id in ids], dtype=object)
    row = {(q, neutral_id): i for i, (q, neutral_id) in enumerate((q, n) for q, ids in enumerate(hits) for n in ids)}
    found = ranked_lists(hits).find(query, names)
    assert found.tolist() == [row.get(pair, -1) for pair in zip(query.tolist(), names.tolist(), strict=True)]


def test_a_judged_passage_that_is_no_hit_does_not_hide_the_next_one_that_is():
    """Its id sorts just before the hit's, so both have the same place among the hits' ids."""
    found = ranked_lists([["b", "d"]]).find(np.array([0, 0, 0]), np.array(["a", "b", "c"], dtype=object))
    assert found.tolist() == [-1, 0, -1]


@given(st.data())
def test_a_passage_with_its_querys_own_id_is_no_hit_and_the_others_keep_their_order(data):
    queries, langs = ["1", "2", "x"], ["bn", "sw"]
    ids = {lang: {name: neutral_id("c", lang, name) for name in ["1", "2", "3", "4"]} for lang in langs}
    hits = {
        (q, lang): data.draw(st.lists(st.sampled_from(sorted(ids[lang])), unique=True))
        for q in range(len(queries))
        for lang in langs
    }
    rows = [
        (q, langs.index(lang), ids[lang][name], place)
        for (q, lang), names in hits.items()
        for place, name in enumerate(names, start=1)
    ]
    query, lang, found, rank = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    names = sorted(set(found))
    lists = RankedLists(
        np.array(query, dtype=np.int64),
        np.array(lang, dtype=np.int64),
        np.array([names.index(one) for one in found], dtype=np.int64),
        np.array(rank, dtype=np.int64),
        -np.array(rank, dtype=np.float32),
        np.array(names, dtype=object),
    ).without_own("c", queries, langs)
    expected = [
        (q, langs.index(lang), ids[lang][name], place)
        for (q, lang), own in hits.items()
        for place, name in enumerate((name for name in own if name != queries[q]), start=1)
    ]
    left = lists.query, lists.lang, lists.neutral_ids[lists.passage] if names else [], lists.rank
    assert list(zip(*map(list, left), strict=True)) == expected
