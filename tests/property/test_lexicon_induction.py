"""What holds of a lexicon induced from parallel lines, whatever the lines."""

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.translation.lexicon_induction import induce_lexicon
from workflow_scripts.translation.word_alignment import align_words

EXAMPLES = settings(max_examples=15, deadline=None)
SYLLABLES = [a + b for a in "bdfgklmnprst" for b in "aeiou"]


def word(number, suffix):
    return SYLLABLES[number % 60] + SYLLABLES[number // 60] + suffix


def a_bitext(seed, words, lines):
    """Lines of 3 to 8 of some words, unequally frequent, and their translations, word by word in another order."""
    rng = np.random.default_rng(seed)
    frequency = 1 / np.arange(2, words + 2)
    made = []
    for _ in range(lines):
        drawn = rng.choice(words, size=rng.integers(3, 9), replace=False, p=frequency / frequency.sum())
        made.append((drawn.tolist(), rng.permutation(drawn).tolist()))
    return made


def entries(lines, min_count=2, min_weight=0.3):
    return list(induce_lexicon(lines, min_count, min_weight, RowCounts()))


@EXAMPLES
@given(st.integers(0, 2**32 - 1))
def test_a_word_by_word_translation_is_found_out(seed):
    """Every word that stands in 20 lines has its translation in front, with most of its links."""
    numbered = a_bitext(seed, words=40, lines=600)
    lines = [(" ".join(word(n, "q") for n in a), " ".join(word(n, "z") for n in b)) for a, b in numbered]
    seen = np.bincount([n for line, _ in numbered for n in line], minlength=40)
    best = {}
    for entry in entries(lines):
        best.setdefault(entry.word, entry)
    for number in np.flatnonzero(seen >= 20).tolist():
        assert best[word(number, "q")].translation == word(number, "z")
        assert best[word(number, "q")].weight > 0.6


@EXAMPLES
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.sampled_from([0.0, 0.2, 0.5]))
def test_bounds_hold_and_translations_are_in_order(seed, min_count, min_weight):
    numbered = a_bitext(seed, words=30, lines=40)
    lines = [(" ".join(word(n, "q") for n in a), " ".join(word(n, "z") for n in b)) for a, b in numbered]
    together = defaultdict(int)
    for english, other in set(lines):
        for one in set(english.split()):
            for two in set(other.split()):
                together[one, two] += 1
    found = entries(lines, min_count, min_weight)
    weights = defaultdict(list)
    for entry in found:
        assert together[entry.word, entry.translation] >= min_count
        assert min_weight <= entry.weight <= 1
        weights[entry.word].append(entry.weight)
    assert all(of_word == sorted(of_word, reverse=True) and sum(of_word) <= 1 for of_word in weights.values())
    assert found == entries(lines, min_count, min_weight)


@EXAMPLES
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_weights_are_shares_of_what_a_word_is_linked_to(seed, repeats):
    lines = a_bitext(seed, words=20, lines=30)
    lines = [(source * repeats, target) for source, target in lines]
    found = align_words(lines, 20, 20)
    assert (found.weights >= 0).all() and (found.lines >= 1).all()
    assert (np.bincount(found.sources, found.weights, 20) < 1).all()
    cells = {(int(a), int(b)) for source, target in lines for a in source for b in target}
    assert set(zip(found.sources.tolist(), found.targets.tolist(), strict=True)) == cells


def test_blocks_of_lines_change_nothing(monkeypatch):
    lines = a_bitext(1, words=20, lines=200)
    whole = align_words(lines, 20, 20)
    monkeypatch.setattr("workflow_scripts.translation.word_alignment._BLOCK", 100)
    parts = align_words(lines, 20, 20)
    assert np.array_equal(whole.sources, parts.sources) and np.array_equal(whole.lines, parts.lines)
    np.testing.assert_allclose(whole.weights, parts.weights, rtol=1e-9)
