"""A base model in a folder of one's own: its weights decide what is made of it, as its config does."""

import yaml
from workflow_copy import copy_of_the_workflow

WEIGHTS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def test_the_weights_of_a_folder_are_inputs_of_whatever_reads_them(tmp_path):
    workflow = copy_of_the_workflow(tmp_path / "tree", "tiny")
    base = workflow.folder / "bases/own"
    base.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", *WEIGHTS):
        (base / name).write_text("{}")
    path = workflow.folder / "experiments/tiny.yaml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    config["experiment"] |= {"models": ["own"], "strategies": ["untuned", "mono", "cross", "hybrid"]}
    config["models"] = {"own": {"folder": "bases/own", "size_m": 1, "learning_rate": 0.001}}
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    printed = workflow.snakemake("--dry-run", "all").stdout
    jobs = [job.splitlines() for job in printed.split("\n\n")]
    inputs = {rule: [] for rule in ("finetune", "encode", "count_parameters")}
    for line, following in ((line, job[at + 1]) for job in jobs for at, line in enumerate(job[:-1])):
        if line.startswith("rule ") and (rule := line.removeprefix("rule ").rstrip(":")) in inputs:
            inputs[rule].append(following)
    assert [len(lines) for lines in inputs.values()] == [3, 4, 1]
    reading = [
        *inputs["finetune"],
        *inputs["count_parameters"],
        *(line for line in inputs["encode"] if "bases" in line),
    ]
    assert len(reading) == 5, inputs
    for line in reading:
        assert all(f"bases/own/{name}" in line for name in WEIGHTS), line
