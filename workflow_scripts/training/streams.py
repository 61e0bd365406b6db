"""The order in which the examples of one source and language pair are used."""

from collections.abc import Collection

import numpy as np

from workflow_scripts.training.draws import permutation


class ExampleStream:
    """Endless examples in epochs: each is used once before any is used again.

    Every epoch is a permutation of its own, a function of (key, epoch). ``take`` passes over an
    example whose group already stands in the batch; what it passed over comes first in the next batch.
    """

    def __init__(self, examples: np.ndarray, groups: np.ndarray, key: tuple[str | int, ...]) -> None:
        """Hold example numbers [n] with the groups [n] they belong to; n is at least 1."""
        self._examples = examples
        self._groups = groups
        self._key = key
        self._epoch = 0
        self._waiting = np.empty(0, dtype=np.int64)  # positions in `examples` that this epoch has yet to use

    def take(self, count: int, taken: Collection[int]) -> np.ndarray:
        """Return the next ``count`` example numbers, of distinct groups outside ``taken`` while the epoch has such.

        Where all that is left of an epoch clashes, the clashing examples are used nevertheless: to put
        them off would let others repeat before them. The loss masks such rows.
        """
        chosen: list[np.ndarray] = []
        used = set(taken)
        while count > 0:
            if not self._waiting.size:
                self._waiting = permutation(len(self._examples), *self._key, self._epoch)
                self._epoch += 1
            part = self._next_of_epoch(count, used)
            used.update(self._groups[part].tolist())
            chosen.append(part)
            count -= len(part)
        return self._examples[np.concatenate(chosen)] if chosen else self._examples[:0]

    def _next_of_epoch(self, count: int, used: set[int]) -> np.ndarray:
        head = self._waiting[:count]
        groups = self._groups[head].tolist()
        if len(set(groups)) == len(groups) and used.isdisjoint(groups):  # by far the most frequent case
            self._waiting = self._waiting[count:]
            return head
        seen = set(used)
        fresh: list[int] = []
        for place, group in enumerate(self._groups[self._waiting].tolist()):
            if group not in seen:
                seen.add(group)
                fresh.append(place)
                if len(fresh) == count:
                    break
        # The epoch must end before the next begins, so what is missing is filled from its clashing rest.
        places = np.array(fresh, dtype=np.int64)
        rest = np.delete(np.arange(len(self._waiting)), places)
        places = np.concatenate([places, rest[: count - len(fresh)]])
        part = self._waiting[places]
        self._waiting = np.delete(self._waiting, places)
        return part
