"""From matrices to hits, scores and TREC files, through the files that pass between the rules."""

import shutil
import tracemalloc

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from retrieval_case import ALL, LANGS, files, write_collection, write_vectors

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.hit_lists import HitFiles, hits_file
from workflow_scripts.data.manifest import digest_file, read_facts, read_manifest, write_manifest
from workflow_scripts.data.neutral_id import neutral_id
from workflow_scripts.data.qrels import read_qrels
from workflow_scripts.data.tables import BIAS, GOLD_RANKS, HITS, SCORES, VECTOR_IDS, read_table, write_table
from workflow_scripts.evaluation.rank_correlation import list_correlation
from workflow_scripts.evaluation.ranked_lists import RankedLists
from workflow_scripts.export_run import export_run
from workflow_scripts.index import index
from workflow_scripts.measure_recall import measure_recall
from workflow_scripts.planning.settings import FAISS_BUILDING, FAISS_SEARCHING
from workflow_scripts.retrieval.faiss_index import FaissCandidates, write_faiss_index
from workflow_scripts.score import score
from workflow_scripts.search import search
from workflow_scripts.search_bm25 import search_bm25

SEARCH = {"kind": "exact", "depth": 10, "settings": ALL, "parallel": True}
FAISS = {
    "margin": 30,
    "nlist": 1,
    "nprobe": 4,
    "pq_pieces": 4,
    "pq_bits": 4,
    "hnsw_links": 8,
    "ef_construction": 40,
    "ef_search": 300,
}
SCORE = {"settings": ALL, "parallel": True, "metrics": ["ndcg@10", "recall@10", "map", "mrr@10", "recall@1"]}
KEYS = {
    "ndcg@10": "ndcg_cut_10",
    "recall@10": "recall_10",
    "map": "map",
    "recall@1": "recall_1",
    "mrr@10": "recip_rank",
}


def told(settings, keys):
    """Settings as a rule has them: of faiss's parameters its own alone."""
    if "faiss" not in settings:
        return settings
    return settings | {"faiss": {key: settings["faiss"][key] for key in keys}}


def run_search(folder, parts, settings=SEARCH):
    """Index and search parts (name → languages); return the paths of hits and gold ranks."""
    for part, langs in parts.items():
        write_vectors(folder / "vectors" / part, "c", langs)
        index(
            paths_to_vectors=[folder / "vectors" / part],
            settings=told(settings, FAISS_BUILDING),
            path_to_output=folder / "index" / f"{part}.json",
        )
    for part in parts:
        search(
            paths_to_indexes=[folder / "index" / f"{name}.json" for name in parts],
            part=part,
            collection="c",
            settings=told(settings, FAISS_SEARCHING),
            paths_to_qrels=files(folder / "c", "qrels"),
            path_to_hits=folder / "hits" / f"{part}.parquet",
            path_to_gold_ranks=folder / "hits" / f"{part}.gold.parquet",
        )
    return [folder / "hits" / f"{part}.parquet" for part in parts], [
        folder / "hits" / f"{part}.gold.parquet" for part in parts
    ]


def run_score(folder, hits, golds, settings=SCORE):
    score(
        paths_to_hits=hits,
        paths_to_gold_ranks=golds,
        paths_to_qrels=files(folder / "c", "qrels"),
        paths_to_passages=files(folder / "c", "passages"),
        model="m",
        strategy="hybrid",
        seed=1,
        collection="c",
        settings=settings,
        path_to_scores=folder / "scores.parquet",
        path_to_bias=folder / "bias.parquet",
    )
    return read_table(folder / "scores.parquet", SCORES).to_pandas(), read_table(
        folder / "bias.parquet", BIAS
    ).to_pandas()


@pytest.fixture
def folder(tmp_path):
    write_collection(tmp_path / "c")
    return tmp_path


