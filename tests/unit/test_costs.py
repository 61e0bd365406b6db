"""What a run cost, from benchmark files and manifests whose numbers are known."""

import csv

import pandas as pd
import pytest
from synthetic_analysis import MODELS, STRATEGIES, figure_files, settings, write_tables

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.sealed_json import write_sealed
from workflow_scripts.plot_cost import plot_cost
from workflow_scripts.reporting.analysis_tables import COSTS, PER_GROUP, read_analysis_table, select_rows
from workflow_scripts.reporting.cost_plot import draw_cost, hours_of_a_run
from workflow_scripts.reporting.labels import Labels
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


def summed(folder, jobs, **replicates):
    sum_costs(
        path_to_benchmarks=folder / "benchmarks",
        path_to_logs=folder / "logs",
        path_to_results=folder,
        settings={"jobs": jobs, "replicates": replicates},
        path_to_output=folder / "costs.csv",
    )
    with open(folder / "costs.csv", encoding="utf-8", newline="") as file:
        return {(row["model"], row["strategy"], row["stage"]): row for row in csv.DictReader(file)}


@pytest.fixture
def spent(tmp_path):
    """A model pre-trained here, fine-tuned twice and encoded in two parts, and encoded as it is."""
    benchmark(tmp_path, "pretrain/s", HOUR, 2 * HOUR)
    manifest(tmp_path, "base/s", device="cpu")
    for seed in (1, 2):
        benchmark(tmp_path, f"finetune/s/mono/{seed}", HOUR, (2 * seed - 1) * HOUR)
        manifest(tmp_path, f"models/s/mono/{seed}", device="cpu", processes=2)
    for run in ("s/mono/1", "s/mono/2", "s/untuned/0"):
        for part in ("sw", "te"):
            benchmark(tmp_path, f"encode/{run}/c/{part}", 36, "NA" if run == "s/untuned/0" else 36)
            manifest(tmp_path, f"vectors/{run}/c/{part}", device="cpu")
    benchmark(tmp_path, "score/s/mono/1/c", 5 * HOUR, 5 * HOUR)
    return {
        "pretrain": [["s"]],
        "finetune": [["s/mono/1", "s/mono/2"]],
        "encode": [["s/mono/1", "s/mono/2", "s/untuned/0"], ["c/sw", "c/te"]],
        "score": [["s/mono/1"], ["c"]],
    }


def test_a_run_is_charged_for_its_stages_and_its_model(tmp_path, spent):
    rows = summed(tmp_path, spent)
    assert {key: float(row["cpu_hours"]) for key, row in rows.items()} == {
        ("s", "mono", "pretrain"): 2.0,
        ("s", "mono", "finetune"): 2.0,
        ("s", "mono", "encode"): 0.02,
        ("s", "untuned", "pretrain"): 2.0,
        ("s", "untuned", "encode"): 0.0,
    }
    assert rows["s", "mono", "finetune"]["runs"] == "2"
    assert {float(row["gpu_hours"]) for row in rows.values()} == {0.0}


@pytest.mark.parametrize("name", ["vectors/s/mono/1/c/sw/manifest.json", "benchmarks/encode/s/mono/1/c/sw.tsv"])
def test_a_stage_of_which_something_was_removed_is_left_out_of_the_mean(tmp_path, spent, name, caplog):
    benchmark(tmp_path, "encode/s/mono/1/c/te", 36, 50 * HOUR)
    (tmp_path / name).unlink()
    rows = summed(tmp_path, spent)
    assert float(rows["s", "mono", "encode"]["cpu_hours"]) == 0.02
    assert float(rows["s", "mono", "finetune"]["cpu_hours"]) == 2.0
    assert "encode/s/mono/1/c/sw" in caplog.text and "encode/s/mono/1/c/te" not in caplog.text


def test_processor_time_is_that_of_the_log_where_it_says_one(tmp_path, spent):
    # The benchmark file of a job of 44 s holds what it took in its first 15.
    for job, ending in (("finetune/s/mono/1", "processor time 10800.00 s"), ("finetune/s/mono/2", "killed")):
        log = tmp_path / f"logs/{job}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"2026-11-29 14:00:15,802 command_line: {ending}\n")
    assert float(summed(tmp_path, spent)["s", "mono", "finetune"]["cpu_hours"]) == 3.0


def test_a_job_that_was_resumed_costs_what_all_attempts_took(tmp_path, spent):
    log = tmp_path / "logs/finetune/s/mono/1.log"
    log.parent.mkdir(parents=True)
    log.write_text(
        "2026-11-29 14:00:15,801 command_line: earlier attempts: processor time 7200.00 s, wall time 3600.00 s\n"
        "2026-11-29 14:00:15,802 command_line: processor time 10800.00 s\n"
    )
    row = summed(tmp_path, spent)["s", "mono", "finetune"]
    # The other of the two runs: an hour, three of processors.
    assert (float(row["wall_hours"]), float(row["cpu_hours"])) == (1.5, 3.0)


