"""The order in which the examples of one source and language pair are used."""

import numpy as np

from workflow_scripts.data.keyed_random import permutation


class ExampleStream:
    """Endless examples in epochs: each is used once before any is used again.

    Every epoch is a permutation of its own, a function of (key, epoch). ``take`` passes over an
    example whose group already stands in the batch; what it passed over comes first in the next batch.
    """

    def __init__(self, examples: np.ndarray, groups: np.ndarray, key: tuple[str | int, ...]) -> None:
        """Hold example numbers [n], n at least 1; example e belongs to ``groups[e]``.

        A run has a stream for each two languages of a source, 110 of eleven: each takes 8 bytes an example.
        """
        self._narrow = np.min_scalar_type(int(examples.max()))
        self._examples = examples.astype(self._narrow)
        self._groups = groups
        self._key = key
        self._epoch = 0
        self._order = np.empty(0, dtype=self._narrow)  # this epoch's places in `examples`
        self._next = 0
        self._passed: list[int] = []  # places that this epoch has passed over, the earliest first

    def take(self, count: int, taken: set[int]) -> list[int]:
        """Return the next ``count`` example numbers, of distinct groups outside ``taken`` while the epoch has such.

        Adds their groups to ``taken``. Where all that is left of an epoch clashes, the clashing examples are used
        nevertheless: to put them off would let others repeat before them. The loss masks such rows.
        """
        places: list[int] = []
        while len(places) < count:
            if self._next == len(self._order) and not self._passed:
                self._order = permutation(len(self._examples), *self._key, self._epoch).astype(self._narrow)
                self._next = 0
                self._epoch += 1
            places += self._take_of_epoch(count - len(places), taken)
        return self._examples[places].tolist()

    def _take_of_epoch(self, count: int, taken: set[int]) -> list[int]:
        # At most `count` places; fewer only where the epoch has no more.
        chosen: list[int] = []
        clashing: list[int] = []
        candidates = self._passed
        while candidates or self._next < len(self._order):
            for place, group in zip(candidates, self._groups[self._examples[candidates]].tolist(), strict=True):
                if group in taken or len(chosen) == count:
                    clashing.append(place)
                else:
                    taken.add(group)
                    chosen.append(place)
            if len(chosen) == count:
                break
            candidates = self._order[self._next : self._next + count - len(chosen)].tolist()
            self._next += len(candidates)
        missing = count - len(chosen)
        self._passed = clashing[missing:]
        return chosen + clashing[:missing]
