"""What a run cost, from benchmark files and manifests whose numbers are known."""

import csv

import pandas as pd
import pytest
from synthetic_analysis import figure_files, settings, write_tables

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.sealed_json import write_sealed
from workflow_scripts.plot_cost import plot_cost
from workflow_scripts.reporting.cost_plot import hours_of_a_run
from workflow_scripts.sum_costs import sum_costs

HOUR = 3600


def benchmark(folder, job, seconds, cpu):
    path = folder / "benchmarks" / f"{job}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"s\th:m:s\tmax_rss\tcpu_time\n{seconds}\t-\t100\t{cpu}\n")
    return path


def manifest(folder, place, **facts):
    path = folder / place / "manifest.json"
    write_sealed(path, facts)
    return path


def summed(folder, benchmarks, manifests, **told):
    sum_costs(
        paths_to_benchmarks=benchmarks,
        paths_to_manifests=manifests,
        settings=told,
        path_to_output=folder / "costs.csv",
    )
    with open(folder / "costs.csv", encoding="utf-8", newline="") as file:
        return {(row["model"], row["strategy"], row["stage"]): row for row in csv.DictReader(file)}


def test_a_run_is_charged_for_its_stages_and_its_model(tmp_path):
    benchmarks = [
        benchmark(tmp_path, "pretrain/s", HOUR, 2 * HOUR),
        benchmark(tmp_path, "finetune/s/mono/1", HOUR, HOUR),
        benchmark(tmp_path, "finetune/s/mono/2", HOUR, 3 * HOUR),
        *(benchmark(tmp_path, f"encode/s/mono/{seed}/c/{part}", 36, 36) for seed in (1, 2) for part in ("sw", "te")),
        benchmark(tmp_path, "encode/s/untuned/0/c/sw", 36, "NA"),
        benchmark(tmp_path, "score/s/mono/1/c", 5 * HOUR, 5 * HOUR),
    ]
    rows = summed(tmp_path, benchmarks, [manifest(tmp_path, "models/s/mono/1", device="cpu", processes=2)])
    assert {key: float(row["cpu_hours"]) for key, row in rows.items()} == {
        ("s", "mono", "pretrain"): 2.0,
        ("s", "mono", "finetune"): 2.0,
        ("s", "mono", "encode"): 0.02,
        ("s", "untuned", "pretrain"): 2.0,
        ("s", "untuned", "encode"): 0.0,
    }
    assert rows["s", "mono", "finetune"]["runs"] == "2"
    assert {float(row["gpu_hours"]) for row in rows.values()} == {0.0}


def test_gpus_are_those_of_the_manifest(tmp_path):
    benchmarks = [benchmark(tmp_path, f"{job}/s/mono/1", HOUR, HOUR / 2) for job in ("finetune", "search")]
    benchmarks.append(benchmark(tmp_path, "encode/s/mono/1/c/sw", HOUR, HOUR))
    manifests = [
        manifest(tmp_path, "models/s/mono/1", device="cuda", processes=4),
        manifest(tmp_path, "vectors/s/mono/1/c/sw", device="cuda"),
        manifest(tmp_path, "base/s", device="cuda"),
    ]
    rows = summed(tmp_path, benchmarks, manifests)
    assert [float(rows["s", "mono", stage]["gpu_hours"]) for stage in ("finetune", "encode", "search")] == [4, 1, 0]
    hours, unit = hours_of_a_run(pd.read_csv(tmp_path / "costs.csv"))
    assert (unit, hours["hours"].tolist()) == ("GPU-hours", [5.0])


def test_pretrainings_of_a_model_are_its_runs(tmp_path):
    benchmarks = [
        benchmark(tmp_path, f"finetune/{model}/mono/1", HOUR, HOUR * n) for n, model in ((1, "s"), (2, "s-2"))
    ]
    rows = summed(tmp_path, benchmarks, [], replicates={"s-2": "s"})
    assert [(row["model"], row["runs"], float(row["cpu_hours"])) for row in rows.values()] == [("s", "2", 1.5)]


@pytest.mark.parametrize(
    ("benchmark_text", "manifest_text", "says"),
    [("nothing", None, "not a benchmark file of Snakemake"), ("s\tmax_rss\tcpu_time\n1\t1\t1\n", "{", "is damaged")],
)
def test_what_is_no_such_file_is_named(tmp_path, benchmark_text, manifest_text, says):
    path = benchmark(tmp_path, "finetune/s/mono/1", 1, 1)
    path.write_text(benchmark_text)
    beside = manifest(tmp_path, "models/s/mono/1")
    if manifest_text:
        beside.write_text(manifest_text)
    with pytest.raises(InputError, match=says):
        summed(tmp_path, [path], [beside])


def test_the_figure_is_drawn_and_the_same_twice(tmp_path):
    tables = write_tables(tmp_path)
    for name in ("a", "b"):
        files = figure_files(tmp_path, name)
        plot_cost(
            path_to_per_group=tables["per_group"], path_to_costs=tables["costs"], settings=settings(), files=files
        )
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").stat().st_size > 10_000
