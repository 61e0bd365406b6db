"""Search a collection's passages with BM25: the lexical baseline, with the outputs of dense search."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from workflow_scripts.command_line import run, settings
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.hit_lists import hits_file
from workflow_scripts.data.neutral_id import neutral_id
from workflow_scripts.data.qrels import read_qrels
from workflow_scripts.data.sealed_parquet import SealedParquet
from workflow_scripts.data.table_stream import read_batches
from workflow_scripts.data.tables import GOLD_RANKS, PASSAGES, QUERIES, read_table, write_table
from workflow_scripts.data.text_format import passage_text, query_text
from workflow_scripts.retrieval.blocks import BLOCKS_MB, Blocks
from workflow_scripts.retrieval.bm25 import BM25Scorer, LanguageIndex, QueryTokens
from workflow_scripts.retrieval.full_search import Search
from workflow_scripts.retrieval.language_pairs import MULTILINGUAL
from workflow_scripts.retrieval.passages import PassageIds
from workflow_scripts.retrieval.ranking import neutral_numbers


def search_bm25(
    *,
    collection: str,
    path_to_data: Path,
    languages: list[str],
    part: str,
    settings: dict[str, Any],
    path_to_hits: Path,
    path_to_gold_ranks: Path,
    blocks_mb: int = BLOCKS_MB,
) -> None:
    """Write HITS and GOLD_RANKS of BM25 over the passages of one part, one index a language.

    ``path_to_data`` holds ``<lang>/{queries,passages,qrels}.parquet``; ``languages`` are all of the collection's;
    ``part`` is ``all`` or the language whose passages are ranked. ``settings``: ``depth``, ``settings``, ``parallel``;
    ``blocks_mb`` bounds the memory of scores and decides no hit.
    """
    searched = list(languages) if part == "all" else [lang for lang in languages if lang == part]
    if not searched:
        raise InputError(f"--part {part}: not `all` and not among the languages {', '.join(languages)}")
    ranks_wanted = settings["parallel"] and MULTILINGUAL in settings["settings"]
    queries = {lang: read_table(path_to_data / lang / "queries.parquet", QUERIES) for lang in languages}
    tokens = QueryTokens(
        {lang: [query_text(text) for text in table["text"].to_pylist()] for lang, table in queries.items()}
    )
    passage_ids, indexes = {}, {}
    for lang in languages if ranks_wanted else searched:
        passage_ids[lang], indexes[lang] = _read_passages(
            path_to_data / lang / "passages.parquet", collection, lang, tokens
        )
    qrels = read_qrels({lang: path_to_data / lang / "qrels.parquet" for lang in languages}) if ranks_wanted else {}
    blocks = Blocks.within(blocks_mb / 1000, settings["depth"], len(searched), dimension=1, threads=1)
    with hits_file(path_to_hits, settings["depth"]) as append:
        scorer = BM25Scorer(tokens, indexes)
        gold_ranks = Search(
            scorer=scorer,
            queries={lang: table["query_id"].to_pylist() for lang, table in queries.items()},
            passages={lang: passage_ids[lang] for lang in searched},
            judged_scorer=scorer,
            judged=passage_ids,
            settings=settings["settings"],
            qrels=qrels,
            depth=settings["depth"],
            matches_only=True,
        ).run(blocks, append)
        write_table(gold_ranks, path_to_gold_ranks, GOLD_RANKS)


def _read_passages(path: Path, collection: str, lang: str, tokens: QueryTokens) -> tuple[PassageIds, LanguageIndex]:
    """Return the ids and the index of a language's passages, of which no text stays in memory."""
    ids, numbers = [], [np.empty(0, dtype=np.uint64)]

    def texts() -> Iterator[str]:
        with SealedParquet(path, PASSAGES.names) as file:
            for batch in read_batches(file, ["passage_id", "title", "text"]):
                names, *columns = batch.columns
                ids.append(names)
                neutral = pa.array([neutral_id(collection, lang, name) for name in names.to_pylist()], type=pa.string())
                numbers.append(neutral_numbers(neutral, str(path)))
                yield from map(passage_text, *(column.to_pylist() for column in columns))

    index = LanguageIndex(tokens, texts())
    return PassageIds.of(ids, np.concatenate(numbers), str(path)), index


def main() -> None:
    """Parse the command line and search."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collection", required=True, metavar="NAME")
    parser.add_argument(
        "--data", type=Path, required=True, metavar="FOLDER", help="holds <lang>/{queries,passages,qrels}.parquet"
    )
    parser.add_argument("--languages", nargs="+", required=True, metavar="LANG", help="all languages of the collection")
    parser.add_argument(
        "--part", default="all", metavar="NAME", help="the language whose passages are searched, or all"
    )
    parser.add_argument(
        "--settings", type=settings, required=True, metavar="JSON", help="search section, settings, parallel"
    )
    parser.add_argument(
        "--blocks-mb", type=int, default=BLOCKS_MB, metavar="MB", help="memory of blocks of vectors and scores"
    )
    parser.add_argument("--hits", type=Path, required=True, metavar="F.parquet")
    parser.add_argument("--gold-ranks", type=Path, required=True, metavar="F.parquet")
    flags = parser.parse_args()
    search_bm25(
        collection=flags.collection,
        path_to_data=flags.data,
        languages=flags.languages,
        part=flags.part,
        settings=flags.settings,
        blocks_mb=flags.blocks_mb,
        path_to_hits=flags.hits,
        path_to_gold_ranks=flags.gold_ranks,
    )


if __name__ == "__main__":
    run(main)
