"""How a model wants its text: the part of a model's config entry that decides its vectors."""

from dataclasses import dataclass, fields
from typing import Any

from workflow_scripts.data.errors import InputError

POOLINGS = ("mean", "cls", "last")


@dataclass(frozen=True)
class EncoderSettings:
    """Pooling, prefixes, maximum lengths (tokens, special ones included) and normalisation of one model."""

    pooling: str
    query_prefix: str
    passage_prefix: str
    max_query_length: int
    max_passage_length: int
    normalise: bool

    @classmethod
    def from_entry(cls, entry: dict[str, Any]) -> "EncoderSettings":
        """Take the encoder's keys out of a model's config entry (defaults filled in); raise InputError on a bad one."""
        missing = [field.name for field in fields(cls) if field.name not in entry]
        if missing:
            raise InputError(
                f"model settings: {', '.join(missing)} missing; give the model's entry with its defaults filled in"
            )
        chosen = cls(**{field.name: entry[field.name] for field in fields(cls)})
        if chosen.pooling not in POOLINGS:
            raise InputError(f"model settings: pooling {chosen.pooling!r} is not one of {', '.join(POOLINGS)}")
        for name in ("max_query_length", "max_passage_length"):
            if getattr(chosen, name) < 3:
                raise InputError(
                    f"model settings: {name} {getattr(chosen, name)} leaves no room for text; use 3 or more tokens"
                )
        return chosen
