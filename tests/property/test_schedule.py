from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.training.learning_rate import linear_schedule
from workflow_scripts.training.schedule import RegimeSchedule

alphas = st.integers(0, 1000).map(lambda thousandth: thousandth / 1000)


@given(alphas, st.integers(0, 100), st.integers(0, 10**9), st.integers(1, 200))
def test_any_window_holds_its_share(alpha, seed, start, width):
    schedule = RegimeSchedule(alpha, seed)
    held = sum(schedule.is_monolingual(k) for k in range(start, start + width))
    assert held == schedule.monolingual_before(start + width) - schedule.monolingual_before(start)
    exact = Fraction(str(alpha)) * width
    assert held in (floor(exact), ceil(exact))


@given(st.integers(0, 100), st.integers(0, 10**9))
def test_pure_strategies_are_pure(seed, k):
    assert RegimeSchedule(1.0, seed).is_monolingual(k)
    assert not RegimeSchedule(0.0, seed).is_monolingual(k)


def test_seeds_begin_at_different_places():
    assert len({tuple(RegimeSchedule(0.5, seed).is_monolingual(k) for k in range(2)) for seed in range(20)}) == 2


@given(st.integers(1, 500), st.sampled_from([0.0, 0.1, 0.5, 1.0]))
def test_learning_rate_rises_then_falls_within_its_peak(steps, share):
    factors = [linear_schedule(step, steps, share) for step in range(steps + 1)]
    warmup = round(share * steps)
    assert all(0 <= factor <= 1 for factor in factors)
    assert all(a < b for a, b in pairwise(factors[:warmup]))
    assert all(a > b for a, b in pairwise(factors[warmup:]))
    assert factors[steps] == 0 or warmup == steps
