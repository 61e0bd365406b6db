"""Hybrid batches: monolingual and cross-lingual batches mixed with share alpha (arXiv 2408.10536, section 3).

A run is two sequences of batches that do not know of each other or of alpha: monolingual ones
M(0), M(1), … and cross-lingual ones C(0), C(1), …, both functions of the seed. The schedule decides
which of the two comes next. Hence alpha 1 and 0 are bitwise the pure strategies, the j-th monolingual
batch of every run with one seed is the same whatever alpha is, and within either sequence every example
is used before any repeats. Batch k is a function of (seed, k): what lies before it is replayed, which costs
0.1 to 0.4 ms a batch. The invariants are listed in ``docs/training.md`` and tested as properties.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

import numpy as np

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.keyed_random import uniforms
from workflow_scripts.training.draws import choose, shares
from workflow_scripts.training.schedule import RegimeSchedule
from workflow_scripts.training.streams import ExampleStream

DRAW_ORDERS = ("source-first", "language-first")
CROSS_PAIRS = ("example", "batch")


@dataclass(frozen=True)
class SourcePairs:
    """One source's pairs: which languages hold the query and the passage of each.

    ``queries`` and ``passages`` are int64 [languages, pairs], the row of the text in the caller's store, −1 where a
    language lacks that side. ``groups`` is int64 [pairs], unique across sources. ``rows``, where given, is int64
    [languages, pairs], the row of the pair in the caller's tables, −1 where a language lacks the pair.
    """

    name: str
    queries: np.ndarray
    passages: np.ndarray
    groups: np.ndarray
    rows: np.ndarray | None = None


@dataclass(frozen=True)
class SamplerSettings:
    """What decides the batches besides pairs, seed and alpha (config section ``training``)."""

    batch_size: int
    tau: float
    draw_order: str
    cross_pairs: str

    def __post_init__(self) -> None:
        """Raise InputError on values outside their range."""
        if self.batch_size < 2:
            raise InputError(f"training.batch_size: {self.batch_size} leaves no negatives; use 2 or more")
        if self.draw_order not in DRAW_ORDERS:
            raise InputError(f"training.draw_order: {self.draw_order!r} is not one of {', '.join(DRAW_ORDERS)}")
        if self.cross_pairs not in CROSS_PAIRS:
            raise InputError(f"training.cross_pairs: {self.cross_pairs!r} is not one of {', '.join(CROSS_PAIRS)}")


@dataclass(frozen=True)
class Batch:
    """One batch; every array is int64 [batch_size] and numbers sources, languages, texts, groups, a source's pairs."""

    monolingual: bool
    sources: np.ndarray
    query_langs: np.ndarray
    passage_langs: np.ndarray
    queries: np.ndarray
    passages: np.ndarray
    groups: np.ndarray
    pairs: np.ndarray


@dataclass(frozen=True)
class _Pool:
    """The examples of one source with the query in one language and the passage in one."""

    source: int
    query_lang: int
    passage_lang: int
    size: int


def _pools(sources: Sequence[SourcePairs], monolingual: bool) -> list[_Pool]:
    pools = []
    for number, source in enumerate(sources):
        queries, passages = source.queries >= 0, source.passages >= 0
        for query_lang, passage_lang in np.ndindex(len(queries), len(passages)):
            if (query_lang == passage_lang) == monolingual:
                size = np.count_nonzero(queries[query_lang] & passages[passage_lang])
                if size:
                    pools.append(_Pool(number, query_lang, passage_lang, size))
    return pools


class _PoolDraw:
    """Draw pools in two steps, each with probability ∝ size^tau: source then language pair, or the other way round."""

    def __init__(self, pools: list[_Pool], settings: SamplerSettings) -> None:
        source_first = settings.draw_order == "source-first"
        self._by_first: dict = {}
        for number, pool in enumerate(pools):
            languages = (pool.query_lang, pool.passage_lang)
            first, second = (pool.source, languages) if source_first else (languages, pool.source)
            self._by_first.setdefault(first, {})[second] = number
        sizes = [sum(pools[number].size for number in seconds.values()) for seconds in self._by_first.values()]
        self._first = shares(sizes, settings.tau)
        self._pools = [np.array(list(seconds.values())) for seconds in self._by_first.values()]
        self._second = [shares([pools[n].size for n in numbers], settings.tau) for numbers in self._pools]

    def first(self, number: float) -> int:
        """Return the index of the drawn source (or language pair) for one uniform number."""
        return int(choose(self._first, number))

    def second(self, first: int, numbers: float | np.ndarray) -> np.ndarray:
        """Return the numbers of the pools drawn within ``first``."""
        return self._pools[first][choose(self._second[first], numbers)]


