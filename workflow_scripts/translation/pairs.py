"""A table of English pairs becomes one in another language; bad translations are dropped and counted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from tqdm import tqdm

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.tables import PAIRS
from workflow_scripts.data.text_format import passage_text
from workflow_scripts.translation.engine import Engine, Translation
from workflow_scripts.translation.quality import Side, asked_reasons, verdict
from workflow_scripts.translation.reasons import KEPT, REASONS
from workflow_scripts.translation.share import draw_groups
from workflow_scripts.translation.yield_table import Yield, yield_rows

_AT_HAND = 1024  # texts given to an engine at once: enough to sort into batches, few enough to show progress
_PARTS = ("query", "title", "passage")


@dataclass(frozen=True, slots=True)
class TranslatedPairs:
    """PAIRS in the target language, in the order of the source, and the rows of the yield table."""

    pairs: pa.Table
    yields: list[Yield]


def translate_pairs(
    pairs: pa.Table, engine: Engine, lang: str, script: str, share: float, thresholds: Mapping[str, float]
) -> TranslatedPairs:
    """Translate a share of ``pairs`` (PAIRS of one source and one language) and keep what passes quality control.

    Groups are drawn whole (``draw_pairs``). A side that the source lacks stays null, an empty title stays empty. A
    pair is dropped where its query or its passage (title and passage as one text) fails a filter; its reason is the
    first failed filter of either. Equal texts are translated once.
    """
    source, source_lang = pairs["source"][0].as_py(), pairs["lang"][0].as_py()
    drawn = draw_pairs(pairs, share)
    translations = _translate_all(distinct_texts(drawn), engine, source_lang, lang)
    reasons_to_fail = asked_reasons(thresholds)

    reasons: dict[str, list[str]] = {"query": [], "passage": [], "pair": []}
    kept = []
    for row in drawn:
        made = {part: translations[row[part]] if row[part] else None for part in _PARTS}
        sides = {side: verdict(content, thresholds) for side, content in _sides(row, made, lang, script)}
        for side, reason in sides.items():
            reasons[side].append(reason)
        reasons["pair"].append(next((reason for reason in REASONS if reason in sides.values()), KEPT))
        if reasons["pair"][-1] == KEPT:
            text = {part: row[part] if translation is None else translation.text for part, translation in made.items()}
            # Hard negatives stay in their language: a few of them would cost more than the pair.
            kept.append({**row, **text, "lang": lang, "origin": f"machine:{engine.name}", "negatives": None})
    return TranslatedPairs(
        pa.Table.from_pylist(kept, schema=PAIRS),
        yield_rows(source, lang, reasons, pairs.num_rows - len(drawn), reasons_to_fail),
    )


def only_language(pairs: pa.Table, source: str, path_to_pairs: Path) -> str:
    """Return the one language of the pairs; raise InputError where they are not what one source has in one language."""
    if not pairs.num_rows:
        raise InputError(f"{path_to_pairs}: holds no pairs")
    others = [name for name in pc.unique(pairs["source"]).to_pylist() if name != source]
    if others:
        raise InputError(f"{path_to_pairs}: holds pairs of {', '.join(sorted(others))}, not of {source} alone")
    langs = pc.unique(pairs["lang"]).to_pylist()
    if len(langs) != 1:
        raise InputError(f"{path_to_pairs}: holds pairs in {', '.join(sorted(langs))}; translate from one language")
    if pc.count_distinct(pairs["pair_id"]).as_py() != pairs.num_rows:
        raise InputError(f"{path_to_pairs}: a pair_id stands twice; pair_id is unique within a source")
    return langs[0]


def draw_pairs(pairs: pa.Table, share: float) -> list[dict[str, Any]]:
    """Return the rows of ``share`` of the groups (``draw_groups``), in their order."""
    groups = draw_groups(pairs["group_id"].to_pylist(), share)
    return [row for row in pairs.to_pylist() if row["group_id"] in groups]


def distinct_texts(drawn: list[dict[str, Any]]) -> list[str]:
    """Return each query, title and passage that has text once."""
    return list({row[part]: None for row in drawn for part in _PARTS if row[part]})


def _translate_all(texts: list[str], engine: Engine, source_lang: str, lang: str) -> dict[str, Translation]:
    made: dict[str, Translation] = {}
    with tqdm(total=len(texts), desc=f"{source_lang} to {lang}", unit="text", mininterval=1) as progress:
        for start in range(0, len(texts), _AT_HAND):
            some = texts[start : start + _AT_HAND]
            made.update(zip(some, engine.translate(some, source_lang, lang), strict=True))
            progress.update(len(some))
    return made


def _sides(
    row: dict[str, Any], made: dict[str, Translation | None], lang: str, script: str
) -> Iterator[tuple[str, Side]]:
    """Yield name and content of each side that the source has."""
    for name, parts in (("query", ("query",)), ("passage", ("title", "passage"))):
        if row[name] is None:
            continue
        translated = [made[part] for part in parts if made[part] is not None]
        text = {part: made[part].text if made[part] else "" for part in parts}
        back = {part: (made[part].back or "") if made[part] else "" for part in parts}
        yield (
            name,
            Side(
                source=row["query"] if name == "query" else passage_text(row["title"], row["passage"]),
                translation=text["query"] if name == "query" else passage_text(text["title"], text["passage"]),
                lang=lang,
                script=script,
                missing=any(not translation.text.strip() for translation in translated),
                cut_off=any(translation.cut_off for translation in translated),
                back=back["query"] if name == "query" else passage_text(back["title"], back["passage"]),
                # Of a passage, the title does not count: it is often a name, of which an encoder knows little.
                similarity=made[name].similarity if made[name] else None,
            ),
        )
