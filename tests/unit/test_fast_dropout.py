import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.encoders.fast_dropout import FastDropout, dropout


@given(st.integers(1, 300), st.floats(0.001, 0.999), st.integers(0, 2**32))
def test_a_number_is_zero_or_divided_by_the_share_kept_and_so_is_its_gradient(count, share, seed):
    torch.manual_seed(seed)
    values = torch.linspace(1, 2, count, dtype=torch.float64, requires_grad=True)
    left = dropout(values, share)
    left.sum().backward()
    scale = 1 / (1 - round(share * 2**16) / 2**16)
    assert torch.allclose(left, values * values.grad, rtol=1e-12)
    assert ((values.grad == 0) | (values.grad == scale)).all()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_share_dropped_is_the_one_asked_for(share):
    count = 4_000_000
    dropped = (dropout(torch.ones(count), share) == 0).double().mean().item()
    # Ten standard deviations: chance fails once in 10^23 runs.
    assert abs(dropped - share) < 10 * (share * (1 - share) / count) ** 0.5 + 2**-16


def test_random_numbers_are_replayed_with_torchs_state_and_differ_without():
    values = torch.ones(1000)
    state = torch.get_rng_state()
    first, second = dropout(values, 0.5), dropout(values, 0.5)
    torch.set_rng_state(state)
    assert torch.equal(dropout(values, 0.5), first)
    assert not torch.equal(first, second)  # equal once in 2^1000


def test_nothing_is_dropped_without_a_share_or_in_evaluation():
    values = torch.ones(50)
    assert torch.equal(dropout(values, 0.0), values)
    assert torch.equal(FastDropout(0.5).eval()(values), values)
    assert not torch.equal(FastDropout(0.5).train()(values), values)


def test_a_share_next_to_one_drops_all():
    assert (dropout(torch.ones(10), 1 - 2**-20) == 0).all()


def test_a_shape_that_is_no_multiple_of_four_and_not_contiguous():
    values = torch.ones(3, 5, 7).transpose(0, 2)
    left = dropout(values, 0.25)
    assert left.shape == values.shape
    assert set(left.unique().tolist()) <= {0.0, 4 / 3, torch.tensor(4 / 3).item()}
