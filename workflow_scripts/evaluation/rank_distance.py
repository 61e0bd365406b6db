"""Rank distance: how far apart a query's parallel relevant passages stand in the pool of all languages.

Distance of query q = max − min over its relevant passages p of rank(p), where rank counts from 1 in the full ranking
of all languages' passages. Source: arXiv 2408.10536 for the measure; LAReQA (arXiv 2004.05484) for the question. It is
0 for one relevant passage and at least m − 1 for m; the share divides it by the size of the pool, so that
collections of different sizes compare.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workflow_scripts.data.errors import InputError

RANK_DISTANCE, RANK_DISTANCE_SHARE = "rank_distance", "rank_distance_share"
_PASSAGE = ["query_lang", "query_id", "passage_lang", "passage_id"]


def pool_ranks(gold_ranks: pd.DataFrame, pool_sizes: Mapping[str, int]) -> pd.DataFrame:
    """Return one row a query and relevant passage, with its ``rank`` among the passages of all languages.

    ``gold_ranks`` has the columns of GOLD_RANKS, of all parts; ``pool_sizes``: language → passages. The rank is 1 + the
    sum of ``above`` over the searched languages. Raises InputError where they are not exactly those of the pool.
    """
    grouped = gold_ranks.groupby(_PASSAGE, observed=True, sort=True)
    ranks = grouped.agg(
        above=("above", "sum"), searched=("searched", "sum"), parts=("searched_lang", "nunique")
    ).reset_index()
    wrong = ranks[(ranks["searched"] != sum(pool_sizes.values())) | (ranks["parts"] != len(pool_sizes))]
    if len(wrong):
        row = wrong.iloc[0]
        raise InputError(
            f"gold ranks: passage {row.passage_id} of {row.passage_lang} was ranked among {row.searched} passages, "
            f"the pool has {sum(pool_sizes.values())}; give the gold ranks of every part, once"
        )
    return ranks[_PASSAGE].assign(rank=ranks["above"] + 1)


def rank_distances(ranks: pd.DataFrame, pool_size: int) -> pd.DataFrame:
    """Return ``query_lang``, ``query_id``, ``rank_distance`` and ``rank_distance_share`` of the queries that have one.

    ``ranks`` is what ``pool_ranks`` returns. A query whose relevant passages are all in one language has no
    parallel passages, and is left out.

    By hand: passages at ranks 1, 4 and 11 in a pool of 20 are 11 − 1 = 10 apart, half of the pool.

    >>> passages = {"passage_lang": ["bn", "sw", "te"], "rank": [4, 1, 11]}
    >>> ranks = pd.DataFrame({"query_lang": "sw", "query_id": "q", **passages})
    >>> rank_distances(ranks, 20).to_dict("records")
    [{'query_lang': 'sw', 'query_id': 'q', 'rank_distance': 10.0, 'rank_distance_share': 0.5}]
    """
    grouped = ranks.groupby(["query_lang", "query_id"], observed=True, sort=True)
    spread = grouped.agg(high=("rank", "max"), low=("rank", "min"), langs=("passage_lang", "nunique")).reset_index()
    spread = spread[spread["langs"] > 1].reset_index(drop=True)
    distance = (spread["high"] - spread["low"]).astype(np.float64)
    found = spread[["query_lang", "query_id"]].copy()
    found[RANK_DISTANCE] = distance
    found[RANK_DISTANCE_SHARE] = distance / pool_size
    return found
