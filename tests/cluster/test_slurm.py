"""The workflow on a real Slurm: the same scores as on one machine, and nothing lost when something breaks."""

import json
import os
import re
import shutil
import signal
import subprocess

import psutil
import pytest
from cluster_workflow import ClusterWorkflow, finish, job_in_state
from local_slurm import wait_until
from workflow_copy import copy_of_the_workflow

pytestmark = pytest.mark.cluster

RUN = "models/tiny-s/hybrid/1"


def weights(workflow):
    """The digest of the run's weights, as its manifest has it."""
    return json.loads((workflow.results / RUN / "manifest.json").read_text())["files"]["model.safetensors"]


@pytest.fixture
def without_a_run(clustered, tmp_path):
    """The finished experiment with one fine-tuned model taken away; the same has to be made again."""
    before = weights(clustered)
    shutil.move(clustered.results / RUN, tmp_path / "kept")
    yield clustered
    assert weights(clustered) == before
    shutil.rmtree(clustered.results / RUN)
    shutil.move(tmp_path / "kept", clustered.results / RUN)


def target(workflow):
    return str((workflow.results / RUN / "manifest.json").relative_to(workflow.folder))


def ids(slurm):
    return {job["id"] for job in slurm.jobs()}


def states_of_finetune(slurm, known):
    return [job["state"] for job in slurm.jobs() if job["id"] not in known and "finetune" in job["comment"]]


def test_slurm_gives_the_scores_of_one_machine(clustered, tiny):
    scores = sorted(path.relative_to(tiny.results) for path in tiny.results.glob("scores/**/*.parquet"))
    # All but what the jobs took.
    tables = sorted(path.relative_to(tiny.results) for path in tiny.results.glob("tables/*.csv"))
    tables = [path for path in tables if path.name != "costs.csv"]
    assert len(scores) >= 18 and tables
    different = [
        str(path)
        for path in scores + tables
        if (clustered.results / path).read_bytes() != (tiny.results / path).read_bytes()
    ]
    assert different == []


def test_what_jobs_ask_for_is_enough_at_their_first_attempt(clustered, slurm):
    assert clustered.states == {"COMPLETED"}


def test_a_second_run_submits_nothing(clustered, slurm):
    known = ids(slurm)
    said = clustered.snakemake("all")
    assert "Nothing to be done" in said.stdout + said.stderr
    assert ids(slurm) == known


def test_a_person_can_read_what_is_in_the_queue(clustered, slurm):
    comments = {job["comment"] for job in slurm.jobs()}
    assert "rule_finetune_wildcards_tiny-s_hybrid_1" in comments


def test_a_job_that_asks_for_a_gpu_gets_it_in_the_gpus_partition(slurm, tmp_path):
    copy = copy_of_the_workflow(tmp_path / "tree", "tiny")
    workflow, known = ClusterWorkflow(copy.folder, copy.experiment), ids(slurm)
    workflow.snakemake("results/tiny/sources/atlas/pairs.jsonl", "--set-resources", "make_atlas_pairs:gpu=1")
    (job,) = ids(slurm) - known
    said = subprocess.run(["scontrol", "show", "job", job], capture_output=True, text=True, check=True).stdout
    assert {"Partition=gpu", "JobState=COMPLETED"} <= set(said.split())
    assert re.search(r"TresPerJob=gres.gpu:1\b", said), said


def test_a_cancelled_job_is_submitted_again(without_a_run, slurm):
    known = ids(slurm)
    process = without_a_run.start(target(without_a_run))
    job = job_in_state(slurm, "finetune", "RUNNING", known)
    subprocess.run(["scancel", job], check=True)
    finish(process)
    assert sorted(states_of_finetune(slurm, known)) == ["CANCELLED", "COMPLETED"]


