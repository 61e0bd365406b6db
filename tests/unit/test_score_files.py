import numpy as np
import pytest
from synthetic_scores import analysis, monolingual, write_scores

from workflow_scripts.data.errors import InputError
from workflow_scripts.evaluation.analysis_settings import AnalysisSettings
from workflow_scripts.evaluation.score_files import read_scores


def read(paths, **settings):
    return read_scores(paths, AnalysisSettings.from_settings(analysis(**settings)), {})


def cross(values: dict[tuple[str, str], dict[str, float]]) -> list:
    return [
        ("cross-lingual", ours, theirs, query, "map", value)
        for (ours, theirs), queries in values.items()
        for query, value in queries.items()
    ]


def test_ids_that_two_languages_share_by_chance_are_two_queries(tmp_path):
    path = write_scores(tmp_path, "s", "mono", 1, monolingual({"te": [0.0, 1.0], "sw": [0.5]}))
    (part,) = read([path], languages=["sw", "te"], parallel=False)
    assert part.query_languages == ("sw", "te")
    assert part.by_query.means().tolist() == [[0.5, 0.5]]
    assert part.by_query.counts.tolist() == [1, 2]
    assert [(stratum.name, stratum.queries) for stratum in part.by_query.strata] == [("sw", 1), ("te", 2)]
    assert part.by_passage is None


def test_a_parallel_collection_is_one_stratum(tmp_path):
    path = write_scores(tmp_path, "s", "mono", 1, monolingual({"te": [0.0, 1.0], "sw": [0.5, 0.25]}))
    (part,) = read([path], languages=["sw", "te"], parallel=True)
    (stratum,) = part.by_query.strata
    assert stratum.contributions[0].tolist() == [[0.5, 0.25], [0.0, 1.0]]
    assert stratum.linearised is stratum.contributions


@pytest.mark.parametrize("parallel", [True, False])
def test_cross_lingual_means_are_macro_means_by_either_side(tmp_path, parallel):
    # q2 is judged in one pair only, so a mean over all rows would not be the mean of the pairs' means.
    values = {
        ("sw", "te"): {"q1": 0.2, "q2": 0.4},
        ("sw", "yo"): {"q1": 1.0},
        ("te", "sw"): {"q1": 0.5, "q2": 0.7},
        ("te", "yo"): {"q1": 0.1, "q2": 0.3},
        ("yo", "sw"): {"q1": 0.0, "q2": 0.0},
        ("yo", "te"): {"q1": 0.6, "q2": 0.2},
    }
    path = write_scores(tmp_path, "s", "mono", 1, cross(values))
    (part,) = read([path], languages=["sw", "te", "yo"], parallel=parallel)
    assert part.by_query.means()[0] == pytest.approx([(0.3 + 1.0) / 2, (0.6 + 0.2) / 2, (0.0 + 0.4) / 2])
    assert part.by_passage is not None
    assert part.by_passage.means()[0] == pytest.approx([(0.6 + 0.0) / 2, (0.3 + 0.4) / 2, (1.0 + 0.2) / 2])
    assert part.pair_counts.tolist() == [[0, 2, 1], [2, 0, 2], [2, 2, 0]]
    assert np.isnan(part.pair_means[0, 0, 0])
    for scores in (part.by_query, part.by_passage):
        total = np.zeros(3)
        for stratum in scores.strata:
            total[stratum.columns] += stratum.linearised[0].mean(axis=-1)
        assert total == pytest.approx(scores.means()[0])
    if parallel:  # a query without a score in a language leaves that language's mean alone
        values = {("sw", "te"): {"q1": 0.2, "q2": 0.4}, ("te", "sw"): {"q1": 0.5}}
        path = write_scores(tmp_path, "s", "mono", 2, cross(values))
        (part,) = read([path], languages=["sw", "te"], parallel=True)
        assert part.by_query.strata[0].linearised[0].tolist() == [pytest.approx([0.2, 0.4]), pytest.approx([0.5, 0.5])]


def test_runs_come_in_the_settings_order_whatever_the_order_of_files(tmp_path):
    runs = [("l", "mono", 2), ("bm25", "bm25", 0), ("l", "mono", 1), ("s", "hybrid", 1), ("s", "mono", 1)]
    paths = [write_scores(tmp_path, *run, monolingual({"sw": [run[2] / 10, 0.0]})) for run in runs]
    (part,) = read(paths, languages=["sw"], parallel=False)
    assert [(run.model, run.strategy, run.seed) for run in part.runs] == [runs[1], runs[4], runs[3], runs[2], runs[0]]
    assert part.by_query.means()[:, 0].tolist() == [0.0, 0.05, 0.05, 0.05, 0.1]


def test_queries_may_stand_in_another_order(tmp_path):
    rows = monolingual({"sw": [0.1, 0.2, 0.9], "te": [0.3, 0.4, 0.5]})
    paths = [
        write_scores(tmp_path, "s", "mono", 1, rows),
        write_scores(tmp_path, "s", "mono", 2, rows[::-1]),
    ]
    (part,) = read(paths, languages=["sw", "te"], parallel=True)
    assert np.array_equal(part.by_query.strata[0].contributions[0], part.by_query.strata[0].contributions[1])


ROWS = monolingual({"sw": [0.1, 0.2]})


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (ROWS[:1], "are not those of"),
        ([*ROWS[:1], (*ROWS[1][:3], "other", *ROWS[1][4:])], "are not those of"),
        ([*ROWS, ROWS[0]], "1 scores of monolingual ndcg@10 stand twice"),
        ([*ROWS[:1], (*ROWS[1][:5], float("nan"))], "row 2 has the score nan"),
        ([*ROWS, ("monolingual", "xx", "xx", "q0", "ndcg@10", 0.0)], "are not those of"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused(tmp_path, second, said):
    paths = [write_scores(tmp_path, "s", "mono", 1, ROWS), write_scores(tmp_path, "s", "hybrid", 1, second)]
    with pytest.raises(InputError, match=said):
        read(paths, languages=["sw"], parallel=False)


def test_files_that_no_setting_covers_are_refused(tmp_path):
    path = write_scores(tmp_path, "s", "mono", 1, ROWS)
    with pytest.raises(InputError, match="same run as"):
        read([path, path], languages=["sw"], parallel=False)
    with pytest.raises(InputError, match="lacks sw"):
        read([path], languages=["te"], parallel=False)
    with pytest.raises(InputError, match="has no 'other'"):
        read([write_scores(tmp_path, "s", "mono", 1, ROWS, collection="other")], languages=["sw"], parallel=False)
    with pytest.raises(InputError, match="no score file"):
        read([], languages=["sw"], parallel=False)
    with pytest.raises(InputError, match="no such file"):
        read([tmp_path / "absent.parquet"], languages=["sw"], parallel=False)
