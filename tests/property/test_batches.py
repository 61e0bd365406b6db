"""The declared invariants of hybrid batches (docs/training.md), each as a property."""

import tracemalloc
from collections import Counter, defaultdict
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_scripts.data.errors import InputError
from workflow_scripts.training.batches import HybridBatches, SamplerSettings, SourcePairs, realised_counts

EXAMPLES = settings(max_examples=40, deadline=None)


@st.composite
def sources(draw, both_regimes=True):
    """One to three sources of two to four languages; any side of any pair may be missing."""
    languages = draw(st.integers(2, 4))
    found, groups = [], 0
    rows = 0
    for number in range(draw(st.integers(1, 3))):
        pairs = draw(st.integers(2, 30))
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        keep = draw(st.sampled_from([0.5, 0.8, 1.0]))
        sides = []
        for _ in range(2):
            side = rows + np.arange(languages * pairs).reshape(languages, pairs)
            rows += languages * pairs
            side[rng.random(side.shape) > keep] = -1
            sides.append(side)
        if number == 0 and both_regimes:  # so that either regime is possible
            sides[0][0, 0], sides[1][0, 0], sides[1][1, 0] = rows, rows + 1, rows + 2
            rows += 3
        per_group = draw(st.integers(1, 3))
        found.append(SourcePairs(f"s{number}", *sides, groups + np.arange(pairs) // per_group))
        groups += pairs
    return found


samplers = st.builds(
    SamplerSettings,
    batch_size=st.integers(2, 12),
    tau=st.sampled_from([0.0, 0.5, 1.0]),
    draw_order=st.sampled_from(["source-first", "language-first"]),
    cross_pairs=st.sampled_from(["example", "batch"]),
)
alphas = st.sampled_from([0.0, 0.3, 0.5, 1.0])
seeds = st.integers(0, 5)


def first(batches, count=25):
    return list(islice(batches, count))


def columns(batch):
    return np.stack(
        [batch.sources, batch.query_langs, batch.passage_langs, batch.queries, batch.passages, batch.groups]
    )


def equal(one, other):
    return one.monolingual == other.monolingual and np.array_equal(columns(one), columns(other))


@EXAMPLES
@given(sources(), samplers, alphas, seeds)
def test_regimes_are_pure_and_rows_are_what_they_say(sources, sampler, alpha, seed):
    for batch in first(HybridBatches(sources, sampler, alpha, seed)):
        assert len(batch.queries) == sampler.batch_size
        if batch.monolingual:
            assert len({*batch.query_langs.tolist(), *batch.passage_langs.tolist()}) == 1
        else:
            assert (batch.query_langs != batch.passage_langs).all()
            if sampler.cross_pairs == "batch":
                assert len(set(zip(batch.query_langs.tolist(), batch.passage_langs.tolist(), strict=True))) == 1
        if batch.monolingual or sampler.cross_pairs == "batch" or sampler.draw_order == "source-first":
            assert len(set(batch.sources.tolist())) == 1
        for source, query_lang, passage_lang, query, passage, group in columns(batch).T.tolist():
            pair = np.flatnonzero(sources[source].queries[query_lang] == query)[0]
            assert query >= 0 and passage >= 0
            assert sources[source].passages[passage_lang, pair] == passage
            assert sources[source].groups[pair] == group


@EXAMPLES
@given(sources(), samplers, alphas, seeds, st.integers(0, 24))
def test_batch_k_is_a_function_of_seed_and_k(sources, sampler, alpha, seed, k):
    batches = HybridBatches(sources, sampler, alpha, seed)
    assert equal(next(batches.starting_at(k)), first(batches)[k])


@EXAMPLES
@given(sources(), samplers, st.sampled_from([0.2, 0.5, 0.75]), seeds)
def test_hybrid_batches_are_those_of_the_pure_strategies_in_their_order(sources, sampler, alpha, seed):
    mixed = first(HybridBatches(sources, sampler, alpha, seed))
    pure = {
        True: iter(HybridBatches(sources, sampler, 1.0, seed)),
        False: iter(HybridBatches(sources, sampler, 0.0, seed)),
    }
    assert all(equal(batch, next(pure[batch.monolingual])) for batch in mixed)


@EXAMPLES
@given(sources(), samplers, alphas, seeds)
def test_every_example_is_used_before_any_repeats(sources, sampler, alpha, seed):
    used = defaultdict(Counter)
    for batch in first(HybridBatches(sources, sampler, alpha, seed), 40):
        for source, query_lang, passage_lang, query, _, _ in columns(batch).T.tolist():
            used[source, query_lang, passage_lang][query] += 1
    for (source, query_lang, passage_lang), counts in used.items():
        there = (sources[source].queries[query_lang] >= 0) & (sources[source].passages[passage_lang] >= 0)
        times = [counts[query] for query in sources[source].queries[query_lang, there].tolist()]
        assert max(times) - min(times) <= 1
        assert sum(times) == sum(counts.values())


@EXAMPLES
@given(sources(), samplers, seeds)
def test_groups_clash_only_where_an_epoch_has_nothing_else(sources, sampler, seed):
    """While every pool still has as many unused groups as a batch has rows, no batch holds a group twice."""
    for alpha in (0.0, 1.0):
        left = {}
        for batch in first(HybridBatches(sources, sampler, alpha, seed)):
            pools = Counter(zip(*columns(batch)[:3].tolist(), strict=True))
            for source, query_lang, passage_lang in pools:
                if (source, query_lang, passage_lang) not in left:
                    queries, passages = sources[source].queries[query_lang], sources[source].passages[passage_lang]
                    left[source, query_lang, passage_lang] = {
                        int(query): int(group)
                        for query, passage, group in zip(queries, passages, sources[source].groups, strict=True)
                        if query >= 0 and passage >= 0
                    }
            plenty = all(len(set(left[pool].values())) >= 2 * sampler.batch_size for pool in pools)
            if plenty:
                assert len(set(batch.groups.tolist())) == sampler.batch_size
            for source, query_lang, passage_lang, query, _, _ in columns(batch).T.tolist():
                left[source, query_lang, passage_lang].pop(query, None)


def plentiful(languages=3, pairs=400, names=("a",)):
    made, rows = [], 0
    for number, name in enumerate(names):
        sides = [
            rows + side * languages * pairs + np.arange(languages * pairs).reshape(languages, pairs) for side in (0, 1)
        ]
        rows += 2 * languages * pairs
        made.append(SourcePairs(name, *sides, number * pairs + np.arange(pairs) // 2))
    return made


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("order", ["source-first", "language-first"])
@pytest.mark.parametrize("pairs", ["example", "batch"])
def test_with_plenty_of_groups_no_batch_holds_one_twice(alpha, order, pairs):
    # 8 batches of 16 rows use at most 128 of each pool's 400 examples: no epoch ends.
    for batch in first(HybridBatches(plentiful(), SamplerSettings(16, 0.5, order, pairs), alpha, 3), 8):
        assert len(set(batch.groups.tolist())) == 16


def test_languages_and_sources_are_drawn_in_proportion_to_size_to_the_tau():
    made = plentiful(languages=2, pairs=400)
    made[0].queries[1, 100:] = -1  # language 1 has 100 of 400 pairs: with tau 0.5, a share of 10 / (10 + 20)
    batches = first(HybridBatches(made, SamplerSettings(2, 0.5, "source-first", "example"), 1.0, 1), 3000)
    share = np.mean([batch.query_langs[0] for batch in batches])
    # The standard deviation of the share over 3,000 draws is 0.0086; six of it are never met by chance.
    assert abs(share - 1 / 3) < 6 * 0.0087


@pytest.mark.parametrize("tau", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("order", ["source-first", "language-first"])
@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_pools_are_drawn_in_two_steps_each_in_proportion_to_size_to_the_tau(tau, order, alpha):
    """Shares of 3,000 batches against the definition, worked out here from the number of examples of every pool."""
    made = plentiful(languages=2, pairs=64, names=("a", "b"))
    made[0].queries[1, 48:] = -1
    made[1].queries[0, 8:] = -1
    made[1].passages[1, 32:] = -1
    sizes = {
        (number, query, passage): np.count_nonzero((source.queries[query] >= 0) & (source.passages[passage] >= 0))
        for number, source in enumerate(made)
        for query in (0, 1)
        for passage in (0, 1)
        if (query == passage) == (alpha == 1)
    }

    def first_step(pool):
        return pool[0] if order == "source-first" else pool[1:]

    totals = Counter()
    for pool, size in sizes.items():
        totals[first_step(pool)] += size
    of_first = {first: total**tau / sum(t**tau for t in totals.values()) for first, total in totals.items()}
    drawn = Counter(
        tuple(columns(batch)[:3, 0].tolist())
        for batch in first(HybridBatches(made, SamplerSettings(2, tau, order, "batch"), alpha, 1), 3000)
    )
    for pool, size in sizes.items():
        beside = [s for other, s in sizes.items() if first_step(other) == first_step(pool)]
        share = of_first[first_step(pool)] * size**tau / sum(s**tau for s in beside)
        # Six standard deviations of 3,000 draws are never met by chance.
        assert abs(drawn[pool] / 3000 - share) < 6 * (share * (1 - share) / 3000) ** 0.5


@pytest.mark.parametrize("order", ["source-first", "language-first"])
def test_a_source_of_one_language_joins_monolingual_batches_alone(order):
    made = plentiful(names=("many", "one"))
    made[1].queries[1:] = -1
    made[1].passages[1:] = -1
    drawn = {True: set(), False: set()}
    for batch in first(HybridBatches(made, SamplerSettings(8, 1.0, order, "example"), 0.5, 1), 200):
        drawn[batch.monolingual].update(batch.sources.tolist())
    assert drawn == {True: {0, 1}, False: {0}}


def test_what_the_pairs_cannot_give_is_refused():
    sampler = SamplerSettings(8, 0.5, "source-first", "example")
    english = plentiful(languages=1)
    assert first(HybridBatches(english, sampler, 1.0, 1), 2)
    with pytest.raises(InputError, match="two languages"):
        HybridBatches(english, sampler, 0.5, 1)
    apart = plentiful(languages=2)
    apart[0].queries[0] = -1
    apart[0].passages[1] = -1
    assert first(HybridBatches(apart, sampler, 0.0, 1), 2)
    with pytest.raises(InputError, match="no language holds query and passage"):
        HybridBatches(apart, sampler, 0.5, 1)
    with pytest.raises(InputError, match="alpha"):
        HybridBatches(english, sampler, 1.5, 1)
    for wrong in ((1, "source-first", "example"), (8, "random", "example"), (8, "source-first", "row")):
        with pytest.raises(InputError):
            SamplerSettings(wrong[0], 0.5, *wrong[1:])


@EXAMPLES
@given(sources(), samplers, alphas, seeds)
def test_realised_counts_add_up(sources, sampler, alpha, seed):
    batches = first(HybridBatches(sources, sampler, alpha, seed))
    counts = realised_counts(batches, sources, ["en", "sw", "bn", "te"])
    assert sum(counts["batches"].values()) == len(batches)
    assert sum(row["examples"] for row in counts["examples"]) == len(batches) * sampler.batch_size
    clashes = sum(n for batch in batches for n in Counter(batch.groups.tolist()).values() if n > 1)
    assert sum(row["masked"] for row in counts["examples"]) == clashes


def test_a_stream_takes_few_bytes_an_example():
    """There is one for each two languages of a source: 110 of mMARCO's eleven, each of 200,000 pairs or more."""
    languages, pairs = 8, 20_000
    rows = np.arange(languages * pairs).reshape(languages, pairs)
    batches = HybridBatches(
        [SourcePairs("s", rows, rows, np.arange(pairs))], SamplerSettings(256, 0.5, "source-first", "example"), 0.0, 1
    )
    tracemalloc.start()
    try:
        alive = iter(batches)
        list(islice(alive, 10))
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 12 * languages * (languages - 1) * pairs
