"""What approximate indexes lose, joined from parts whose numbers are known."""

import sys

import pandas as pd
import pytest

from workflow_scripts.aggregate_recalls import aggregate_recalls, main
from workflow_scripts.data.csv_table import write_csv
from workflow_scripts.data.errors import InputError
from workflow_scripts.retrieval.index_recall import COLUMNS


def part(folder, place, rows):
    path = folder / "recall" / f"{place}.csv"
    write_csv(path, COLUMNS, [["hnsw", *row] for row in rows])
    return path


def joined(folder, paths, **told):
    aggregate_recalls(paths_to_recalls=paths, settings=told, path_to_output=folder / "index_recall.csv")
    return pd.read_csv(folder / "index_recall.csv")


def test_parts_pairs_of_languages_and_seeds_become_a_row_a_setting_and_cutoff(tmp_path):
    paths = []
    for seed, less in ((1, 0.0), (2, 0.2)):
        for lang, size in (("sw", 1000), ("te", 500)):
            other = {"sw": "te", "te": "sw"}[lang]
            rows = [
                row
                for k in (1, 10)
                for row in (
                    [lang, lang, 60 if lang == "sw" else 40, k, 1.0 - less, size, size // 2],
                    [
                        other,
                        lang,
                        40 if lang == "sw" else 60,
                        k,
                        (0.9 if lang == "sw" else 0.5) - less,
                        size,
                        size // 2,
                    ],
                )
            ]
            paths.append(part(tmp_path, f"s/mono/{seed}/c/{lang}", rows))
    paths.append(part(tmp_path, "s/untuned/0/c/all", [["sw", "sw", 60, 1, 0.25, 70, 30]]))
    table = joined(tmp_path, paths).set_index(["strategy", "setting", "k"])
    assert len(table) == 5 and set(table["kind"]) == {"hnsw"} and set(table["collection"]) == {"c"}
    for k in (1, 10):
        within, across = (table.loc[("mono", setting, k)] for setting in ("monolingual", "cross-lingual"))
        assert (within["recall"], within["lowest"]) == (pytest.approx(0.9), pytest.approx(0.9))
        assert (across["recall"], across["lowest"]) == (pytest.approx(0.6), pytest.approx(0.4))
        for row in (within, across):
            assert row["sd"] == pytest.approx(0.2 / 2**0.5, abs=1e-6)
            assert (row["seeds"], row["queries"], row["index_bytes"], row["vector_bytes"]) == (2, 100, 1500, 750)
    alone = table.loc[("untuned", "monolingual", 1)]
    assert alone["seeds"] == 1 and pd.isna(alone["sd"]) and alone["index_bytes"] == 70


def test_pretrainings_of_a_model_are_its_runs(tmp_path):
    paths = [
        part(tmp_path, f"{name}/mono/1/c/all", [["sw", "sw", 9, 10, recall, 5, 5]])
        for name, recall in (("s", 0.5), ("s-2", 0.7))
    ]
    (row,) = joined(tmp_path, paths, replicates={"s-2": "s"}).itertuples()
    assert (row.model, row.seeds, row.queries, row.recall) == ("s", 2, 9, pytest.approx(0.6))


def test_other_files_are_named(tmp_path):
    path = part(tmp_path, "s/mono/1/c/all", [["sw", "sw", 9, 10, 0.5, 5, 5]])
    path.write_text("kind,k\nhnsw,1\n")
    with pytest.raises(InputError, match=r"all\.csv: columns .*recall"):
        joined(tmp_path, [path])
    assert not (tmp_path / "index_recall.csv").exists()


def test_the_command_names_runs_and_parts_and_not_each_file(tmp_path, monkeypatch):
    runs, parts = ["s/mono/1", "s/mono/2"], ["c/sw", "c/te"]
    paths = [
        part(tmp_path, f"{run}/{name}", [[name[-2:], name[-2:], 60, 1, 0.5, 70, 30]]) for run in runs for name in parts
    ]
    expected = joined(tmp_path, paths)
    output = tmp_path / "by command.csv"
    command = ["aggregate_recalls", "--folder", str(tmp_path / "recall"), "--runs", *runs, "--parts", *parts]
    monkeypatch.setattr(sys, "argv", [*command, "--settings", "{}", "--output", str(output)])
    main()
    assert pd.read_csv(output).equals(expected)
