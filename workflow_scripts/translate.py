"""Make a source's training pairs in another language by machine translation, with quality control."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.languages import read_languages
from workflow_scripts.data.tables import PAIRS, read_table, write_table
from workflow_scripts.translation.pairs import only_language, translate_pairs
from workflow_scripts.translation.quality import check_thresholds
from workflow_scripts.translation.reasons import KEPT, NOT_DRAWN
from workflow_scripts.translation.registry import make_engine
from workflow_scripts.translation.stored import StoredTranslations
from workflow_scripts.translation.yield_table import write_yield

log = logging.getLogger("translate")


def translate(
    *,
    source: str,
    lang: str,
    share: float,
    translation: dict[str, Any],
    path_to_pairs: Path,
    path_to_glossary: Path | None,
    path_to_languages: Path,
    path_to_output: Path,
    path_to_yield: Path,
    path_to_translations: Sequence[Path] = (),
    path_to_back: Sequence[Path] = (),
    path_to_similarities: Sequence[Path] = (),
) -> None:
    """Translate ``share`` of the pairs of ``source`` into ``lang`` and write PAIRS and the yield table.

    ``translation`` has ``engine`` and the thresholds of ``quality``; of a neural engine also ``model``, and what it
    made is in ``path_to_translations``. Raises InputError for pairs of another source or of mixed languages, an unknown
    engine or language, a broken glossary, and where no pair passes quality control.
    """
    for key in ("engine", "quality"):
        if key not in translation:
            raise InputError(f"translation.{key}: is missing in --settings")
    check_thresholds(translation["quality"])
    languages = read_languages(path_to_languages)
    if lang not in languages:
        raise InputError(f"--lang {lang}: not in {path_to_languages}; add its row there")
    pairs = read_table(path_to_pairs, PAIRS)
    source_lang = only_language(pairs, source, path_to_pairs)
    if source_lang == lang:
        raise InputError(f"--lang {lang}: the pairs of {path_to_pairs} are in {lang} already")

    if path_to_translations:
        name = f"{translation['engine']}:{translation['model']}"
        for threshold, tables in (("min_round_trip", path_to_back), ("min_similarity", path_to_similarities)):
            if threshold in translation["quality"] and not tables:
                raise InputError(f"translation.quality.{threshold}: is given, but no table to measure it by")
        engine = StoredTranslations(name, path_to_translations, path_to_back, path_to_similarities)
    else:
        engine = make_engine(translation["engine"], source_lang, lang, path_to_glossary)
    made = translate_pairs(pairs, engine, lang, languages[lang].script, share, translation["quality"])
    counts = {row.reason: row.count for row in made.yields if row.side == "pair" and row.count}
    summary = ", ".join(f"{reason} {count}" for reason, count in counts.items())
    log.info("%s, %s to %s by %s: %s", source, source_lang, lang, engine.name, summary)
    if KEPT not in counts:
        dropped = {reason: count for reason, count in counts.items() if reason != NOT_DRAWN}
        worst = max(dropped, key=dropped.__getitem__)
        raise InputError(
            f"{path_to_pairs}: no translation into {lang} passes quality control ({summary}); "
            f"look at the {engine.name} engine's output and at the threshold of {worst} in translation.quality"
        )
    write_table(made.pairs, path_to_output, PAIRS)
    write_yield(made.yields, path_to_yield)


def main() -> None:
    """Parse the command line and translate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True, help="name of the training source")
    parser.add_argument("--pairs", required=True, type=Path, help="PAIRS of the source in English")
    parser.add_argument("--lang", required=True, help="code of the target language")
    parser.add_argument("--share", type=float, default=1.0, help="share of the groups to translate")
    parser.add_argument("--settings", required=True, type=settings, help="the config's translation section as JSON")
    parser.add_argument("--glossary", nargs="?", type=Path, help="phrase table, for the engine that needs one")
    parser.add_argument("--translations", nargs="*", default=[], type=Path, help="TRANSLATIONS, all shards")
    parser.add_argument("--back", nargs="*", default=[], type=Path, help="the translations, translated back")
    parser.add_argument("--similarities", nargs="*", default=[], type=Path, help="what compare_translations made")
    parser.add_argument("--languages", type=Path, default=Path("resources/languages.csv"), help="table of languages")
    parser.add_argument("--output", required=True, type=Path, help="PAIRS in the target language")
    parser.add_argument("--yield", required=True, type=Path, dest="path_to_yield", help="yield table (CSV)")
    arguments = parser.parse_args()
    translate(
        source=arguments.source,
        lang=arguments.lang,
        share=arguments.share,
        translation=arguments.settings,
        path_to_pairs=arguments.pairs,
        path_to_glossary=arguments.glossary,
        path_to_languages=arguments.languages,
        path_to_output=arguments.output,
        path_to_yield=arguments.path_to_yield,
        path_to_translations=arguments.translations,
        path_to_back=arguments.back,
        path_to_similarities=arguments.similarities,
    )


if __name__ == "__main__":
    run(main)