def test_one_part_and_a_part_a_language_give_the_same_hits_and_scores(folder):
    for name in ("merged", "split"):
        shutil.copytree(folder / "c", folder / name / "c")
    merged = run_search(folder / "merged", {"all": LANGS})
    split = run_search(folder / "split", {lang: [lang] for lang in LANGS})
    order = ["query_lang", "query_id", "passage_lang", "rank"]
    one = read_table(merged[0][0], HITS).to_pandas()
    assert one.astype(dict.fromkeys(order[:3], str)).sort_values(order).index.tolist() == list(range(len(one)))
    many = pd.concat([read_table(path, HITS).to_pandas() for path in split[0]])
    many = many.astype(dict.fromkeys(order[:3], str)).sort_values(order).reset_index(drop=True)
    pd.testing.assert_frame_equal(one.astype(dict.fromkeys(order[:3], str)), many, check_categorical=False)
    first, second = run_score(folder / "merged", *merged), run_score(folder / "split", *split)
    for ours, theirs in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(ours, theirs, check_categorical=False)


@pytest.mark.parametrize("kind", ["exact", "fp16"])
def test_shards_of_a_language_give_the_hits_of_the_whole(folder, kind):
    settings = SEARCH | {"kind": kind, "faiss": FAISS}
    hits, golds = run_search(folder, {lang: [lang] for lang in LANGS})
    indexes = []
    for lang in LANGS:
        whole, cut = folder / "vectors" / lang, [0, 11, 12, 30]
        manifest = read_manifest(whole)
        for shard in range(3):
            part = folder / "vectors" / f"{lang}-{shard}"
            part.mkdir()
            facts = {}
            for side, first, last in (
                ("queries", 0, 12 if shard == 0 else 0),
                ("passages", *cut[shard : shard + 2]),
            ):
                np.save(part / f"{side}.npy", np.load(whole / f"{side}.npy")[first:last])
                ids = read_table(whole / f"{side}.parquet", VECTOR_IDS).slice(first, last - first)
                write_table(ids, part / f"{side}.parquet", VECTOR_IDS)
                block = {"lang": lang, "first": 0, "rows": last - first}
                facts[side] = manifest[side] | {"rows": last - first, "languages": [block]}
            write_manifest(part, inputs=[], collection="c", dtype="float16", **facts)
        shards = [folder / "vectors" / f"{lang}-{shard}" for shard in range(3)]
        # As the workflow has it: exact search reads one index over all shards, faiss makes one of each.
        for name, over in [(lang, shards)] if kind == "exact" else [(shard.name, [shard]) for shard in shards]:
            indexes.append(folder / "sharded" / f"{name}.json")
            index(paths_to_vectors=over, settings=settings, path_to_output=indexes[-1])
    for lang, path_to_hits, path_to_gold_ranks in zip(LANGS, hits, golds, strict=True):
        found = [folder / "sharded" / f"{lang}.parquet", folder / "sharded" / f"{lang}.gold.parquet"]
        search(
            paths_to_indexes=indexes,
            part=lang,
            collection="c",
            settings=settings,
            paths_to_qrels=files(folder / "c", "qrels"),
            path_to_hits=found[0],
            path_to_gold_ranks=found[1],
        )
        for path, expected, schema in zip(found, (path_to_hits, path_to_gold_ranks), (HITS, GOLD_RANKS), strict=True):
            assert read_table(path, schema).to_pylist() == read_table(expected, schema).to_pylist()


def test_scores_are_those_of_trec_eval_on_the_exported_files(folder):
    import pytrec_eval

    hits, golds = run_search(folder, {"all": LANGS})
    scores, _ = run_score(folder, hits, golds)
    export_run(
        paths_to_hits=hits,
        paths_to_qrels=files(folder / "c", "qrels"),
        collection="c",
        settings=SCORE,
        path_to_output=folder / "trec",
    )
    for setting in ALL:
        with (
            open(folder / "trec" / f"{setting}.run.txt") as run,
            open(folder / "trec" / f"{setting}.qrels.txt") as qrels,
        ):
            run, qrels = pytrec_eval.parse_run(run), pytrec_eval.parse_qrel(qrels)
        results = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10", "recall.1,10", "map", "recip_rank"}).evaluate(
            run
        )
        ours = scores[(scores["setting"] == setting) & scores["metric"].isin(list(KEYS))]
        topics = (
            ours["query_lang"].astype(str) + "-" + ours["passage_lang"].astype(str) + ":" + ours["query_id"].astype(str)
        )
        assert set(topics) == set(qrels)
        theirs = [
            results.get(topic, {}).get(KEYS[metric], 0.0) for topic, metric in zip(topics, ours["metric"], strict=True)
        ]
        assert ours["value"].tolist() == pytest.approx(theirs, abs=1e-12)
        assert ours["value"].max() > 0


