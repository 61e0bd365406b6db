"""One shard of a source's texts, or of their translations, becomes a table of TRANSLATIONS."""

import logging
from collections.abc import Iterable

import pyarrow as pa
from tqdm import tqdm

from workflow_scripts.data.tables import TRANSLATIONS
from workflow_scripts.translation.engine import Engine

log = logging.getLogger("translate_shard")

Block = tuple[int, list[str]]  # number and texts


def translate_blocks(blocks: Iterable[Block], engine: Engine, source_lang: str, target_lang: str) -> pa.Table:
    """Return TRANSLATIONS of the blocks' texts, in their order."""
    rows = []
    for number, texts in tqdm(list(blocks), desc=f"{source_lang} to {target_lang}", unit="block", mininterval=1):
        for text, made in zip(texts, engine.translate(texts, source_lang, target_lang), strict=True):
            rows.append(
                {
                    "text": text,
                    "translation": made.text,
                    "cut_off": made.cut_off,
                    "segments": made.segments,
                    "cut_sentences": made.cut_sentences,
                    "block": number,
                }
            )
    counts = {name: sum(row[name] for row in rows) for name in ("segments", "cut_sentences", "cut_off")}
    log.info(
        "%d texts in %d segments; %d sentences were longer than a segment; %d translations were cut off",
        len(rows),
        *counts.values(),
    )
    return pa.Table.from_pylist(rows, schema=TRANSLATIONS)


def blocks_of_translations(translations: pa.Table) -> list[Block]:
    """Return the translations of a table of TRANSLATIONS as blocks to translate back: those in which they were made.

    One without text is in none.
    """
    found: dict[int, dict[str, None]] = {}
    for number, text in zip(translations["block"].to_pylist(), translations["translation"].to_pylist(), strict=True):
        if text.strip():
            found.setdefault(number, {})[text] = None
    return [(number, list(texts)) for number, texts in sorted(found.items())]
