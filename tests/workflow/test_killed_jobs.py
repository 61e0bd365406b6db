"""A job killed with SIGKILL leaves nothing half-written, and the next run ends as if nothing had happened."""

import hashlib
import os
import signal
import subprocess

import pytest
from job_process import PROC, wait_for_job

RUN = "tiny-m/hybrid/1"
# One job of each stage: entry module → an output that must come back the same to the byte.
STAGES = {
    "make_atlas": "sources/atlas/texts-sw.jsonl",
    "prepare_pairs": "pairs/prepared/tiny-atlas/en.parquet",
    "prepare_texts": "texts/tiny-atlas/sw.parquet",
    "prepare_collection": "collections/tiny-atlas/sw/passages.parquet",
    "translate": "pairs/translated/tiny-atlas/sw.parquet",
    "decontaminate": "overlaps/pairs/sw.parquet",
    "train_tokenizer": "tokenizer/tokenizer.json",
    "pretrain": "base/tiny-m/model.safetensors",
    "tokenize_collection": "tokens/pretrained/q32-p128/collections/tiny-atlas/all/passages.ids.npy",
    "tokenize_pairs": "tokens/pretrained/q32-p128/pairs/translated/tiny-atlas/sw/passages.ids.npy",
    "finetune": f"models/{RUN}/model.safetensors",
    "encode": f"vectors/{RUN}/tiny-atlas/all/passages.npy",
    "index": f"index/{RUN}/tiny-atlas/all.json",
    "search": f"hits/{RUN}/tiny-atlas/all.parquet",
    "score": f"scores/{RUN}/tiny-atlas.parquet",
    "aggregate": "tables/per_group.csv",
}


finds_jobs = pytest.mark.skipif(not (PROC / "self/cmdline").exists(), reason="finds jobs by /proc")


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def kill_within(tiny, goal, entry, printed, snakemake_too=False):
    """Force a file's job and kill it, and Snakemake before it if so asked; return Snakemake's exit status."""
    # A file takes whatever Snakemake prints; a pipe that nobody reads yet would stop it when full.
    with printed.open("w") as stream:
        running = subprocess.Popen(
            tiny.command("--force", goal),
            cwd=tiny.folder,
            env=tiny.environment(),
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        job = wait_for_job(entry, running)
        if job is not None:
            if snakemake_too:
                running.kill()
            os.kill(job, signal.SIGKILL)
        returncode = running.wait()
    assert job is not None and returncode != 0, printed.read_text()[-4000:]


@finds_jobs
@pytest.mark.parametrize("entry", STAGES)
def test_a_killed_job_is_made_again_the_same(tiny, entry, tmp_path):
    target = tiny.results / STAGES[entry]
    before = digest(target)
    goal = f"results/tiny/{STAGES[entry]}"
    kill_within(tiny, goal, entry, tmp_path / "printed.txt")
    assert not target.exists() or digest(target) == before
    tiny.snakemake(goal)
    assert digest(target) == before
    assert list(target.parent.rglob("*.partial")) == []


@finds_jobs
@pytest.mark.parametrize("snakemake_too", [False, True], ids=["the job", "Snakemake too"])
def test_what_was_killed_alone_is_made_again_by_a_run_of_all(tiny, snakemake_too, tmp_path):
    """Jobs that only finished jobs wait for."""
    hits, scores = (tiny.results / STAGES[stage] for stage in ("search", "score"))
    before = digest(hits), digest(scores)
    kill_within(tiny, f"results/tiny/{STAGES['search']}", "search", tmp_path / "printed.txt", snakemake_too)
    assert not hits.exists() and scores.exists()
    if snakemake_too:
        tiny.snakemake("--unlock")
    assert tiny.planned("all").keys() >= {"search", "score", "aggregate"}
    tiny.snakemake("all")
    assert (digest(hits), digest(scores)) == before
    assert tiny.planned("all") == {}


def test_no_result_of_before_stays_behind_a_job_that_failed(tiny):
    hits, scores = (tiny.results / STAGES[stage] for stage in ("search", "score"))
    before, whole, made = digest(scores), hits.read_bytes(), hits.stat()
    hits.write_bytes(whole[:-100])
    assert tiny.snakemake("all", check=False).returncode != 0
    assert not scores.exists()
    # As if it had never been damaged: nothing but what is missing says that something is to be made.
    hits.write_bytes(whole)
    os.utime(hits, ns=(made.st_atime_ns, made.st_mtime_ns))
    assert tiny.planned("all").keys() >= {"score", "aggregate"}
    tiny.snakemake("all")
    assert digest(scores) == before
    assert tiny.planned("all") == {}


def test_the_run_is_whole_after_all_that(tiny):
    tiny.snakemake("all")
    assert tiny.planned("all") == {}