def test_a_passage_with_the_querys_own_id_is_neither_scored_nor_exported_where_asked(folder):
    import pytrec_eval

    hits, golds = run_search(folder, {"all": LANGS})
    ignoring = SCORE | {"ignore_identical_ids": True}
    scores, _ = run_score(folder, hits, golds, ignoring)
    runs = {}
    for name, settings in (("all", SCORE), ("ignoring", ignoring)):
        path = folder / name
        export_run(
            paths_to_hits=hits,
            paths_to_qrels=files(folder / "c", "qrels"),
            collection="c",
            settings=settings,
            path_to_output=path,
        )
        with open(path / "monolingual.run.txt") as run, open(path / "monolingual.qrels.txt") as qrels:
            runs[name], qrels = pytrec_eval.parse_run(run), pytrec_eval.parse_qrel(qrels)
    own = {topic: neutral_id("c", topic[:2], topic.split(":")[1]) for topic in runs["all"]}
    assert any(own[topic] in found for topic, found in runs["all"].items())
    for topic, found in runs["all"].items():
        found.pop(own[topic], None)
    assert runs["ignoring"] == runs["all"]
    expected = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10"}).evaluate(runs["all"])
    ours = scores[(scores["setting"] == "monolingual") & (scores["metric"] == "ndcg@10")]
    found = {f"{row.query_lang}-{row.passage_lang}:{row.query_id}": row.value for row in ours.itertuples()}
    assert found == pytest.approx({topic: values["ndcg_cut_10"] for topic, values in expected.items()}, abs=1e-12)


def test_every_query_of_the_qrels_is_scored_once_in_each_setting(folder):
    scores, _ = run_score(folder, *run_search(folder, {"all": LANGS}))
    metric = scores[scores["metric"] == "ndcg@10"]
    counts = metric.groupby(["setting", "query_lang", "passage_lang"], observed=True)["query_id"].agg(
        ["size", "nunique"]
    )
    assert (counts == 12).all().all()
    assert len(counts) == 3 + 6 + 3
    assert not scores["value"].isna().any()
    unanswerable = metric[(metric["query_id"] == "103#0") & (metric["passage_lang"] == "te")]
    assert (unanswerable["value"] == 0).all()
    assert len(unanswerable) == 3


