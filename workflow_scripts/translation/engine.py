"""What every machine translation engine is to the rest of the workflow."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Translation:
    """One translated text; ``cut_off`` where the engine stopped at its maximum length, not at the text's end.

    ``segments`` counts the pieces that the engine translated one by one; ``cut_sentences`` the sentences that were too
    long for it and were cut into such pieces. ``back`` is the translation translated back and ``similarity`` the cosine
    of source and translation by an encoder, where they were made.
    """

    text: str
    cut_off: bool = False
    segments: int = 1
    cut_sentences: int = 0
    back: str | None = None
    similarity: float | None = None


class Engine(Protocol):
    """A translator of whole texts.

    ``name`` stands in the ``origin`` column of what it made, as ``machine:<name>``.
    """

    name: str

    def translate(self, texts: list[str], source_lang: str, target_lang: str) -> list[Translation]:
        """Translate ``texts``; translation i is of text i.

        Callers hand over as many texts as they have at hand; an engine forms its own batches from them. The
        same text gives the same translation, whatever stands beside it and in whatever order. Languages are codes
        of ``resources/languages.csv``. Raises InputError for a direction that the engine cannot translate.
        """
        ...
