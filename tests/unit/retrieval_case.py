"""A small parallel collection on disk, with vectors, for the tests of search and scoring."""

import numpy as np
import pyarrow as pa

from workflow_scripts.data.manifest import write_manifest
from workflow_scripts.data.neutral_id import neutral_id
from workflow_scripts.data.tables import PASSAGES, QRELS, QUERIES, VECTOR_IDS, write_table

LANGS = ["sw", "bn", "te"]
ALL = ["monolingual", "cross-lingual", "multilingual"]


def unit(rng, rows, dimension):
    vectors = rng.standard_normal((rows, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)


def write_collection(folder, queries=12, passages=30, seed=0):
    """Write tables of LANGS; query ids look like passage ids, grades go up to 2, one query of te has no positives."""
    rng = np.random.default_rng(seed)
    names = [f"{100 + row}#0" for row in range(queries)]
    for lang in LANGS:
        ids = [f"{100 + row}#0" for row in range(passages)]
        words = [f"w{lang}{word}" for word in range(12)] + ["42"]
        texts = [" ".join(rng.choice(words, 5)) for _ in ids]
        questions = [" ".join(rng.choice(words, 3)) for _ in names]
        judged = [(q, ids[i], int(rng.integers(0, 3))) for q in names for i in rng.choice(passages, 3, replace=False)]
        judged += [(q, ids[0], 1) for q in names if not any(j[0] == q and j[2] > 0 for j in judged)]
        if lang == "te":
            judged = [(q, p, 0 if q == names[3] else grade) for q, p, grade in judged]
        judged = list({(q, p): (q, p, grade) for q, p, grade in judged}.values())
        write_table(
            pa.table({"query_id": names, "lang": [lang] * queries, "text": questions}),
            folder / lang / "queries.parquet",
            QUERIES,
        )
        passage_table = {"passage_id": ids, "lang": [lang] * passages, "title": [""] * passages, "text": texts}
        write_table(pa.table(passage_table), folder / lang / "passages.parquet", PASSAGES)
        columns = dict(zip(QRELS.names, map(list, zip(*judged, strict=True)), strict=True))
        write_table(pa.table(columns), folder / lang / "qrels.parquet", QRELS)


def write_vectors(folder, collection, langs, queries=12, passages=30, dimension=8):
    """Write what ``encode`` writes for ``langs``: few distinct vectors, so that many scores tie."""
    folder.mkdir(parents=True)
    facts = {}
    for side, rows in (("queries", queries), ("passages", passages)):
        blocks, ids, described = [], [], []
        for lang in langs:
            rng = np.random.default_rng([LANGS.index(lang), rows])
            pool = unit(np.random.default_rng(7), 6, dimension) if side == "passages" else unit(rng, rows, dimension)
            described.append({"lang": lang, "first": rows * len(blocks), "rows": rows, "truncated_share": 0.0})
            blocks.append(pool[rng.integers(0, len(pool), rows)])
            ids += [(f"{100 + row}#0", lang, neutral_id(collection, lang, f"{100 + row}#0")) for row in range(rows)]
        np.save(folder / f"{side}.npy", np.concatenate(blocks))
        columns = dict(zip(VECTOR_IDS.names, map(list, zip(*ids, strict=True)), strict=True))
        write_table(pa.table(columns), folder / f"{side}.parquet", VECTOR_IDS)
        facts[side] = {"dimension": dimension, "rows": rows * len(langs), "languages": described}
    write_manifest(folder, inputs=[], collection=collection, dtype="float16", **facts)


def files(folder, kind):
    return {lang: folder / lang / f"{kind}.parquet" for lang in LANGS}
