"""What the rules ask for their jobs, as Snakemake and the plan of costs see it."""

import json
import re
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from workflow_copy import copy_of_the_workflow

_ASKED = """
import json, sys
from pathlib import Path
from workflow_scripts.planning.job_graph import job_graph
jobs = job_graph(Path("Snakefile"), json.loads(sys.argv[1]), {"all"}, cores=int(sys.argv[2]))
print(json.dumps([[job.rule, dict(job.wildcards), job.threads, job.memory_mb] for job in jobs]))
"""


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """Return rule, wildcards, threads and memory of the jobs of ``tiny``, its collection changed, on so many cores."""
    folder = copy_of_the_workflow(tmp_path_factory.mktemp("asked") / "tree", "tiny").folder
    plain, tiny = (
        yaml.safe_load((folder / name).read_text(encoding="utf-8")) for name in ("config.yaml", "experiments/tiny.yaml")
    )

    def jobs(cores, **collection):
        config = plain | tiny
        entry = config["collections"]["tiny-atlas"] | collection
        config["collections"] = config["collections"] | {"tiny-atlas": entry}
        command = [sys.executable, "-c", _ASKED, json.dumps(config), str(cores)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        return json.loads(done.stdout.splitlines()[-1])

    return jobs


@pytest.mark.parametrize(
    ("merged", "cores", "search", "tokenise"), [(True, 16, 1, 1), (False, 16, 8, 4), (False, 2, 2, 2)]
)
def test_a_language_of_its_own_has_several_threads_of_which_the_plan_knows(asked, merged, cores, search, tokenise):
    threads = {rule: threads for rule, _, threads, _ in asked(cores, merged=merged)}
    assert (threads["search"], threads["tokenize_collection"]) == (search, tokenise)


def test_decontamination_asks_for_memory_by_the_texts_it_compares(asked):
    memory = {(named["kind"], named["lang"]): mb for rule, named, _, mb in asked(2) if rule == "decontaminate"}
    # 400 MB; 100,000 pairs of two texts, or as many texts, are assumed, 800 bytes each; evaluation is small.
    assert memory["pairs", "en"] == 400 + 160
    assert memory["texts", "en"] == 400 + 80


def test_training_asks_for_memory_by_the_pairs_that_are_prepared_or_known(tmp_path):
    workflow = copy_of_the_workflow(tmp_path / "tree", "tiny")

    def memory():
        """What the job of a rule that asks for most asks for."""
        done = workflow.snakemake("--dry-run", "all")
        jobs = re.findall(r"^rule (\w+):\n((?: +.*\n)+)", done.stdout + done.stderr, re.MULTILINE)
        asked = [(rule, re.search(r" mem_mb=(\d+)", facts)) for rule, facts in jobs]
        return dict(sorted((rule, int(found[1])) for rule, found in asked if found))

    before = memory()
    pairs, texts = (workflow.results / f"{kind}/tiny-atlas" for kind in ("pairs/prepared", "texts"))
    for folder, columns in ((pairs, {"pair_id": pa.nulls(10**6)}), (texts, {"text_id": pa.nulls(10**6)})):
        folder.mkdir(parents=True)
        pq.write_table(pa.table(columns), folder / "en.parquet")
    after = memory()
    # English pairs, and the shares of them that are translated; texts of some 13 tokens.
    assert after["finetune"] > before["finetune"] + 300
    assert after["pretrain"] > before["pretrain"] + 1000
    assert after["tokenize_pairs"] > before["tokenize_pairs"] + 100
    (pairs / "en.parquet").write_bytes(b"damaged")
    assert memory()["finetune"] == before["finetune"]


def test_jobs_that_ask_for_no_gpu_are_told_so(tmp_path):
    """Else each of a small experiment's jobs would take one where the machine has some."""
    workflow = copy_of_the_workflow(tmp_path / "tree", "tiny")
    done = workflow.snakemake("--dry-run", "--printshellcmds", "all")
    for entry in ("pretrain", "finetune", "encode"):
        commands = [line for line in done.stdout.splitlines() if f"-m workflow_scripts.{entry} " in line]
        assert commands and all(" --gpus 0 " in command for command in commands), entry


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The tiny experiment with one model that takes a GPU, and eight threads, for each of its two processes."""
    workflow = copy_of_the_workflow(tmp_path_factory.mktemp("large") / "tree", "tiny")
    path = workflow.folder / "experiments/tiny.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["models"]["tiny-m"] |= {"processes": 2}
    config["models"]["tiny-m"]["pretrain"] |= {"layers": 4, "hidden": 512, "intermediate": 2048}
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return workflow


def test_on_a_cluster_a_job_asks_for_what_it_needs(large):
    """The profile's limits on a job are those of the partitions, not of the analysis that is one job."""
    more = ["--set-resources", "finetune:mem_mb=64000", "finetune:runtime=attempt * 5000"]
    local = large.command("--dry-run", "all", *more, "--workflow-profile", "profiles/slurm")
    place = local.index("--cores")
    command = [*local[:place], *local[place + 2 :]]
    done = subprocess.run(command, cwd=large.folder, env=large.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    jobs = re.findall(r"^rule finetune:\n((?: +.*\n)+)", done.stdout + done.stderr, re.MULTILINE)
    (asked,) = (facts for facts in jobs if "model=tiny-m, strategy=mono" in facts)
    assert "threads: 8" in asked
    # No more time than a partition gives: where none fits, a job goes to whichever is the default.
    assert " mem_mb=64000," in asked and "runtime=2880" in asked and "gpu=2" in asked


def test_fewer_gpus_than_a_model_s_processes_stop_a_run_before_its_first_job(large):
    target = "results/tiny/models/tiny-m/mono/1/manifest.json"
    done = large.snakemake(target, check=False)
    said = done.stdout + done.stderr
    assert done.returncode != 0 and "Traceback" not in said
    assert "models.tiny-m.processes: take 2 GPUs at once, and 1 may be taken: run with --resources gpu=2" in said
    assert not list(large.results.rglob("*.parquet"))
