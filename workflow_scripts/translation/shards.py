"""One shard of a source's texts, or of their translations, becomes a table of TRANSLATIONS."""

import logging
from collections.abc import Iterable

import pyarrow as pa
from tqdm import tqdm

from workflow_scripts.data.tables import TRANSLATIONS
from workflow_scripts.translation.engine import Engine
from workflow_scripts.translation.unfinished_translations import UnfinishedTranslations

log = logging.getLogger("translate_shard")

Block = tuple[int, list[str]]  # number and texts


def translate_blocks(
    blocks: Iterable[Block], engine: Engine, source_lang: str, target_lang: str, unfinished: UnfinishedTranslations
) -> pa.Table:
    """Return TRANSLATIONS of the blocks' texts, in their order; those of blocks that ``unfinished`` has are its."""
    tables = []
    for number, texts in tqdm(list(blocks), desc=f"{source_lang} to {target_lang}", unit="block", mininterval=1):
        table = unfinished.table(number)
        if table is None:
            table = _translated(number, texts, engine, source_lang, target_lang)
            unfinished.keep(number, table)
        tables.append(table)
    made = pa.concat_tables([TRANSLATIONS.empty_table(), *tables])
    counts = {name: sum(made[name].to_pylist()) for name in ("segments", "cut_sentences", "cut_off")}
    log.info(
        "%d texts in %d segments; %d sentences were longer than a segment; %d translations were cut off",
        len(made),
        *counts.values(),
    )
    return made


def _translated(number: int, texts: list[str], engine: Engine, source_lang: str, target_lang: str) -> pa.Table:
    rows = [
        {
            "text": text,
            "translation": made.text,
            "cut_off": made.cut_off,
            "segments": made.segments,
            "cut_sentences": made.cut_sentences,
            "block": number,
        }
        for text, made in zip(texts, engine.translate(texts, source_lang, target_lang), strict=True)
    ]
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
