"""Independent streams of random numbers, each named by what it is for."""

from hashlib import blake2b

import numpy as np


def random_stream(seed: int, *names: str) -> np.random.Generator:
    """Return the generator that belongs to ``seed`` and ``names``.

    Naming each stream keeps one system's draws the same when another system, language or collection
    is added to the experiment.
    """
    digest = blake2b("\0".join(names).encode(), digest_size=16).digest()
    return np.random.default_rng([seed, int.from_bytes(digest, "big")])
