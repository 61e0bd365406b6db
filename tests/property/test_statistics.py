import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workflow_scripts.evaluation.analysis_settings import CollectionDesign, Statistics
from workflow_scripts.evaluation.bootstrap import Bootstrap, interval
from workflow_scripts.evaluation.holm import holm
from workflow_scripts.evaluation.language_scores import LanguageScores, Run, Stratum, System, reduce_block
from workflow_scripts.evaluation.randomisation import SignFlips, p_value
from workflow_scripts.evaluation.sampling_units import SamplingUnits
from workflow_scripts.evaluation.scaling import slope_weights

probabilities = arrays(float, st.integers(1, 12), elements=st.floats(0, 1))
blocks = arrays(
    float,
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 6)),
    elements=st.one_of(st.just(float("nan")), st.floats(0, 1)),
)


@given(probabilities)
def test_holm_is_the_closed_test_of_bonferroni(p):
    # Definition: a hypothesis's adjusted p is the largest Bonferroni p of those families that step-down visits with it.
    adjusted = holm(p)
    assert (adjusted >= p).all() and (adjusted <= 1).all()
    for i in range(len(p)):
        rivals = [min(1.0, value * (p >= value).sum()) for value in p[p <= p[i]]]
        assert np.isclose(adjusted[i], max(rivals))


@given(blocks, st.booleans())
def test_contributions_average_to_the_macro_mean(scores, by_passage):
    other = 0 if by_passage else 1
    counts = (~np.isnan(scores)).sum(axis=-1)
    sides = (counts > 0).sum(axis=other)
    reduced = reduce_block(scores, sides, by_passage)
    for place, column in enumerate(reduced.columns):
        cells = scores[:, column] if by_passage else scores[column]
        means = [cell[~np.isnan(cell)].mean() for cell in cells if not np.isnan(cell).all()]
        assert np.isclose(reduced.contributions[place].mean(), np.mean(means))
        assert np.isclose(reduced.linearised[place].mean(), np.mean(means))
    assert set(range(len(sides))) - set(reduced.columns) == set(np.flatnonzero(sides == 0))


@given(arrays(float, 4, elements=st.floats(-1, 1)), arrays(float, (20, 4), elements=st.floats(-1, 1)))
def test_p_lies_between_its_bounds_and_knows_no_sign(observed, flipped):
    p = p_value(observed, flipped)
    assert ((p >= 1 / 21) & (p <= 1)).all()
    assert np.array_equal(p, p_value(-observed, flipped))


@given(arrays(float, (30, 2), elements=st.floats(-1e3, 1e3)), st.floats(0.5, 0.99))
def test_intervals_lie_within_the_draws_and_grow_with_confidence(draws, confidence):
    low, high = interval(draws, confidence)
    assert (low <= high).all() and (low >= draws.min(axis=0)).all() and (high <= draws.max(axis=0)).all()
    narrow_low, narrow_high = interval(draws, 0.5)
    assert (narrow_low >= low - 1e-9).all() and (narrow_high <= high + 1e-9).all()


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(4, 9), st.sampled_from("ab"), st.integers(1, 3)), min_size=2, max_size=6),
    st.floats(-1, 1),
    st.floats(-1, 1),
)
def test_a_line_s_slope_is_found_exactly(models, slope, offset):
    sizes = np.array([10.0**decade for decade, _, _ in models])
    families = [family for _, family, _ in models]
    weights = slope_weights(sizes, families, np.array([seeds for _, _, seeds in models]))
    spreads = {family: {decade for decade, name, _ in models if name == family} for family in families}
    if max(map(len, spreads.values())) < 2:
        assert weights is None
        return
    values = slope * np.log10(sizes) + np.array([offset if family == "a" else -3.0 for family in families])
    assert np.isclose(weights @ values, slope, atol=1e-8)


def drawn(values: np.ndarray, units: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the bootstrap's draws and the sign flips of one system's ``values`` [queries]."""
    block = values[None, None, :]
    counts = np.array([len(values)])
    stratum = Stratum("*", np.array([0]), block, block, units)
    scores = LanguageScores((Run("s", "mono", 1),), ("sw",), counts, (stratum,))
    statistics = Statistics(draws=100, confidence=0.95, seed=1)
    found = (
        Bootstrap(statistics).system_draws("toy", scores),
        SignFlips(statistics).system_flips("toy", scores),
    )
    return tuple(by_system[System("s", "mono")][:, 0] for by_system in found)


@given(arrays(float, st.integers(1, 12), elements=st.floats(0, 1)), st.integers(1, 4), st.randoms())
def test_a_query_asked_several_times_in_one_unit_is_one_observation(values, times, shuffled):
    queries = [query for query in range(len(values)) for _ in range(times)]
    shuffled.shuffle(queries)
    for once, repeated in zip(drawn(values, None), drawn(values[queries], np.array(queries)), strict=True):
        assert np.allclose(once, repeated)


@given(st.data())
def test_queries_are_one_unit_where_articles_join_them(data):
    """Against the definition: two queries hang together by a chain of queries, each with an article of the next."""
    count = data.draw(st.integers(1, 7))
    parallel = data.draw(st.booleans())
    articles = st.sets(st.integers(0, 9), max_size=3)
    told = {lang: [data.draw(articles) for _ in range(count)] for lang in ("sw", "te")}
    qrels = {
        lang: {f"q{q}": {f"{article}#{q}": 1 for article in sorted(found)} for q, found in enumerate(by_query)}
        for lang, by_query in told.items()
    }
    units = SamplingUnits(CollectionDesign("toy", ("sw", "te"), parallel, {}, "#"), qrels)
    joined = np.eye(count, dtype=bool)
    for lang in ("sw", "te") if parallel else ("te",):
        joined |= np.array([[bool(one & other) for other in told[lang]] for one in told[lang]])
    for _ in range(count):
        joined = (joined.astype(int) @ joined.astype(int)) > 0
    found = units.of("te", [f"q{q}" for q in range(count)])
    assert np.array_equal(found[:, None] == found[None, :], joined)
    assert set(found.tolist()) == set(range(found.max() + 1))
