"""Which words translate which, from parallel lines: IBM Model 1 in both directions, trained by agreement.

Model 1 (Brown et al. 1993, Computational Linguistics 19:2) explains each word of a line by one word of the other line,
whatever their order. Each direction alone lets rare words explain too much. Here both directions are trained at once on
the product of their posteriors (Liang, Taskar and Klein 2006, Alignment by Agreement, NAACL): a link counts as far as
both believe in it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

_ITERATIONS = 5  # as is common for Model 1: more of them overfit rare words
_SMOOTHING = 1.0  # links by which every word's estimates are shrunk: one sight of a word is no proof
_NULL = 0.1  # weight of the empty word, which explains words in proportion to their frequency
_BLOCK = 1_000_000  # cells of lines at once


@dataclass(frozen=True)
class _Block:
    """Some lines. A place is a distinct word of a line, a cell a source place × a target place of one line.

    ``cells`` [n] are numbers of pairs of words, ``sources`` and ``targets`` [n] the places. Of each place, ``…_words``
    is the word and ``…_counts`` how often it stands in its line.
    """

    cells: np.ndarray
    sources: np.ndarray
    targets: np.ndarray
    source_words: np.ndarray
    target_words: np.ndarray
    source_counts: np.ndarray
    target_counts: np.ndarray


@dataclass(frozen=True)
class Alignment:
    """Pairs of words that stand in one line at least once: words, weight and number of such lines, one row a pair.

    ``weights`` is the expected share of the source word's links that go to the target word, shrunk by one link.
    """

    sources: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    lines: np.ndarray


def align_words(lines: Sequence[tuple[Sequence[int], Sequence[int]]], sources: int, targets: int) -> Alignment:
    """Return how strongly each source word goes with each target word.

    ``lines`` hold the numbers of the words of a line and of its translation, below ``sources`` and ``targets``. Time
    and memory are proportional to the sum of (words of a line × words of its translation).
    """
    pairs, blocks = _blocks(lines, targets)
    of_source, of_target = pairs // targets, pairs % targets
    source_share, target_share = _frequencies(blocks, sources, targets)
    forward = np.full(len(pairs), 1 / targets)  # P(target | source)
    backward = np.full(len(pairs), 1 / sources)
    for _ in range(_ITERATIONS):
        links = np.zeros(len(pairs))
        for block in blocks:
            links += np.bincount(
                block.cells,
                _agreed_links(block, forward, backward, source_share, target_share),
                minlength=len(pairs),
            )
        forward = links / (np.bincount(of_source, links, sources) + _SMOOTHING)[of_source]
        backward = links / (np.bincount(of_target, links, targets) + _SMOOTHING)[of_target]
    together = sum(np.bincount(block.cells, minlength=len(pairs)) for block in blocks)
    return Alignment(of_source, of_target, forward, np.asarray(together))


def _agreed_links(
    block: _Block, forward: np.ndarray, backward: np.ndarray, source_share: np.ndarray, target_share: np.ndarray
) -> np.ndarray:
    """Return, for each cell of the block, the expected number of links in which both directions agree."""
    counts = block.source_counts[block.sources], block.target_counts[block.targets]
    to_target = forward[block.cells] * counts[0]
    to_source = backward[block.cells] * counts[1]
    explained = np.bincount(block.targets, to_target, len(block.target_words))
    explained += _NULL * target_share[block.target_words]
    to_target /= explained[block.targets]
    explained = np.bincount(block.sources, to_source, len(block.source_words))
    explained += _NULL * source_share[block.source_words]
    to_source /= explained[block.sources]
    return to_target * to_source * np.minimum(*counts)


def _frequencies(blocks: Sequence[_Block], sources: int, targets: int) -> tuple[np.ndarray, np.ndarray]:
    source, target = np.zeros(sources), np.zeros(targets)
    for block in blocks:
        source += np.bincount(block.source_words, block.source_counts, sources)
        target += np.bincount(block.target_words, block.target_counts, targets)
    return source / source.sum(), target / target.sum()


def _blocks(lines: Iterable[tuple[Sequence[int], Sequence[int]]], targets: int) -> tuple[np.ndarray, list[_Block]]:
    """Return the distinct pairs of words (source × ``targets`` + target), sorted, and the lines in blocks."""
    raw = list(_raw_blocks(lines))
    pairs = np.empty(0, dtype=np.int64)
    for block in raw:
        pairs = np.union1d(pairs, _pairs_of_cells(block, targets))
    numbers = (np.searchsorted(pairs, _pairs_of_cells(block, targets)).astype(np.int32) for block in raw)
    return pairs, [replace(block, cells=cells) for block, cells in zip(raw, numbers, strict=True)]


def _pairs_of_cells(block: _Block, targets: int) -> np.ndarray:
    return block.source_words[block.sources].astype(np.int64) * targets + block.target_words[block.targets]


def _raw_blocks(lines: Iterable[tuple[Sequence[int], Sequence[int]]]) -> Iterator[_Block]:
    parts: list[tuple[np.ndarray, ...]] = []
    places = [0, 0]
    size = 0
    for source, target in lines:
        counted = Counter(source), Counter(target)
        words = [np.fromiter(side, np.int32, len(side)) for side in counted]
        counts = [np.fromiter(side.values(), np.float64, len(side)) for side in counted]
        here = [places[side] + np.arange(len(words[side]), dtype=np.int32) for side in (0, 1)]
        parts.append((np.repeat(here[0], len(here[1])), np.tile(here[1], len(here[0])), *words, *counts))
        places = [place + len(side) for place, side in zip(places, words, strict=True)]
        size += len(words[0]) * len(words[1])
        if size >= _BLOCK:
            yield _block(parts)
            parts, places, size = [], [0, 0], 0
    if parts:
        yield _block(parts)


def _block(parts: list[tuple[np.ndarray, ...]]) -> _Block:
    return _Block(np.empty(0, dtype=np.int32), *map(np.concatenate, zip(*parts, strict=True)))
