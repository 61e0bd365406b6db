"""How a model wants its text and what it makes of it: the parts of a model's config entry that decide its vectors."""

from dataclasses import dataclass, fields
from typing import Any, Self

from workflow_scripts.data.errors import InputError

POOLINGS = ("mean", "cls", "last")


@dataclass(frozen=True)
class TextForm:
    """Prefixes, and maximum lengths in tokens, special ones included: with a tokenizer they decide the token ids."""

    query_prefix: str
    passage_prefix: str
    max_query_length: int
    max_passage_length: int

    def __post_init__(self) -> None:
        """Raise InputError on a length without room for text."""
        for name in ("max_query_length", "max_passage_length"):
            if getattr(self, name) < 3:
                raise InputError(
                    f"model settings: {name} {getattr(self, name)} leaves no room for text; use 3 or more tokens"
                )

    @classmethod
    def from_entry(cls, entry: dict[str, Any]) -> Self:
        """Take the class's keys out of a model's config entry (defaults filled in); raise InputError on a bad one."""
        missing = [field.name for field in fields(cls) if field.name not in entry]
        if missing:
            raise InputError(
                f"model settings: {', '.join(missing)} missing; give the model's entry with its defaults filled in"
            )
        return cls(**{field.name: entry[field.name] for field in fields(cls)})


@dataclass(frozen=True)
class EncoderSettings(TextForm):
    """A model's text form, and how token vectors become one vector."""

    pooling: str
    normalise: bool

    def __post_init__(self) -> None:
        """Raise InputError on an unknown pooling or a length without room for text."""
        super().__post_init__()
        if self.pooling not in POOLINGS:
            raise InputError(f"model settings: pooling {self.pooling!r} is not one of {', '.join(POOLINGS)}")