def test_rank_distance_and_bias_equal_a_full_ranking(folder):
    hits, golds = run_search(folder, {lang: [lang] for lang in LANGS}, SEARCH | {"depth": 10})
    scores, bias = run_score(folder, hits, golds)
    shutil.copytree(folder / "c", folder / "deep" / "c")
    full, _ = run_search(folder / "deep", {"all": LANGS}, SEARCH | {"depth": 30})
    pool = read_table(full[0], HITS).to_pandas().sort_values(["score", "neutral_id"], ascending=False)
    pool["rank"] = pool.groupby(["query_lang", "query_id"], observed=True).cumcount() + 1
    qrels = read_qrels(files(folder / "c", "qrels"))
    relevant = [
        qrels[lang].get(q, {}).get(p, 0) > 0
        for lang, q, p in zip(pool["passage_lang"], pool["query_id"], pool["passage_id"], strict=True)
    ]
    found = pool[relevant].groupby(["query_lang", "query_id"], observed=True)
    expected = found["rank"].max() - found["rank"].min()
    expected = {key: value for key, value in expected.items() if found.get_group(key)["passage_lang"].nunique() > 1}
    ours = scores[scores["metric"] == "rank_distance"].set_index(["query_lang", "query_id"])["value"].to_dict()
    assert ours == expected
    share = scores[scores["metric"] == "rank_distance_share"].set_index(["query_lang", "query_id"])["value"].to_dict()
    assert share == {key: value / 90 for key, value in expected.items()}
    # The same askings' first ten, from the full ranking.
    names = {name: i for i, name in enumerate(sorted(pool["neutral_id"].astype(str).unique()))}
    tops = pool[pool["rank"] <= 10].groupby(["query_lang", "query_id"], observed=True)["neutral_id"]
    tops = {key: np.array([[names[str(name)] for name in of_query]]) for key, of_query in tops}
    correlations = scores[scores["metric"] == "mrc@10"].set_index(["query_lang", "query_id"])["value"].to_dict()
    asked = {key for key in tops if key[1] in qrels[key[0]]}
    assert set(correlations) == {(a, q) for a, q in asked if any((b, q) in asked for b in LANGS if b != a)}
    for (lang, query), value in correlations.items():
        others = [other for other in LANGS if other != lang and (other, query) in asked]
        by_pair = [list_correlation(tops[lang, query], tops[other, query])[0] for other in others]
        assert value == pytest.approx(np.mean(by_pair))
    measured = bias.set_index(["measure", "query_lang", "passage_lang"])["value"]
    means = pool[relevant].groupby(["query_lang", "passage_lang"], observed=True)["rank"].mean()
    tops = pool[pool["rank"] <= 10].groupby(["query_lang", "passage_lang"], observed=True).size() / 120
    for query_lang in LANGS:
        for lang in LANGS:
            assert measured["gold_rank", query_lang, lang] == pytest.approx(means[query_lang, lang])
            assert measured["top10_share", query_lang, lang] == pytest.approx(tops.get((query_lang, lang), 0))
            assert measured["pool_share", query_lang, lang] == pytest.approx(1 / 3)
            assert measured["tied_share", query_lang, lang] > 0.5  # six distinct vectors for thirty passages
        assert measured["tied_share", query_lang, "*"] > 0.5
        distance = sum(abs(tops.get((query_lang, lang), 0) - 1 / 3) for lang in LANGS) / 2
        assert measured["top10_variation", query_lang, "*"] == pytest.approx(distance)
        maps = scores[(scores["metric"] == "map") & (scores["query_lang"] == query_lang)].groupby("setting")["value"]
        gap = maps.mean()["monolingual"] - maps.mean()["multilingual"]
        assert measured["map_gap", query_lang, "*"] == pytest.approx(gap)


def test_a_missing_part_of_the_gold_ranks_is_refused(folder):
    hits, golds = run_search(folder, {lang: [lang] for lang in LANGS})
    with pytest.raises(InputError, match="every part"):
        run_score(folder, hits, golds[1:])


def test_without_a_parallel_collection_only_own_passages_count(folder):
    settings = {"settings": ["monolingual", "multilingual"], "parallel": False}
    hits, golds = run_search(folder, {"all": LANGS}, SEARCH | settings)
    assert len(read_table(golds[0], GOLD_RANKS)) == 0
    scores, bias = run_score(folder, hits, golds, SCORE | settings)
    assert set(scores["metric"]) == set(SCORE["metrics"])
    assert "gold_rank" not in set(bias["measure"])
    pooled = scores[
        (scores["setting"] == "multilingual") & (scores["metric"] == "map") & (scores["query_lang"] == "te")
    ]
    assert pooled.set_index("query_id")["value"]["103#0"] == 0  # its positives are other languages'
    with pytest.raises(InputError, match="parallel"):
        run_score(folder, hits, golds, SCORE | {"settings": ALL, "parallel": False})


def rewritten(path, change):
    table = pq.read_table(path).to_pandas()
    table = change(table)
    with hits_file(path, 10) as append:
        append(pa.table({name: pa.array(table[name].to_numpy(), from_pandas=False) for name in HITS.names}).cast(HITS))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda hits: hits.assign(score=np.float32("nan")), "NaN"),
        (lambda hits: hits.assign(score=-hits["score"]), "order"),
        (lambda hits: hits.assign(rank=hits["rank"] + 1), "order"),
        (lambda hits: hits.assign(neutral_id=hits["neutral_id"].str[::-1]), "order"),
    ],
)
def test_hits_that_are_not_in_order_are_refused(folder, change, message):
    hits, golds = run_search(folder, {"all": LANGS})
    rewritten(hits[0], change)
    with pytest.raises(InputError, match=message):
        run_score(folder, hits, golds)


