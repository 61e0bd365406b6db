"""Translations that jobs have made before, behind the interface of an engine: looked up, not made."""

from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import SIMILARITIES, TRANSLATIONS, read_table
from workflow_scripts.translation.engine import Translation


class StoredTranslations:
    """An engine whose every translation is in tables.

    ``path_to_translations`` are TRANSLATIONS from the source language, ``path_to_back`` those of their translations
    back, ``path_to_similarities`` SIMILARITIES by source text.
    """

    def __init__(
        self,
        name: str,
        path_to_translations: Sequence[Path],
        path_to_back: Sequence[Path] = (),
        path_to_similarities: Sequence[Path] = (),
    ) -> None:
        self.name = name
        # By block: arithmetic may hinge on what stood beside a text.
        back = {
            (row["block"], row["text"]): row["translation"]
            for path in path_to_back
            for row in read_table(path, TRANSLATIONS).to_pylist()
        }
        similarities = {
            row["text"]: row["similarity"]
            for path in path_to_similarities
            for row in read_table(path, SIMILARITIES).to_pylist()
        }
        self._made = {
            row["text"]: Translation(
                row["translation"],
                row["cut_off"],
                row["segments"],
                row["cut_sentences"],
                back.get((row["block"], row["translation"])),
                similarities.get(row["text"]),
            )
            for path in path_to_translations
            for row in read_table(path, TRANSLATIONS).to_pylist()
        }

    def translate(self, texts: list[str], source_lang: str, target_lang: str) -> list[Translation]:
        """Return the stored translations; raise InputError where one is missing."""
        try:
            return [self._made[text] for text in texts]
        except KeyError as error:
            raise InputError(
                f"translations from {source_lang} to {target_lang}: {error.args[0][:60]!r} is in no shard; "
                "rerun translate_shard"
            ) from None
