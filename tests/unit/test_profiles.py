"""The profiles name rules that there are, and agree where they mean the same."""

import re
from pathlib import Path

import yaml
from snakemake.resources import Resources

ROOT = Path(__file__).resolve().parents[2]


def profile(name):
    return yaml.safe_load((ROOT / "profiles" / name / "config.yaml").read_text(encoding="utf-8"))


def bodies(name):
    """The text of each rule of a file; rules without a shell command only gather, and are left out."""
    text = (ROOT / "rules" / name).read_text(encoding="utf-8")
    found = re.split(r"^rule (\w+):", text, flags=re.MULTILINE)[1:]
    return {rule: body for rule, body in zip(found[::2], found[1::2], strict=True) if "shell:" in body}


def rules(name):
    return set(bodies(name))


def test_all_that_follows_the_scores_is_one_job_on_a_cluster():
    groups = dict(entry.split("=") for entry in profile("slurm")["groups"])
    assert set(groups.values()) == {"analysis"}
    assert set(groups) == rules("plots.smk") | rules("report.smk") | {"compare_published"}


def test_arrays_are_of_rules_that_there_are_and_whose_jobs_all_ask_for_the_same():
    known = {rule: body for path in (ROOT / "rules").glob("*.smk") for rule, body in bodies(path.name).items()}
    for rule in profile("slurm")["slurm-array-jobs"].split(", "):
        assert not re.search(r"^    (threads|resources):", known[rule], re.MULTILINE), rule


def test_what_decides_what_reruns_is_the_same_on_every_machine():
    for key in ("rerun-incomplete", "max-checksum-file-size", "show-failed-logs", "scheduler"):
        assert profile("slurm")[key] == profile("default")[key]


def test_a_job_that_asks_for_nothing_itself_gets_more_at_each_attempt():
    asked = [f"{name}={value}" for name, value in profile("slurm")["default-resources"].items()]
    defaults = Resources.parse(asked, allow_expressions=True)
    for name in ("mem_mb", "runtime"):
        first, second, third = (
            defaults[name].evaluate({}, attempt=attempt, rulename="any", input=[], threads=1, async_run=None).value
            for attempt in range(1, 2 + profile("slurm")["retries"])
        )
        assert (second, third) == (2 * first, 3 * first)


def test_partitions_have_the_limits_that_a_plan_looks_at():
    partitions = yaml.safe_load((ROOT / "profiles/slurm/partitions.yaml").read_text(encoding="utf-8"))["partitions"]
    for limits in partitions.values():
        assert {"max_runtime", "max_mem_mb", "max_threads"} <= set(limits)
    assert any(limits.get("max_gpu") for limits in partitions.values())