def test_a_query_without_hits_scores_zero(folder):
    hits, golds = run_search(folder, {"all": LANGS})
    rewritten(hits[0], lambda table: table[table["query_id"] != "105#0"])
    scores, _ = run_score(folder, hits, golds)
    missing = scores[(scores["query_id"] == "105#0") & scores["metric"].isin(SCORE["metrics"])]
    assert len(missing) == (3 + 6 + 3) * len(SCORE["metrics"])
    assert (missing["value"] == 0).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"metrics": ["recall@100"]}, "beyond the 10 hits"),
        ({"metrics": ["bpref"]}, "unknown"),
    ],
)
def test_metrics_that_cannot_be_had_are_refused(folder, settings, message):
    hits, golds = run_search(folder, {"all": LANGS})
    with pytest.raises(InputError, match=message):
        run_score(folder, hits, golds, SCORE | settings)


def test_bm25_finds_what_shares_words_and_nothing_else(folder):
    search_bm25(
        collection="c",
        path_to_data=folder / "c",
        languages=LANGS,
        part="all",
        settings=SEARCH | {"depth": 30},
        path_to_hits=folder / "bm25.parquet",
        path_to_gold_ranks=folder / "bm25.gold.parquet",
    )
    texts = {
        lang: pq.read_table(path).to_pandas().set_index("passage_id")["text"]
        for lang, path in files(folder / "c", "passages").items()
    }
    asked = {
        lang: pq.read_table(path).to_pandas().set_index("query_id")["text"]
        for lang, path in files(folder / "c", "queries").items()
    }
    hits = read_table(folder / "bm25.parquet", HITS).to_pandas()
    found = set(zip(hits["query_lang"], hits["query_id"], hits["passage_lang"], hits["passage_id"], strict=True))
    expected = {
        (query_lang, query_id, lang, passage_id)
        for query_lang in LANGS
        for query_id, question in asked[query_lang].items()
        for lang in LANGS
        for passage_id, text in texts[lang].items()
        if set(question.split()) & set(text.split())
    }
    assert found == expected
    assert (hits["score"] > 0).all()
    golds = read_table(folder / "bm25.gold.parquet", GOLD_RANKS).to_pandas()
    matched = hits.groupby(["query_lang", "query_id", "passage_lang"], observed=True).size()
    for row in golds[golds["score"] == 0].itertuples():
        assert row.above >= matched.get((row.query_lang, row.query_id, row.searched_lang), 0)
    run_score(folder, [folder / "bm25.parquet"], [folder / "bm25.gold.parquet"])


@pytest.mark.parametrize("part", LANGS)
def test_bm25_of_one_part_is_a_slice_of_the_whole(folder, part):
    tables = {}
    for name in ("all", part):
        search_bm25(
            collection="c",
            path_to_data=folder / "c",
            languages=LANGS,
            part=name,
            settings=SEARCH,
            path_to_hits=folder / f"{name}.parquet",
            path_to_gold_ranks=folder / f"{name}.gold.parquet",
        )
        tables[name] = read_table(folder / f"{name}.parquet", HITS).to_pandas()
    whole = tables["all"][tables["all"]["passage_lang"] == part].reset_index(drop=True)
    pd.testing.assert_frame_equal(whole, tables[part], check_categorical=False)


def test_hits_are_read_by_query_across_files_and_row_groups(folder):
    hits, _ = run_search(folder, {lang: [lang] for lang in LANGS})
    found = HitFiles.open(hits).read("bn", "102#0", "104#0").to_pandas()
    assert set(found["query_id"]) == {"102#0", "103#0", "104#0"}
    assert set(found["query_lang"]) == {"bn"}
    assert len(found) == 3 * 3 * 10
    assert len(HitFiles.open(hits).read("bn", "x", "y")) == 0


def test_so_many_queries_are_taken_at_a_time_that_their_hits_are_about_a_million():
    queries = [f"q{number:04d}" for number in range(750)]
    blocks = list(HitFiles([], depth=1000).blocks(reversed(queries), languages=18))
    assert [query for block in blocks for query in block] == queries
    assert {len(block) for block in blocks[:-1]} == {58}
    assert [len(block) for block in HitFiles([], depth=1 << 21).blocks(queries[:2], languages=1)] == [1, 1]


