import pandas as pd
import pytest
from synthetic_analysis import settings, write_tables

from workflow_scripts.reporting.analysis_tables import COMPARISONS, PER_GROUP, PER_LANGUAGE, read_analysis_table
from workflow_scripts.reporting.clear_differences import is_clear
from workflow_scripts.reporting.labels import Labels
from workflow_scripts.reporting.result_tables import reading
from workflow_scripts.reporting.tables import result_tables

ROWS = [  # p, low, high, what is said of it
    (0.01, 0.1, 0.3, "better"),
    (0.01, -0.3, -0.1, "worse"),
    (0.01, -0.1, 0.3, "no clear difference"),  # these models differ, but another seed could turn it round
    (0.2, 0.1, 0.3, "no clear difference"),  # clear of seeds and queries, but one of many tests
    (0.01, 0.0, 0.0, "no clear difference"),
]


@pytest.mark.parametrize(("p", "low", "high", "said"), ROWS)
def test_a_clear_difference_has_a_small_p_and_an_interval_beside_zero(p, low, high, said):
    row = pd.Series({"p_holm": p, "low": low, "high": high, "difference": (low + high) / 2})
    assert reading(row, 0.05) == said


def test_a_frame_and_its_rows_are_told_alike():
    frame = pd.DataFrame(ROWS, columns=["p_holm", "low", "high", "said"])
    assert is_clear(frame, 0.05).tolist() == [row[-1] in ("better", "worse") for row in ROWS]


@pytest.mark.parametrize(("low", "high", "near"), [(-0.03, 0.01, True), (-0.03, -0.01, False)])
def test_a_strategy_is_near_the_best_whose_interval_holds_zero(tmp_path, low, high, near):
    paths = write_tables(tmp_path)
    comparisons = read_analysis_table(paths["comparisons"], COMPARISONS)
    chosen = comparisons["baseline"] == "mono"
    comparisons.loc[chosen, ["p_holm", "low", "high"]] = 0.001, low, high
    tables = result_tables(
        read_analysis_table(paths["per_language"], PER_LANGUAGE),
        read_analysis_table(paths["per_group"], PER_GROUP),
        comparisons,
        Labels.from_settings(settings(), "atlas"),
        collection="atlas",
        metrics=["map"],
        level=0.05,
    )
    table = next(table for table in tables if (table.setting, table.metric) == ("monolingual", "ndcg@10"))
    (hybrid,) = [row for row in table.rows if (row.model, row.strategy) == ("atlas-m", "hybrid")]
    assert hybrid.cells[0].near_best == near
