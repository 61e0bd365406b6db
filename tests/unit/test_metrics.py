"""Scores equal those of other tools on runs made to trip them."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from workflow_scripts.data.errors import InputError
from workflow_scripts.evaluation.metrics import evaluate, parse_metric

NAMES = ["ndcg@10", "ndcg@3", "recall@100", "recall@1", "recall@10", "map", "mrr@10", "mrr@2", "precision@5", "map@20"]
METRICS = [parse_metric(name) for name in NAMES]


def adversarial(seed, ties):
    """A run and qrels with grades, negatives, missing queries, queries without positives and, if asked, ties."""
    rng = np.random.default_rng(seed)
    run, qrels = {}, {}
    for query in range(60):
        documents = [f"{number:016x}" for number in rng.choice(2**40, size=140, replace=False)]
        relevant = documents[: rng.integers(1, 30)]
        grades = rng.integers(0, 4, len(relevant)) if query % 7 else np.zeros(len(relevant), dtype=int)
        qrels[f"q{query}"] = dict(zip(relevant, grades.tolist(), strict=True))
        if query % 9 == 5:
            continue  # a query that the system returned nothing for
        retrieved = rng.permutation(documents)[: rng.integers(1, 120)].tolist()
        count = len(retrieved)
        scores = rng.integers(0, 4, count) / 4 if ties else rng.permutation(count) / 512
        run[f"q{query}"] = dict(zip(retrieved, scores.tolist(), strict=True))
    return run, qrels


def ours(run, qrels):
    """Score as ``score`` does: lists in the stored order, judged passages by their rank."""
    lengths, marks = [], []
    for query, judged in qrels.items():
        order = sorted(run.get(query, {}).items(), key=lambda item: (np.float32(item[1]), item[0]), reverse=True)
        rank = {document: place for place, (document, _) in enumerate(order, start=1)}
        missing = iter(range(0, -len(judged), -1))
        marks.append(
            {rank[document] if document in rank else next(missing): grade for document, grade in judged.items()}
        )
        lengths.append(len(order))
    return evaluate(METRICS, np.array(lengths), marks)


def unscored_are_zero(values, qrels):
    return [values.get(query, 0.0) for query in qrels]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_equal_to_trec_eval_given_names_and_scores(seed, ties):
    import pytrec_eval

    run, qrels = adversarial(seed, ties)
    measures = {"ndcg_cut.3,10", "recall.1,10,100", "map", "map_cut.20", "P.5"}
    results = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run)
    keys = {"ndcg@10": "ndcg_cut_10", "ndcg@3": "ndcg_cut_3", "recall@100": "recall_100", "recall@1": "recall_1"}
    keys |= {"recall@10": "recall_10", "map": "map", "precision@5": "P_5", "map@20": "map_cut_20"}
    values = ours(run, qrels)
    for name, key in keys.items():
        theirs = [results.get(query, {key: 0.0})[key] for query in qrels]
        assert values[:, NAMES.index(name)] == pytest.approx(theirs, abs=1e-12), name


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_equal_to_ir_measures(seed, ties):
    import ir_measures
    from ir_measures import AP, RR, P, R, nDCG

    run, qrels = adversarial(seed, ties)
    measures = [nDCG @ 10, nDCG @ 3, R @ 100, R @ 1, R @ 10, AP, RR @ 10, RR @ 2, P @ 5, AP @ 20]
    # ir-measures takes RR@k from the MS MARCO script, which breaks ties by id ascending.
    compared = [i for i, name in enumerate(NAMES) if not (ties and name.startswith("mrr"))]
    found = {i: {} for i in compared}
    for metric in ir_measures.iter_calc([measures[i] for i in compared], qrels, run):
        found[measures.index(metric.measure)][metric.query_id] = metric.value
    values = ours(run, qrels)
    for i in compared:
        assert values[:, i] == pytest.approx(unscored_are_zero(found[i], qrels), abs=1e-6), NAMES[i]


RANX = """
import json, sys
from ranx import Qrels, Run, evaluate
cases, names = json.load(sys.stdin)
results = []
for qrels, run in cases:
    run = Run(run)
    evaluate(Qrels(qrels), run, names, return_mean=False)
    results.append({name: {query: float(value) for query, value in of.items()} for name, of in run.scores.items()})
json.dump(results, sys.stdout)
"""


def test_equal_to_ranx():
    """Ranx does not order ties by id, so it gets runs without them; queries without positives are left out."""
    runs = [adversarial(seed, ties=True) for seed in range(3)]
    cases = []
    for run, qrels in runs:
        positive = {query: {d: g for d, g in judged.items() if g > 0} for query, judged in qrels.items()}
        positive = {query: judged for query, judged in positive.items() if judged}
        resolved = {}
        for query in positive:
            order = sorted(run.get(query, {"none": 0.0}).items(), key=lambda item: (item[1], item[0]), reverse=True)
            resolved[query] = {document: float(len(order) - place) for place, (document, _) in enumerate(order)}
        cases.append((positive, resolved))
    # Without numba's compiler, which would take minutes for these few runs; it is set when numba is imported.
    done = subprocess.run(
        [sys.executable, "-c", RANX],
        input=json.dumps([cases, NAMES]),
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
    )
    for (run, qrels), (positive, _), theirs in zip(runs, cases, json.loads(done.stdout), strict=True):
        values = dict(zip(qrels, ours(run, qrels), strict=True))
        for i, name in enumerate(NAMES):
            found = {query: values[query][i] for query in positive}
            assert found == pytest.approx(theirs[name], abs=1e-6), name
        without = [query for query in qrels if query not in positive]
        assert without
        assert not any(values[query].any() for query in without)  # as in trec_eval -c: such a query scores 0


def test_reciprocal_rank_by_hand():
    values = evaluate(
        [parse_metric("mrr@2"), parse_metric("mrr@3")], np.array([4, 4, 0]), [{3: 1, 2: 0}, {2: 1}, {0: 1}]
    )
    assert values.tolist() == [[0, pytest.approx(1 / 3)], [0.5, 0.5], [0, 0]]


def test_every_reciprocal_rank_up_to_the_cut_counts():
    for k in range(1, 101):
        values = evaluate([parse_metric(f"mrr@{k}")], np.array([200, 200]), [{k: 1}, {k + 1: 1}])
        assert values[:, 0].tolist() == [1 / k, 0]


@pytest.mark.parametrize("name", ["ndcg", "ndcg@0", "map@0", "NDCG@10", "bpref", "recall@", "ndcg@10 "])
def test_an_unknown_metric_is_refused(name):
    with pytest.raises(InputError, match="metrics"):
        parse_metric(name)


def test_comprehensiveness_asks_for_all_relevant_passages():
    metrics = [parse_metric("comprehensiveness@2"), parse_metric("comprehensiveness@3")]
    lists = [{1: 1, 3: 1}, {1: 1, 2: 0}, {2: 1, 0: 1}, {}]
    assert evaluate(metrics, np.array([4, 4, 4, 4]), lists).tolist() == [[0, 1], [1, 1], [0, 0], [0, 0]]
