import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.training.masking import mask_tokens


def drawn(share, key, rows=20):
    rng = np.random.default_rng(7)
    ids = rng.integers(0, 50, rows * 12)
    return ids, *mask_tokens(ids, share, 4, 5, 50, *key)


@given(st.floats(0, 1), st.integers(0, 1000))
def test_only_chosen_tokens_change_and_special_ones_are_never_chosen(share, key):
    ids, hidden, chosen = drawn(share, (key,))
    assert (hidden[~chosen] == ids[~chosen]).all()
    assert (ids[chosen] >= 5).all()
    assert (hidden[chosen] >= 4).all() and (hidden < 50).all()
    again = drawn(share, (key,))
    assert np.array_equal(hidden, again[1]) and np.array_equal(chosen, again[2])


def test_shares_are_those_of_bert():
    ids, hidden, chosen = drawn(0.3, (1,), rows=20000)
    eligible = ids >= 5
    # Some 216,000 eligible and 65,000 chosen tokens: the standard deviations are below 0.0014, 0.0022.
    assert abs(chosen.sum() / eligible.sum() - 0.3) < 0.009
    assert abs((hidden[chosen] == 4).mean() - 0.8) < 0.014
