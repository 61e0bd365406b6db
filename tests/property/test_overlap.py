"""The hashed, batched search for overlaps against the quadratic definition of one."""

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_scripts.data import overlap
from workflow_scripts.data.bit_filter import BitFilter
from workflow_scripts.data.ngrams import CHARACTERS_PER_WORD, NgramHasher
from workflow_scripts.data.normalise import normalise
from workflow_scripts.data.overlap import OverlapIndex, filter_of

WORDS = st.sampled_from(["one", "Two", "three!", "four", "it's", "ab"])
SENTENCES = st.lists(WORDS, max_size=14).map(" ".join)
# A small alphabet, so that n-grams repeat within a text and across texts.
CHARACTERS = st.text(alphabet="日本語 。は", max_size=24)


def units(text, unspaced):
    normalised = normalise(text)
    return list(normalised.replace(" ", "")) if unspaced else normalised.split()


def ngrams(text, length, unspaced):
    found = units(text, unspaced)
    return {tuple(found[start : start + length]) for start in range(len(found) - length + 1)}


def naive(text, evaluation, ngram, max_overlap, unspaced):
    """Reason, share and id, straight from the definition; of equal candidates the first."""
    for text_id, other in evaluation:
        if units(text, unspaced) and units(text, unspaced) == units(other, unspaced):
            return "exact", Fraction(1), text_id
    length = ngram * CHARACTERS_PER_WORD if unspaced else ngram
    own = ngrams(text, length, unspaced)
    best = ("ngram", Fraction(0), None)
    for text_id, other in evaluation:
        share = Fraction(len(own & ngrams(other, length, unspaced)), len(own) or 1)
        if share > best[1]:
            best = ("ngram", share, text_id)
    return best if best[1] > 0 and best[1] >= Fraction(str(max_overlap)) else None


def check(training, texts, ngram, max_overlap, unspaced):
    evaluation = [(f"e{number}", text) for number, text in enumerate(texts)]
    hasher = NgramHasher(ngram, unspaced=unspaced)
    index = OverlapIndex(evaluation, hasher, max_overlap=max_overlap)
    every = list(index.find(training))
    for text, found in zip(training, every, strict=True):
        expected = naive(text, evaluation, ngram, max_overlap, unspaced)
        assert (found and (found.reason, found.matched)) == (expected and (expected[0], expected[2]))
        assert found is None or abs(found.share - expected[1]) < 1e-9
    known = filter_of(training, hasher, expected=1)
    assert list(OverlapIndex(iter(evaluation), hasher, max_overlap=max_overlap, training=known).find(training)) == every


THRESHOLDS = st.sampled_from([0.01, 0.3, 0.5, 0.7, 1.0])


@given(st.lists(SENTENCES, max_size=6), st.lists(SENTENCES, max_size=6), st.integers(1, 4), THRESHOLDS)
def test_words(training, evaluation, ngram, max_overlap):
    check(training, evaluation, ngram, max_overlap, unspaced=False)


@given(st.lists(CHARACTERS, max_size=6), st.lists(CHARACTERS, max_size=6), st.integers(1, 3), THRESHOLDS)
def test_characters(training, evaluation, ngram, max_overlap):
    check(training, evaluation, ngram, max_overlap, unspaced=True)


@settings(max_examples=40)
@given(st.lists(SENTENCES, min_size=3, max_size=12), st.lists(SENTENCES, min_size=3, max_size=12), st.integers(1, 3))
def test_batches_change_nothing(training, evaluation, batch):
    evaluation = list(enumerate(evaluation))
    hasher = NgramHasher(2, unspaced=False)
    whole = list(OverlapIndex(evaluation, hasher, max_overlap=0.5).find(training))
    saved = overlap._BATCH
    overlap._BATCH = batch
    try:
        assert list(OverlapIndex(evaluation, hasher, max_overlap=0.5).find(training)) == whole
    finally:
        overlap._BATCH = saved


@given(SENTENCES.filter(lambda text: normalise(text)), st.lists(SENTENCES, max_size=5))
def test_an_evaluation_text_always_contains_itself(text, others):
    index = OverlapIndex([*enumerate(others), (len(others), text)], NgramHasher(3, unspaced=False), max_overlap=0.5)
    (found,) = index.find([f"  {text.upper()}?!"])
    assert found.reason == "exact"
    assert found.share == 1


@given(st.lists(st.integers(0, 2**64 - 1), max_size=200), st.lists(st.integers(0, 2**64 - 1), max_size=200))
def test_a_filter_misses_nothing_and_an_empty_one_knows_nothing(added, others):
    known = BitFilter(expected=1)
    assert not known.seen(np.array(others, np.uint64)).any()
    # Neighbours share bytes of the table: none may push another out.
    added += [value ^ 1 for value in added]
    known.add(np.array(added, np.uint64))
    assert known.seen(np.array(added, np.uint64)).all()


def test_a_filter_of_the_expected_size_is_seldom_wrong():
    chance = np.random.default_rng(1)
    known = BitFilter(expected=100_000)
    known.add(chance.integers(0, 2**64, 100_000, np.uint64))
    assert known.seen(chance.integers(0, 2**64, 100_000, np.uint64)).mean() < 0.02


def test_the_table_has_room_for_millions_of_pairs():
    """8.8 million, with a negative each and a hundred n-grams in all; pages that nothing is put into take no memory."""
    hashes = 100 * 8_800_000
    assert BitFilter(hashes)._table.nbytes * 8 >= 32 * hashes
