"""Entry module: a source's English pairs, code-switched for one strategy."""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.table_stream import read_rows, write_rows
from workflow_scripts.data.tables import LEXICON, PAIRS, read_table
from workflow_scripts.translation.code_switching import CodeSwitcher, SwitchSettings
from workflow_scripts.translation.lexicon import best_translations
from workflow_scripts.translation.phrase_table import PhraseTable

_log = logging.getLogger("codeswitch")
RATE_COLUMNS = ("strategy", "source", "side", "lang", "words", "drawn", "replaced", "share")


def codeswitch(
    *,
    strategy: str,
    source: str,
    path_to_pairs: Path,
    paths_to_lexicons: Sequence[tuple[str, Path]],
    settings: SwitchSettings,
    path_to_output: Path,
    path_to_rates: Path,
) -> None:
    """Switch the pairs of a source, a row group in memory at a time; write PAIRS and the realised rates.

    ``paths_to_lexicons`` are languages and LEXICONs; of several for one language the first that has a word decides.
    Rows, ids and groups stay as they are. Raises InputError for unreadable tables and where no word was replaced
    although some were drawn: then these are not lexicons for that text.
    """
    switcher = CodeSwitcher(_lexicons(paths_to_lexicons), settings)
    rows = (tuple(pair[name] for name in PAIRS.names) for pair in switcher.switch(read_rows(path_to_pairs, PAIRS)))
    write_rows(rows, path_to_output, PAIRS)
    realised = switcher.realised()
    if sum(row.drawn for row in realised) and not sum(row.replaced for row in realised):
        raise InputError(
            f"{path_to_pairs}: no word of {sum(row.words for row in realised)} was replaced; "
            f"look at the lexicons {', '.join(str(path) for _, path in paths_to_lexicons)}"
        )
    for row in realised:
        _log.info("%s, %s, %s: %d of %d words replaced", source, row.side, row.lang, row.replaced, row.words)
    write_csv(
        path_to_rates,
        RATE_COLUMNS,
        ((strategy, source, *row, row.replaced / row.words if row.words else None) for row in realised),
    )


def _lexicons(paths: Sequence[tuple[str, Path]]) -> dict[str, PhraseTable]:
    tables: dict[str, list] = {}
    for lang, path in paths:
        tables.setdefault(lang, []).append(read_table(path, LEXICON, ["word", "translation"]))
    return {lang: best_translations(of_lang) for lang, of_lang in tables.items()}


def _language_path(value: str) -> tuple[str, Path]:
    lang, equals, path = value.partition("=")
    if not (lang and equals and path):
        raise argparse.ArgumentTypeError(f"{value!r} is not lang=file")
    return lang, Path(path)


def main() -> None:
    """Parse flags and switch the pairs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strategy", required=True, help="the strategy's name in the config")
    parser.add_argument("--source", required=True, help="the source's name in the config")
    parser.add_argument("--pairs", required=True, type=Path, help="PAIRS of the source in English")
    parser.add_argument(
        "--lexicons",
        required=True,
        nargs="+",
        type=_language_path,
        metavar="LANG=FILE",
        help="LEXICONs; of several for one language the earlier goes first",
    )
    parser.add_argument("--settings", required=True, type=settings, help="JSON: mode, share, sides, seed")
    parser.add_argument("--output", required=True, type=Path, help="PAIRS to write")
    parser.add_argument("--rates", required=True, type=Path, help="CSV of realised rates to write")
    arguments = parser.parse_args()
    if set(arguments.settings) != {"mode", "share", "sides", "seed"}:
        raise InputError(f"--settings: has {', '.join(arguments.settings)}; it is mode, share, sides and seed")
    codeswitch(
        strategy=arguments.strategy,
        source=arguments.source,
        path_to_pairs=arguments.pairs,
        paths_to_lexicons=arguments.lexicons,
        settings=SwitchSettings(**arguments.settings),
        path_to_output=arguments.output,
        path_to_rates=arguments.rates,
    )


if __name__ == "__main__":
    run(main)
