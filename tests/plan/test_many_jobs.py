"""The scaling study with full corpora in 18 languages: of thousands of jobs each is told a bounded number of files."""

import yaml
from workflow_copy import copy_of_the_workflow

COMMAND_BYTES = 128 * 1024  # what Linux takes as one argument, as which a shell gets a job's command (execve(2))
SHARDS = {"en": 33, "de": 16, "fr": 15, "es": 10, "ru": 10, "ja": 7, "zh": 5}
LANGUAGES = [*SHARDS, "ar", "bn", "fa", "fi", "hi", "id", "ko", "sw", "te", "th", "yo"]
RUNS = 72


def test_a_job_s_command_does_not_grow_with_the_number_of_jobs(tmp_path):
    workflow = copy_of_the_workflow(tmp_path / "tree", "scaling")
    path = workflow.folder / "experiments/scaling.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["experiment"] |= {"models": ["xlmr-base"]}
    config["models"] = {"xlmr-base": config["models"]["xlmr-base"]}
    config["collections"]["miracl"] |= {"languages": LANGUAGES, "shards": SHARDS}
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    done = workflow.snakemake("--dry-run", "--printshellcmds", "all")
    commands = [line for line in done.stdout.splitlines() if "python -m workflow_scripts." in line]
    parts, runs = sum(SHARDS.values()) + 11, 9
    assert sum(" workflow_scripts.encode " in line for line in commands) == runs * parts
    assert sum(" workflow_scripts.index " in line for line in commands) == runs * len(LANGUAGES)
    assert max(len(line.encode()) for line in commands) * RUNS / runs < COMMAND_BYTES
