"""What queries are about: those of one article are one observation, since a system's errors are shared by them.

Questions of reading comprehension were not drawn one by one: articles were drawn, and several questions asked about
each. Whoever resamples questions alone takes a scatter for chance that is common to all questions of an article, and
finds intervals that are too narrow. So whole articles are resampled (the primary units of the sample, as
survey statistics has it: Rao and Wu 1988, JASA 83(401)). ``docs/statistics.md`` has what this changes.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.groups import Groups
from workflow_scripts.data.qrels import read_qrels
from workflow_scripts.evaluation.analysis_settings import AnalysisSettings, CollectionDesign


class SamplingUnits:
    """The sampling units of one collection: queries hang together where a relevant passage of theirs has one article.

    ``qrels``: language → query → passage → relevance. In a parallel collection a query is one in all languages. A
    passage's article is its id up to the first ``design.article_ends``, and the passage itself where that is empty.
    """

    def __init__(self, design: CollectionDesign, qrels: Mapping[str, Mapping[str, Mapping[str, int]]]) -> None:
        self._parallel = design.parallel
        self._groups = Groups()
        for lang, judged in qrels.items():
            for query_id, passages in judged.items():
                for passage_id, relevance in passages.items():
                    if relevance > 0:
                        article = passage_id.partition(design.article_ends)[0] if design.article_ends else passage_id
                        self._groups.join(self._query(lang, query_id), f"passage {lang} {article or passage_id}")

    def of(self, lang: str, query_ids: Iterable[str]) -> np.ndarray:
        """Return a number from 0 for each query: equal ones are one unit. A query that nothing answers is its own."""
        # By first appearance, so that what a further language calls its articles moves no random draw.
        numbers: dict[str, int] = {}
        roots = [self._groups.root(self._query(lang, query_id)) for query_id in query_ids]
        return np.array([numbers.setdefault(root, len(numbers)) for root in roots], dtype=np.int64)

    def _query(self, lang: str, query_id: str) -> str:
        return f"query {'' if self._parallel else lang} {query_id}"


def read_sampling_units(paths: Iterable[str], settings: AnalysisSettings) -> dict[str, SamplingUnits]:
    """Return the units of every collection whose queries are not units themselves, from ``collection/lang=QRELS``.

    Raises InputError where such a collection's judgements of a language are not named, or those of another are.
    """
    files: dict[str, dict[str, Path]] = {
        name: {} for name, design in settings.collections.items() if design.article_ends is not None
    }
    for value in paths:
        where, equals, path = value.partition("=")
        name, slash, lang = where.partition("/")
        if not (equals and slash and path):
            raise InputError(f"--qrels: {value!r} is not collection/lang=file")
        if lang not in settings.collection(name).languages or name not in files:
            raise InputError(f"--qrels: {where} is none whose queries are grouped by the settings; leave it out")
        files[name][lang] = Path(path)
    for name, by_lang in files.items():
        if missing := [lang for lang in settings.collections[name].languages if lang not in by_lang]:
            raise InputError(
                f"--qrels: settings group the queries of {name} by article; name its judgements in {', '.join(missing)}"
            )
    return {name: SamplingUnits(settings.collections[name], read_qrels(by_lang)) for name, by_lang in files.items()}
