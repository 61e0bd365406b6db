"""Texts cut into sentences and pieces, batches and blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.data.errors import InputError
from workflow_scripts.translation.blocks import blocks, blocks_of_shard
from workflow_scripts.translation.segments import fitting_pieces, join, sentences
from workflow_scripts.translation.token_batches import output_limit, token_batches


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two? Three! Four", ["One.", "Two?", "Three!", "Four"]),
        ('He said "Go." She went.', ['He said "Go."', "She went."]),
        ("Dr. Smith and J. R. Jones met Mr. Brown.", ["Dr. Smith and J. R. Jones met Mr. Brown."]),
        ("It costs 3.5 dollars. 7 people paid.", ["It costs 3.5 dollars.", "7 people paid."]),
        ("He left at 3 p.m. and slept.", ["He left at 3 p.m. and slept."]),
        ("He joined the U.S. Army. It was 1917.", ["He joined the U.S. Army.", "It was 1917."]),
        ("J.R.R. Tolkien and А.С. Пушкин met in พ.ศ. 2500.", ["J.R.R. Tolkien and А.С. Пушкин met in พ.ศ. 2500."]),
        ("She (b. 1530, r. 1558–1603) won Roe v. Wade.", ["She (b. 1530, r. 1558–1603) won Roe v. Wade."]),
        ("It was the 1990s. McDonald's. 12 rose.", ["It was the 1990s.", "McDonald's.", "12 rose."]),
        ("Ṣé é. Ó lọ. 할 것. 나는", ["Ṣé é.", "Ó lọ.", "할 것.", "나는"]),
        ("First line\nsecond line", ["First line", "second line"]),
        ("他来了。她走了！好", ["他来了。", "她走了！", "好"]),
        ("वह आया। वह गया।", ["वह आया।", "वह गया।"]),
        ("  \n ", []),
    ],
)
def test_sentences(text, expected):
    assert sentences(text) == expected


@given(st.text())
def test_no_character_but_white_space_is_lost(text):
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@given(st.text(alphabet="ab ,;。中", min_size=1, max_size=80), st.integers(1, 10))
def test_pieces_fit_and_lose_nothing(text, longest):
    pieces = fitting_pieces(text, lambda piece: len(piece) <= longest)
    assert all(len(piece) <= longest for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_sentence_is_cut_at_the_clause_nearest_to_its_middle():
    text = "one, two three, four five six"
    assert fitting_pieces(text, lambda piece: len(piece) < 20) == ["one, two three,", "four five six"]
    assert fitting_pieces("one two three four", lambda piece: len(piece) < 15) == ["one two", "three four"]


def test_numbers_are_no_clauses():
    assert fitting_pieces("it has 1,234,567 of all those", lambda piece: len(piece) < 20) == [
        "it has 1,234,567",
        "of all those",
    ]
    assert fitting_pieces("from 1939–45, 12 years", lambda piece: len(piece) < 15) == ["from 1939–45,", "12 years"]


def test_pieces_are_joined_as_their_script_wants():
    assert join(["One.", "", " Two."]) == "One. Two."
    assert join(["他来了。", "她走了。"]) == "他来了。她走了。"
    assert join(["雨が、", "コーヒー", "です。"]) == "雨が、コーヒーです。"
    assert join(["그는 왔다.", "그녀는 갔다."]) == "그는 왔다. 그녀는 갔다."
    assert join(["เขามา", "เธอไป"]) == "เขามา เธอไป"


@given(st.lists(st.integers(1, 100), max_size=60), st.integers(1, 300))
def test_batches_hold_each_text_once_within_the_budget_and_one_limit(lengths, budget):
    limits = [output_limit(length, 3.0) for length in lengths]
    batches = token_batches(lengths, limits, budget)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or max(lengths[i] for i in batch) * len(batch) <= budget
        assert len({limits[i] for i in batch}) == 1


def test_the_limit_of_an_output_grows_with_its_source_in_steps():
    assert [output_limit(tokens, 3.0) for tokens in (1, 5, 6, 16, 128)] == [32, 32, 64, 64, 416]


@given(st.lists(st.text(max_size=5)), st.integers(1, 5), st.integers(1, 7))
def test_shards_deal_out_every_block_once(texts, size, shards):
    whole = blocks(texts, size)
    dealt = [item for shard in range(shards) for item in blocks_of_shard(whole, shard, shards)]
    assert sorted(dealt) == list(enumerate(whole))
    assert sorted(text for block in whole for text in block) == sorted(set(texts))


def test_a_shard_that_there_is_not():
    with pytest.raises(InputError, match="--shard 3: there are 3 shards, counted from 0"):
        list(blocks_of_shard([["a"]], 3, 3))