def _sequence(
    sources: Sequence[SourcePairs], settings: SamplerSettings, monolingual: bool, seed: int
) -> Iterator[Batch]:
    """Yield the batches of one regime, without end."""
    regime = "monolingual" if monolingual else "cross-lingual"
    pools = _pools(sources, monolingual)
    draw = _PoolDraw(pools, settings)
    of_pool = np.array([(pool.source, pool.query_lang, pool.passage_lang) for pool in pools])
    # The pool with the fewest examples chooses first: it has the fewest ways to avoid a clash.
    rank = np.argsort(np.argsort([pool.size for pool in pools], kind="stable"))
    streams: dict[int, ExampleStream] = {}
    size = settings.batch_size
    one_pool = monolingual or settings.cross_pairs == "batch"
    j = 0
    while True:
        numbers = uniforms(2 * size, "draw", seed, regime, j)
        j += 1
        if one_pool:
            slots = np.full(size, draw.second(draw.first(numbers[0]), numbers[1]))
        elif settings.draw_order == "source-first":
            slots = draw.second(draw.first(numbers[0]), numbers[size:])
        else:  # each example draws its languages, then its source
            slots = np.array(
                [draw.second(draw.first(a), b) for a, b in zip(numbers[:size], numbers[size:], strict=True)]
            )
        pairs = np.empty(size, dtype=np.int64)
        order = np.argsort(rank[slots], kind="stable")
        taken: set[int] = set()
        drawn: list[int] = []
        for number, run in groupby(slots[order].tolist()):
            if number not in streams:
                streams[number] = _stream(sources[pools[number].source], pools[number], seed, regime)
            drawn += streams[number].take(len(list(run)), taken)
        pairs[order] = drawn
        yield _batch(monolingual, sources, *of_pool[slots].T, pairs)


def _stream(source: SourcePairs, pool: _Pool, seed: int, regime: str) -> ExampleStream:
    examples = np.flatnonzero((source.queries[pool.query_lang] >= 0) & (source.passages[pool.passage_lang] >= 0))
    key = ("order", seed, regime, source.name, pool.query_lang, pool.passage_lang)
    return ExampleStream(examples, source.groups, key)


def _batch(
    monolingual: bool,
    sources: Sequence[SourcePairs],
    of_source: np.ndarray,
    query_langs: np.ndarray,
    passage_langs: np.ndarray,
    pairs: np.ndarray,
) -> Batch:
    queries, passages, groups = np.empty_like(pairs), np.empty_like(pairs), np.empty_like(pairs)
    for number in set(of_source.tolist()):
        places = of_source == number
        queries[places] = sources[number].queries[query_langs[places], pairs[places]]
        passages[places] = sources[number].passages[passage_langs[places], pairs[places]]
        groups[places] = sources[number].groups[pairs[places]]
    return Batch(monolingual, of_source, query_langs, passage_langs, queries, passages, groups, pairs)


class HybridBatches:
    """The batches of a run: an endless iterable, the same from every ``iter`` of equal arguments.

    Raises InputError where alpha asks for a regime that the pairs cannot give.
    """

    def __init__(self, sources: Sequence[SourcePairs], settings: SamplerSettings, alpha: float, seed: int) -> None:
        self.schedule = RegimeSchedule(alpha, seed)
        self._sources, self._settings, self._seed = sources, settings, seed
        if alpha > 0 and not _pools(sources, monolingual=True):
            raise InputError(
                f"strategy.alpha: {alpha} asks for monolingual batches, but no language holds query and passage "
                "of a pair; add such pairs or set alpha to 0"
            )
        if alpha < 1 and not _pools(sources, monolingual=False):
            raise InputError(
                f"strategy.alpha: {alpha} asks for cross-lingual batches, but these need two languages and no pair "
                "has its query in one and its passage in another; add translations or set alpha to 1"
            )

    def __iter__(self) -> Iterator[Batch]:
        """Yield batches 0, 1, 2, …"""
        return self.starting_at(0)

    def starting_at(self, k: int) -> Iterator[Batch]:
        """Yield batches k, k + 1, … as an iteration from 0 would (it replays the streams of both regimes)."""
        mono_done = self.schedule.monolingual_before(k)
        monolingual = islice(_sequence(self._sources, self._settings, True, self._seed), mono_done, None)
        cross_lingual = islice(_sequence(self._sources, self._settings, False, self._seed), k - mono_done, None)
        while True:
            yield next(monolingual if self.schedule.is_monolingual(k) else cross_lingual)
            k += 1


def realised_counts(
    batches: Sequence[Batch], sources: Sequence[SourcePairs], languages: Sequence[str]
) -> dict[str, object]:
    """Return what ``batches.json`` holds: batches by regime; examples and masked rows by regime, source, languages.

    ``masked`` counts the examples that share a group with another of their batch.
    """
    regimes: Counter[str] = Counter()
    examples: Counter[tuple[str, str, str, str]] = Counter()
    masked: Counter[tuple[str, str, str, str]] = Counter()
    for batch in batches:
        regime = "monolingual" if batch.monolingual else "cross-lingual"
        regimes[regime] += 1
        repeats = Counter(batch.groups.tolist())
        rows = zip(batch.sources, batch.query_langs, batch.passage_langs, batch.groups.tolist(), strict=True)
        for source, query_lang, passage_lang, group in rows:
            key = (regime, sources[source].name, languages[query_lang], languages[passage_lang])
            examples[key] += 1
            masked[key] += repeats[group] > 1
    names = ("regime", "source", "query_lang", "passage_lang")
    return {
        "batches": dict(sorted(regimes.items())),
        "examples": [
            {**dict(zip(names, key, strict=True)), "examples": examples[key], "masked": masked[key]}
            for key in sorted(examples)
        ],
    }
