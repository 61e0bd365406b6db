"""The ``atlas`` section of the config: what decides the collection's splits."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from workflow_scripts.data.errors import InputError


@dataclass(frozen=True)
class AtlasSettings:
    """``seed`` of the splits, evaluation ``queries`` per language, share of ``held_out_entities``."""

    seed: int
    queries: int
    held_out_entities: float


def parse_settings(values: dict[str, Any]) -> AtlasSettings:
    """Check a ``--settings`` object; raise InputError that names the key where one is missing, unknown or wrong."""
    expected = {
        "seed": lambda value: isinstance(value, int) and not isinstance(value, bool),
        "queries": lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 0,
        "held_out_entities": lambda value: (
            isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1
        ),
    }
    unknown = sorted(set(values) - set(expected))
    if unknown:
        raise InputError(f"atlas settings: unknown key {unknown[0]!r}; known are {', '.join(expected)}")
    for key, valid in expected.items():
        if key not in values:
            raise InputError(f"atlas settings: {key!r} is missing")
        if not valid(values[key]):
            raise InputError(
                f"atlas settings: {key} is {values[key]!r}; seed is an integer, queries a positive integer, "
                "held_out_entities a number from 0 to below 1"
            )
    return AtlasSettings(values["seed"], values["queries"], float(values["held_out_entities"]))


def draw(*key: object) -> int:
    """Return a 64-bit number that is a function of ``key`` alone: chance without a generator's state."""
    return int.from_bytes(blake2b("\0".join(map(str, key)).encode(), digest_size=8).digest())