def test_hits_of_other_queries_of_a_row_group_do_not_stay(folder):
    queries, depth = [f"q{number:03d}" for number in range(100)], 20
    path, rows = folder / "hits.parquet", len(queries) * depth
    columns = {"query_lang": ["bn"] * rows, "query_id": np.repeat(queries, depth), "passage_lang": ["bn"] * rows}
    columns |= {"passage_id": [f"{row}#0" for row in range(rows)], "neutral_id": [f"{row:016x}" for row in range(rows)]}
    columns |= {"rank": np.tile(np.arange(1, depth + 1), len(queries)), "score": -np.arange(rows, dtype=np.float32)}
    with hits_file(path, depth) as append:
        append(pa.table(columns))
    every = HitFiles.open([path]).read("bn", queries[0], queries[-1])
    few = HitFiles.open([path]).read("bn", queries[40], queries[40])
    assert few["passage_id"].to_pylist() == columns["passage_id"][40 * depth : 41 * depth]
    assert few.nbytes < every.nbytes / 20
    lists = RankedLists.of(every, [queries[40]], ["bn"])
    assert lists.neutral_ids.tolist() == columns["neutral_id"][40 * depth : 41 * depth]


def test_faiss_is_trained_on_vectors_of_which_no_second_copy_is_held(tmp_path):
    vectors = np.full((100_000, 16), 0.25, dtype=np.float16)  # all of them: a trained index takes 65,536 or more
    vectors[::2] *= -1
    write_faiss_index(vectors[:2000], "flat", FAISS, "passages", tmp_path / "first")  # imports faiss, if nobody has
    tracemalloc.start()  # of numpy: faiss's own memory is not seen
    try:
        write_faiss_index(vectors, "sq8", FAISS | {"nlist": 1000}, "passages", tmp_path / "index")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.4 * 4 * vectors.size


def test_the_index_says_what_it_lies_over_and_refuses_a_broken_matrix(folder):
    write_vectors(folder / "vectors", "c", LANGS)
    asked = {"paths_to_vectors": [folder / "vectors"], "settings": {"kind": "exact"}}
    index(**asked, path_to_output=folder / "index" / "all.json")
    assert '"matrix": "../vectors/passages.npy"' in (folder / "index" / "all.json").read_text()
    matrix = (folder / "vectors" / "passages.npy").read_bytes()
    (folder / "vectors" / "passages.npy").write_bytes(matrix[:-100])
    with pytest.raises(InputError, match="rerun encode"):
        index(**asked, path_to_output=folder / "i.json")


def test_an_index_is_over_parts_of_one_collection_and_dimension(folder):
    write_vectors(folder / "vectors" / "sw", "c", ["sw"])
    write_vectors(folder / "vectors" / "bn", "other", ["bn"])
    write_vectors(folder / "vectors" / "te", "c", ["te"], dimension=4)
    for other, message in (("bn", "its collection is other"), ("te", "its dimension is 4")):
        with pytest.raises(InputError, match=message):
            index(
                paths_to_vectors=[folder / "vectors" / "sw", folder / "vectors" / other],
                settings={"kind": "exact"},
                path_to_output=folder / "index.json",
            )
    assert not (folder / "index.json").exists()


def test_a_search_of_own_passages_alone_needs_no_judgements(folder):
    hits, _ = run_search(folder, {"all": LANGS}, SEARCH | {"settings": ["monolingual"]})
    asked = {"paths_to_indexes": [folder / "index" / "all.json"], "part": "all", "collection": "c"}
    found = {"path_to_hits": folder / "again.parquet", "path_to_gold_ranks": folder / "again.gold.parquet"}
    search(**asked, **found, settings=SEARCH | {"settings": ["monolingual"]}, paths_to_qrels={})
    assert read_table(folder / "again.parquet", HITS).to_pylist() == read_table(hits[0], HITS).to_pylist()
    with pytest.raises(InputError, match="--qrels: "):
        search(**asked, **found, settings=SEARCH, paths_to_qrels={})