def test_a_job_that_slurm_queues_again_goes_on(without_a_run, slurm):
    """As where it is preempted, or its node fails; Slurm waits two minutes before it starts it."""
    known = ids(slurm)
    process = without_a_run.start(target(without_a_run))
    job = job_in_state(slurm, "finetune", "RUNNING", known)
    subprocess.run(["scontrol", "requeue", job], check=True)
    finish(process)
    assert states_of_finetune(slurm, known) == ["COMPLETED"]


def test_a_job_over_its_memory_gets_more_at_the_next_attempt(without_a_run, slurm):
    known = ids(slurm)
    # What starts Python twice takes more than 150 MB; the second attempt gets enough.
    finish(
        without_a_run.start(target(without_a_run), "--set-resources", "finetune:mem_mb=150 if attempt == 1 else 3000")
    )
    states = states_of_finetune(slurm, known)
    assert states[-1:] == ["COMPLETED"] or states[:1] == ["COMPLETED"]
    assert len(states) == 2 and set(states) - {"COMPLETED"} <= {"OUT_OF_MEMORY", "CANCELLED", "FAILED"}


def test_a_job_at_its_time_limit_gets_more_at_the_next_attempt(without_a_run, slurm):
    known = ids(slurm)
    process = without_a_run.start(
        target(without_a_run), "--set-resources", "finetune:runtime=1 if attempt == 1 else 30"
    )
    job_in_state(slurm, "finetune", "RUNNING", known)
    stopped = stop_training()  # it would end within its minute: it is held up until Slurm ends it
    wait_until(
        lambda: not stopped.is_running() or stopped.status() == psutil.STATUS_ZOMBIE, "the limit is reached", 150
    )
    finish(process)
    assert sorted(states_of_finetune(slurm, known)) == ["COMPLETED", "TIMEOUT"]


def test_jobs_wait_for_a_drained_node(without_a_run, slurm):
    known = ids(slurm)
    slurm.set_node("drain")
    try:
        process = without_a_run.start(target(without_a_run))
        job_in_state(slurm, "finetune", "PENDING", known)
    finally:
        slurm.set_node("resume")
    finish(process)
    assert states_of_finetune(slurm, known) == ["COMPLETED"]


def test_a_controller_that_restarts_loses_no_job(without_a_run, slurm):
    known = ids(slurm)
    process = without_a_run.start(target(without_a_run))
    job_in_state(slurm, "finetune", "RUNNING", known)
    slurm.stop("slurmctld")
    slurm.start("slurmctld")
    finish(process)
    assert states_of_finetune(slurm, known) == ["COMPLETED"]


def test_a_killed_snakemake_starts_again_when_its_jobs_have_ended(without_a_run, slurm):
    known = ids(slurm)
    process = without_a_run.start(target(without_a_run))
    job = job_in_state(slurm, "finetune", "RUNNING", known)
    held = stop_training()
    process.kill()
    process.wait()
    without_a_run.snakemake("--unlock")
    refused = without_a_run.snakemake(target(without_a_run), check=False)
    held.send_signal(signal.SIGCONT)
    assert refused.returncode != 0
    assert f"wait until they end, or scancel {job}" in refused.stdout + refused.stderr
    wait_until(lambda: states_of_finetune(slurm, known) == ["COMPLETED"], "the job ends", 120)
    finish(without_a_run.start(target(without_a_run)))
    # The run's own job again, for nobody had seen it end; nothing before it.
    assert all("finetune" in comment for comment in (j["comment"] for j in slurm.jobs() if j["id"] not in known))


def stop_training() -> psutil.Process:
    """Hold up the fine-tuning job that runs on this machine's node; return its process."""
    found: list[psutil.Process] = []

    def is_there() -> bool:
        for process in psutil.process_iter(["cmdline"]):
            command = process.info["cmdline"] or []
            if "workflow_scripts.finetune" in command and "SLURM_JOB_ID" in process.environ():
                found.append(process)
        return bool(found)

    wait_until(is_there, "fine-tuning runs", 90)
    os.kill(found[0].pid, signal.SIGSTOP)
    return found[0]
