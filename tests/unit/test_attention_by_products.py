"""Attention by products is attention: of each text alone, to what bf16 allows."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_scripts.encoders.attention_by_products import attend_by_products
from workflow_scripts.encoders.packed_transformer import attend

HEADS, WIDTH = 2, 16


def numbers(tokens):
    """Return query, key and value [tokens, 3 · WIDTH] in bf16, between -1 and 1."""
    waves = torch.arange(tokens * 3 * WIDTH, dtype=torch.float64).mul(0.7).sin()
    return waves.view(tokens, 3 * WIDTH).bfloat16()


def error_of(found, projected, runs):
    return (found.double() - attend(projected.double(), runs, HEADS)).abs().max().item()


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.integers(1, 130), st.integers(1, 9), min_size=1, max_size=4))
def test_it_is_attention_within_each_text(counts):
    runs = [(texts, length) for length, texts in counts.items()]
    projected = numbers(sum(texts * length for texts, length in runs))
    found = attend_by_products(projected, runs, HEADS)
    assert found.dtype == torch.bfloat16 and found.shape == (len(projected), WIDTH)
    # Scores of at most 3 lose 2**-8 of them at most, so weights 1.2 %, and values of 1 may be off by twice as much;
    # weights and results are rounded once more each.
    assert error_of(found, projected, runs) < 0.035


@pytest.mark.parametrize("length", [31, 32, 33, 300])
def test_a_text_is_the_same_alone_and_among_others(length):
    others, alone = numbers(5 * length), numbers(5 * length)[2 * length : 3 * length]
    among = attend_by_products(others, [(5, length)], HEADS)[2 * length : 3 * length]
    assert torch.equal(among, attend_by_products(alone, [(1, length)], HEADS))


def test_even_scores_give_the_mean_of_the_texts_own_values():
    projected = torch.zeros(7, 3 * WIDTH, dtype=torch.bfloat16)
    projected[:, 2 * WIDTH :] = torch.tensor([2.0] * 3 + [4.0] * 4)[:, None]
    found = attend_by_products(projected, [(1, 3), (1, 4)], HEADS)
    assert torch.allclose(found[:3].float(), torch.tensor(2.0), rtol=2**-8)
    assert torch.allclose(found[3:].float(), torch.tensor(4.0), rtol=2**-8)