@pytest.mark.parametrize("value", [np.nan, 2.0])
def test_vectors_that_are_not_unit_stop_the_search(folder, value):
    run_search(folder, {"all": LANGS})
    path = folder / "vectors" / "all" / "passages.npy"
    matrix = np.load(path)
    matrix[40, 0] = value
    np.save(path, matrix)
    facts = read_facts(path.parent)
    kept = {name: facts[name] for name in ("collection", "dtype", "queries", "passages")}
    write_manifest(path.parent, inputs=[], **kept)
    index(paths_to_vectors=[path.parent], settings=SEARCH, path_to_output=folder / "index" / "all.json")
    with pytest.raises(InputError, match="run encode again"):
        search(
            paths_to_indexes=[folder / "index" / "all.json"],
            part="all",
            collection="c",
            settings=SEARCH,
            paths_to_qrels=files(folder / "c", "qrels"),
            path_to_hits=folder / "again.parquet",
            path_to_gold_ranks=folder / "again.gold.parquet",
        )
    assert not (folder / "again.parquet").exists()


def test_qrels_that_name_no_passage_stop_the_search(folder):
    with pytest.raises(InputError, match="does not have"):
        write_collection(folder / "c", passages=31)
        run_search(folder, {"all": LANGS})


def as_text(path):
    return read_table(path, HITS).to_pandas().astype(dict.fromkeys(["query_lang", "query_id", "passage_lang"], str))


@pytest.mark.parametrize("kind", ["flat", "fp16", "sq8", "ivf-flat", "ivf-pq", "hnsw"])
def test_a_faiss_index_that_names_every_passage_gives_the_exact_hits(folder, kind):
    for name in ("exact", kind):
        shutil.copytree(folder / "c", folder / name / "c")
    exact, exact_golds = run_search(folder / "exact", {"all": LANGS})
    settings = SEARCH | {"kind": kind, "faiss": FAISS | {"nlist": 4}}
    found, golds = run_search(folder / kind, {"all": LANGS}, settings)
    pd.testing.assert_frame_equal(as_text(exact[0]), as_text(found[0]))
    assert read_table(exact_golds[0], GOLD_RANKS).to_pylist() == read_table(golds[0], GOLD_RANKS).to_pylist()
    indexes = folder / kind / "index"
    measured = {"paths_to_indexes": [indexes / "all.json"], "part": "all", "settings": settings}
    measure_recall(**measured, path_to_hits=found[0], path_to_output=folder / "recall.csv")
    table = pd.read_csv(folder / "recall.csv")
    assert (table["recall"] == 1).all()
    assert set(zip(table["query_lang"], table["passage_lang"], strict=True)) == {(a, b) for a in LANGS for b in LANGS}
    assert set(table["index_bytes"]) <= {path.stat().st_size for path in (indexes / "all.faiss").iterdir()}
    assert set(table["vector_bytes"]) == {30 * 8 * 2}


def test_a_shard_without_passages_has_no_candidates(tmp_path):
    vectors, entries = np.eye(4, 8, dtype=np.float16), []
    for number, rows in enumerate((0, 4, 0)):
        path = tmp_path / f"{number}.index"
        write_faiss_index(vectors[:rows], "sq8", FAISS, "passages", path)
        entries.append({"file": path, "digest": digest_file(path)})
    for chosen, expected in ((entries, [0, 1, 2, 3]), (entries[:1], [])):
        candidates = FaissCandidates({"sw": vectors}, {"sw": chosen}, FAISS, 9)
        query, passages = candidates.find("sw", np.array([1]), "sw", 9)
        assert sorted(passages.tolist()) == expected and set(query.tolist()) <= {0}


@pytest.mark.parametrize("sizes", [(50,), (20, 1, 0, 29), (5,) * 10])
def test_of_many_shards_as_many_candidates_are_named_as_of_one(tmp_path, sizes):
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((sum(sizes), 8)).astype(np.float32)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    entries, first = [], 0
    for number, rows in enumerate(sizes):
        path = tmp_path / f"{number}.index"
        write_faiss_index(vectors[first : first + rows], "flat", FAISS, "passages", path)
        entries.append({"file": path, "digest": digest_file(path)})
        first += rows
    settings = FAISS | {"margin": 3}
    candidates = FaissCandidates({"sw": vectors}, {"sw": entries}, settings, 2)
    query, passages = candidates.find("sw", np.array([4, 7]), "sw", 2)
    products = vectors[[4, 7]].astype(np.float64) @ vectors.astype(np.float64).T
    for number in range(2):
        best = np.argsort(-products[number])[:6]
        assert sorted(passages[query == number].tolist()) == sorted(best.tolist())


