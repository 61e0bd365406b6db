"""Hits and judgements as ``trec_eval`` reads them: one run and one qrels file a setting."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.hit_lists import HitFiles
from workflow_scripts.data.neutral_id import neutral_id
from workflow_scripts.data.qrels import Qrels, judged_pairs
from workflow_scripts.evaluation.bias import POOL
from workflow_scripts.evaluation.ranked_lists import RankedLists


@dataclass(frozen=True)
class TrecExport:
    """Writes ``<setting>.run.txt`` and ``<setting>.qrels.txt`` of one run.

    A topic is ``<query language>-<passage language>:<query id>`` (``*`` for the pool), since a query id stands in
    several languages. Passages go by their neutral ids, which break ties without regard to language; scores are the
    shortest decimals that read back as the same float32. ``trec_eval -c`` then gives the means of SCORES.
    """

    collection: str
    qrels: Qrels
    settings: list[str]
    parallel: bool
    ignore_identical_ids: bool = False

    def write(self, hits: HitFiles, path_to_folder: Path) -> None:
        """Write the files of each setting; raise InputError on a query id with white space, which TREC cannot hold."""
        with ExitStack() as stack:
            files = {
                (setting, kind): stack.enter_context(
                    open(
                        stack.enter_context(atomic_file(path_to_folder / f"{setting}.{kind}.txt")),
                        "w",
                        encoding="utf-8",
                    )
                )
                for setting in self.settings
                for kind in ("run", "qrels")
            }
            langs = sorted(self.qrels)
            for query_lang, judged_langs in judged_pairs(self.qrels, self.settings, self.parallel).items():
                if spaced := [query for query in sorted(self.qrels[query_lang]) if len(query.split()) != 1]:
                    raise InputError(f"query id {spaced[0]!r} has white space; TREC files cannot hold it")
                for block in hits.blocks(self.qrels[query_lang], len(langs)):
                    lists = RankedLists.of(hits.read(query_lang, block[0], block[-1]), block, langs)
                    if self.ignore_identical_ids:
                        lists = lists.without_own(self.collection, block, langs)
                    self._write_block(files, query_lang, judged_langs, block, langs, lists, hits.depth)

    def _write_block(
        self,
        files: dict[tuple[str, str], TextIO],
        query_lang: str,
        judged_langs: list[str],
        queries: list[str],
        langs: list[str],
        lists: RankedLists,
        depth: int,
    ) -> None:
        asked = {(q, lang) for lang in judged_langs for q, query in enumerate(queries) if query in self.qrels[lang]}
        for setting in self.settings:
            pooled = setting == "multilingual"
            wanted = [lang for lang in judged_langs if pooled or (lang == query_lang) == (setting == "monolingual")]
            for query in queries:
                for lang in wanted:
                    topic = f"{query_lang}-{POOL if pooled else lang}:{query}"
                    for passage_id, relevance in sorted(self.qrels[lang].get(query, {}).items()):
                        document = neutral_id(self.collection, lang, passage_id)
                        files[setting, "qrels"].write(f"{topic} 0 {document} {relevance}\n")
            if pooled:
                pool = lists.merge(len(queries), depth)
                rows, ranks = pool.order, pool.rank[pool.order]
            else:
                places = [langs.index(lang) for lang in wanted]
                rows = np.flatnonzero(np.isin(lists.lang, places))
                ranks = lists.rank[rows]
            documents, scores = lists.neutral_ids[lists.passage[rows]], lists.score[rows].astype(str)
            columns = (lists.query[rows].tolist(), lists.lang[rows].tolist(), documents, ranks.tolist(), scores)
            for q, lang, document, rank, score in zip(*columns, strict=True):
                if pooled or (q, langs[lang]) in asked:
                    topic = f"{query_lang}-{POOL if pooled else langs[lang]}:{queries[q]}"
                    files[setting, "run"].write(f"{topic} Q0 {document} {rank} {score} {self.collection}\n")
