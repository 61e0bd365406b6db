"""The profiles name rules that there are, and agree where they mean the same."""

import re
from pathlib import Path

import yaml
from snakemake.resources import Resources, ResourceScopes

from workflow_scripts.planning.job_resources import threads

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


def test_no_rule_is_an_array_of_which_the_plugin_would_lose_jobs():
    assert "slurm-array-jobs" not in profile("slurm")


def test_what_is_printed_for_a_person_is_printed_where_the_person_is():
    for file, rule in (("plan.smk", "plan"), ("reproduction.smk", "check")):
        body = bodies(file)[rule]
        assert "| tee" in body and "localrule: True" in body


def test_what_jobs_ask_for_is_cut_where_partitions_end_and_not_before():
    partitions = yaml.safe_load((ROOT / "profiles/slurm/partitions.yaml").read_text(encoding="utf-8"))["partitions"]
    largest = {name: max(limits[name] for limits in partitions.values()) for name in ("max_runtime", "max_mem_mb")}
    allowed = profile("slurm")["resources"]
    assert (allowed["runtime"], allowed["mem_mb"]) == (largest["max_runtime"], largest["max_mem_mb"])
    assert profile("slurm")["cores"] >= threads({"size_m": 1000})


def test_time_is_a_job_s_own_and_disk_is_shared_by_all():
    scopes = ResourceScopes.defaults()
    scopes.update(ResourceScopes(profile("slurm")["set-resource-scopes"]))
    assert all(map(scopes.is_local, ("runtime", "mem_mb", "side_by_side")))
    assert scopes.is_global("disk_mb")


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