def test_gpus_are_those_of_the_manifest(tmp_path):
    for job in ("finetune/s/mono/1", "encode/s/mono/1/c/sw", "search/s/mono/1/c/sw"):
        benchmark(tmp_path, job, HOUR, HOUR / 2)
    manifest(tmp_path, "models/s/mono/1", device="cuda", processes=4)
    manifest(tmp_path, "vectors/s/mono/1/c/sw", device="cuda")
    run, part = ["s/mono/1"], ["c/sw"]
    rows = summed(tmp_path, {"pretrain": [[]], "finetune": [run], "encode": [run, part], "search": [run, part]})
    assert [float(rows["s", "mono", stage]["gpu_hours"]) for stage in ("finetune", "encode", "search")] == [4, 1, 0]
    hours, unit = hours_of_a_run(pd.read_csv(tmp_path / "costs.csv"))
    assert (unit, hours["hours"].tolist()) == ("GPU-hours", [5.0])


def test_pretrainings_of_a_model_are_its_runs(tmp_path):
    for n, model in ((1, "s"), (2, "s-2")):
        benchmark(tmp_path, f"finetune/{model}/mono/1", HOUR, HOUR * n)
        manifest(tmp_path, f"models/{model}/mono/1", device="cpu")
    rows = summed(tmp_path, {"finetune": [["s/mono/1", "s-2/mono/1"]]}, **{"s-2": "s"})
    assert [(row["model"], row["runs"], float(row["cpu_hours"])) for row in rows.values()] == [("s", "2", 1.5)]


@pytest.mark.parametrize(
    ("benchmark_text", "manifest_text", "says"),
    [
        ("nothing", None, "not a benchmark file of Snakemake"),
        ("s\tmax_rss\tcpu_time\n", None, "not a benchmark file of Snakemake"),
        ("s\tmax_rss\tcpu_time\n1\n", None, "not a benchmark file of Snakemake"),
        ("s\tmax_rss\tcpu_time\n1\t1\t1\n", "{", "is damaged"),
    ],
)
def test_what_is_no_such_file_is_named(tmp_path, benchmark_text, manifest_text, says):
    benchmark(tmp_path, "finetune/s/mono/1", 1, 1).write_text(benchmark_text)
    beside = manifest(tmp_path, "models/s/mono/1")
    if manifest_text:
        beside.write_text(manifest_text)
    with pytest.raises(InputError, match=says):
        summed(tmp_path, {"finetune": [["s/mono/1"]]})


def test_lines_join_models_of_one_family_and_models_without_gpu_hours_are_named(tmp_path):
    tables = write_tables(tmp_path)
    rows = read_analysis_table(tables["per_group"], PER_GROUP)
    rows = select_rows(rows, "", collection="atlas", setting="monolingual", metric="ndcg@10", group="all")
    costs = read_analysis_table(tables["costs"], COSTS)
    labels, families = Labels.from_settings(settings(), "atlas"), {"atlas-s": "a", "atlas-m": "a", "atlas-l": "b"}

    def drawn(costs):
        axes = draw_cost(rows, costs, families, labels, metric="ndcg@10", title="").axes[0]
        lines = [len(bars.lines[0].get_xdata()) for bars in axes.containers]
        return sorted(lines), axes.get_xlabel(), len(axes.get_legend_handles_labels()[1])

    lines, label, names = drawn(costs)
    assert lines == [1] * 5 + [2] * 5 and names == 6 and "not drawn" not in label
    on_gpu = costs.assign(gpu_hours=costs["wall_hours"].where(costs["model"] != "atlas-s", 0.0))
    lines, label, _ = drawn(on_gpu)
    assert lines == [1] * 10 and label.endswith("not drawn, as no GPU-hours are known of them: S")


def test_strategies_of_one_cost_hide_no_interval_of_each_other(tmp_path):
    tables = write_tables(tmp_path)
    rows = select_rows(
        read_analysis_table(tables["per_group"], PER_GROUP), "", collection="atlas", setting="monolingual",
        metric="ndcg@10", group="all",
    )  # fmt: skip
    costs = read_analysis_table(tables["costs"], COSTS)
    labels = Labels.from_settings(settings(), "atlas")
    hours, _ = hours_of_a_run(costs)
    of_system = hours.set_index(["model", "strategy"])["hours"]
    assert of_system["atlas-s", "mono"] == of_system["atlas-s", "cross"]
    axes = draw_cost(rows, costs, dict.fromkeys(MODELS, "a"), labels, metric="ndcg@10", title="").axes[0]
    for i, model in enumerate(MODELS):
        places = [bars.lines[0].get_xdata()[i] for bars in axes.containers]
        assert len({round(float(place), 9) for place in places}) == len(STRATEGIES)
        # Moved aside by a few hundredths of the axis.
        expected = [of_system[model, strategy] for strategy in STRATEGIES]
        assert places == pytest.approx(expected, rel=0.15)


def test_the_figure_is_drawn_and_the_same_twice(tmp_path):
    tables = write_tables(tmp_path)
    for name in ("a", "b"):
        files = figure_files(tmp_path, name)
        plot_cost(
            path_to_per_group=tables["per_group"], path_to_costs=tables["costs"], settings=settings(), files=files
        )
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").stat().st_size > 10_000
