"""Translate one shard of a source's texts, or of translations back, with a neural model; nothing is judged here."""

import argparse
from pathlib import Path
from typing import Any

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.content_key import content_key
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.gpus import gpus_flag, keep_to_gpus
from workflow_scripts.data.manifest import checked_digests
from workflow_scripts.data.tables import PAIRS, TRANSLATIONS, read_table, write_table
from workflow_scripts.data.translation_languages import read_translation_languages
from workflow_scripts.translation.blocks import BLOCK_TEXTS, blocks, blocks_of_shard
from workflow_scripts.translation.model_tokens import ModelTokens
from workflow_scripts.translation.neural import Decoder, NeuralEngine
from workflow_scripts.translation.pairs import distinct_texts, draw_pairs, only_language
from workflow_scripts.translation.shards import Block, blocks_of_translations, translate_blocks
from workflow_scripts.translation.unfinished_translations import UnfinishedTranslations

_TOKENIZER = (".json", ".model", ".spm", ".txt")


def translate_shard(
    *,
    direction: tuple[str, str],
    settings: dict[str, Any],
    path_to_model: Path,
    path_to_converted: Path | None,
    path_to_tags: Path,
    threads: int,
    path_to_output: Path,
    path_to_partial: Path,
    source: str | None = None,
    path_to_pairs: Path | None = None,
    share: float = 1.0,
    shard: int = 0,
    path_to_translations: Path | None = None,
    block_texts: int = BLOCK_TEXTS,
) -> None:
    """Write TRANSLATIONS of shard ``shard`` of the drawn pairs' texts, or of the translations in a table.

    ``settings`` has the keys of the ``translation`` section that decide a translation, and the model's ``family``. The
    same inputs, settings, threads and machine give the same table, and together the shards hold the same rows for any
    number of ``shards``. Blocks that are translated stay in ``path_to_partial`` until all are, so that another attempt
    goes on where a killed one stopped.
    """
    source_lang, target_lang = direction
    if path_to_translations:
        work = blocks_of_translations(read_table(path_to_translations, TRANSLATIONS))
    else:
        work = _blocks_of_pairs(path_to_pairs, source, source_lang, share, shard, settings["shards"], block_texts)
    # Of a model that was converted only the tokenizer is read.
    model = checked_digests(path_to_model, _TOKENIZER if path_to_converted else ("",))
    converted = checked_digests(path_to_converted) if path_to_converted else None
    tokens = ModelTokens(
        path_to_model, settings["family"], source_lang, target_lang, read_translation_languages(path_to_tags)
    )
    decoder = _decoder(settings, path_to_model, path_to_converted, tokens, threads)
    engine = NeuralEngine(
        settings["engine"],
        tokens,
        decoder,
        direction=direction,
        segment_tokens=settings["segment_tokens"],
        output_ratio=settings["output_ratio"],
        batch_tokens=settings["batch_tokens"],
    )
    key = {
        "model": model,
        "converted": converted,
        "settings": settings,
        "direction": direction,
        "share": share,
        "block_texts": block_texts,
        "threads": threads,
        "device": decoder.device,
    }
    texts = path_to_translations or path_to_pairs
    unfinished = UnfinishedTranslations(path_to_partial, content_key(key, [texts, path_to_tags]))
    made = translate_blocks(work, engine, source_lang, target_lang, unfinished)
    write_table(made, path_to_output, TRANSLATIONS)
    unfinished.remove()


def _blocks_of_pairs(
    path_to_pairs: Path, source: str, source_lang: str, share: float, shard: int, shards: int, block_texts: int
) -> list[Block]:
    pairs = read_table(path_to_pairs, PAIRS)
    found = only_language(pairs, source, path_to_pairs)
    if found != source_lang:
        raise InputError(f"{path_to_pairs}: holds pairs in {found}, not in {source_lang}")
    texts = distinct_texts(draw_pairs(pairs, share))
    return list(blocks_of_shard(blocks(texts, block_texts), shard, shards))


def _decoder(
    settings: dict[str, Any], path_to_model: Path, path_to_converted: Path | None, tokens: ModelTokens, threads: int
) -> Decoder:
    if settings["engine"] == "transformers":
        from workflow_scripts.translation.transformers_decoder import TransformersDecoder

        return TransformersDecoder(
            path_to_model, tokens, precision=settings["precision"], beam=settings["beam"], threads=threads
        )
    if settings["engine"] == "ctranslate2":
        from workflow_scripts.translation.ctranslate2_decoder import CTranslate2Decoder

        if path_to_converted is None:
            raise InputError("translation.engine: ctranslate2 needs a converted model; name it with --converted")
        return CTranslate2Decoder(path_to_converted, tokens, beam=settings["beam"], threads=threads)
    raise InputError(f"translation.engine: no neural engine is called {settings['engine']!r}")


def main() -> None:
    """Parse the command line and translate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", nargs="?", type=Path, help="PAIRS of the source in its language")
    parser.add_argument("--source", help="name of the training source")
    parser.add_argument("--share", type=float, default=1.0, help="share of the groups to translate")
    parser.add_argument("--shard", type=int, default=0, help="which shard, counted from 0")
    parser.add_argument("--translations", nargs="?", type=Path, help="TRANSLATIONS to translate back, instead of pairs")
    parser.add_argument("--direction", required=True, nargs=2, metavar=("FROM", "TO"), help="codes of the languages")
    parser.add_argument("--settings", required=True, type=settings, help="how the model is run, as JSON")
    parser.add_argument("--model", required=True, type=Path, help="a file of the model folder in transformers' layout")
    parser.add_argument("--converted", nargs="?", type=Path, help="a file of the model folder that CTranslate2 reads")
    parser.add_argument("--tags", required=True, type=Path, help="what models call the languages (CSV)")
    parser.add_argument("--threads", type=int, default=1, help="threads of the arithmetic")
    gpus_flag(parser)
    parser.add_argument("--output", required=True, type=Path, help="TRANSLATIONS")
    parser.add_argument("--partial", required=True, type=Path, help="where translated blocks outlive a killed job")
    arguments = parser.parse_args()
    keep_to_gpus(arguments.gpus)
    if (arguments.pairs is None) == (arguments.translations is None):
        parser.error("give either --pairs (with --source) or --translations")
    translate_shard(
        direction=tuple(arguments.direction),
        settings=arguments.settings,
        path_to_model=arguments.model.parent,
        path_to_converted=arguments.converted and arguments.converted.parent,
        path_to_tags=arguments.tags,
        threads=arguments.threads,
        path_to_output=arguments.output,
        path_to_partial=arguments.partial,
        source=arguments.source,
        path_to_pairs=arguments.pairs,
        share=arguments.share,
        shard=arguments.shard,
        path_to_translations=arguments.translations,
    )


if __name__ == "__main__":
    run(main)