@pytest.mark.parametrize(
    ("kind", "change", "depth", "on_gpus"),
    [
        ("flat", {}, 68, True),  # 68 × 30 candidates
        ("flat", {}, 69, False),
        ("ivf-flat", {"nlist": 2}, 9, True),
        ("ivf-flat", {"nlist": 2, "nprobe": 2049}, 9, False),
        ("hnsw", {}, 9, False),
    ],
)
def test_gpus_are_asked_for_what_faiss_can_do_on_them(tmp_path, monkeypatch, kind, change, depth, on_gpus):
    import faiss

    moved = []
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 1)
    monkeypatch.setattr(faiss, "index_cpu_to_all_gpus", lambda index: moved.append(index) or index, raising=False)
    vectors = np.eye(4, dtype=np.float16)
    write_faiss_index(vectors, kind, FAISS | change, "passages", tmp_path / "index")
    entry = {"file": tmp_path / "index", "digest": digest_file(tmp_path / "index")}
    candidates = FaissCandidates({"sw": vectors}, {"sw": [entry]}, FAISS | change, depth)
    assert bool(moved) == on_gpus
    assert 1 in candidates.find("sw", np.array([1]), "sw", depth)[1]


def test_recall_counts_what_an_index_misses(folder):
    settings = SEARCH | {"kind": "ivf-flat", "faiss": FAISS | {"nlist": 4, "nprobe": 1, "margin": 1}}
    found, _ = run_search(folder, {"all": LANGS}, settings)
    measured = {"paths_to_indexes": [folder / "index" / "all.json"], "part": "all", "settings": settings}
    measure_recall(**measured, path_to_hits=found[0], path_to_output=folder / "recall.csv")
    table = pd.read_csv(folder / "recall.csv")
    shutil.copytree(folder / "c", folder / "exact" / "c")
    exact = as_text(run_search(folder / "exact", {"all": LANGS})[0][0])
    key = ["query_lang", "query_id", "passage_lang", "passage_id"]
    both = exact.merge(as_text(found[0]), on=key).groupby(["query_lang", "passage_lang"]).size()
    assert both.sum() < len(exact)
    for row in table[table["k"] == 10].itertuples():
        assert row.recall == pytest.approx(both.get((row.query_lang, row.passage_lang), 0) / (12 * 10), abs=1e-6)


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("ivf-flat", {"nlist": 31}, "search.faiss.nlist: 31 lists are too many for the 30"),
        ("ivf-pq", {"pq_pieces": 3}, "search.faiss.pq_pieces: 3 does not divide the 8"),
        ("ivf-pq", {"pq_bits": 5}, "search.faiss.pq_bits: 5 bits"),
    ],
)
def test_faiss_parameters_that_do_not_fit_the_vectors_are_refused(folder, kind, change, message):
    with pytest.raises(InputError, match=message):
        run_search(folder, {"all": LANGS}, SEARCH | {"kind": kind, "faiss": FAISS | change})


def test_an_index_of_another_kind_or_a_broken_one_is_refused(folder):
    settings = SEARCH | {"kind": "flat", "faiss": FAISS}
    run_search(folder, {"all": LANGS}, settings)
    asked = {
        "paths_to_indexes": [folder / "index" / "all.json"],
        "part": "all",
        "collection": "c",
        "paths_to_qrels": files(folder / "c", "qrels"),
        "path_to_hits": folder / "again.parquet",
        "path_to_gold_ranks": folder / "again.gold.parquet",
    }
    with pytest.raises(InputError, match="not an index of kind exact"):
        search(**asked, settings=SEARCH)
    path = folder / "index" / "all.faiss" / "bn.index"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match=r"bn\.index: missing, damaged"):
        search(**asked, settings=settings)
