"""Nothing of the evaluation collections reaches fine-tuning, but for the list of pairs that it has to leave out."""

import re
from pathlib import PurePath

import pytest

pytestmark = pytest.mark.xdist_group("tiny")

_JOB = re.compile(r"^rule (\w+):\n(?:    .*\n)*?    input: (.*)\n    output: (.*)$", flags=re.MULTILINE)


@pytest.fixture(scope="module")
def jobs(tiny):
    """Rule, inputs and outputs of every job of the experiment and of a model that is trained on switched codes."""
    done = tiny.snakemake("--forceall", "--dry-run", "all", "results/tiny/models/tiny-s/codeswitch/1/manifest.json")
    found = _JOB.findall(done.stdout + done.stderr)
    return [(rule, inputs.split(", "), outputs.split(", ")) for rule, inputs, outputs in found]


def test_no_evaluation_file_is_an_input_of_fine_tuning(jobs):
    read = {path for rule, inputs, _ in jobs if rule == "finetune" for path in inputs}
    of_models = {path for path in read if path.startswith("results/tiny/base/")}
    assert {PurePath(path).parts[2] for path in read - of_models} == {"pairs", "overlaps", "tokens"}


def test_all_that_fine_tuning_rests_on_is_made_without_evaluation_files_but_for_overlaps(jobs):
    made_by = {path: (rule, inputs) for rule, inputs, outputs in jobs for path in outputs}
    evaluation = {path for path, (rule, _) in made_by.items() if rule == "prepare_collection"}
    assert len(evaluation) == 4 * 4
    waiting = [path for rule, inputs, _ in jobs if rule == "finetune" for path in inputs]
    reached, rules = set(), set()
    while waiting:
        path = waiting.pop()
        rule, inputs = made_by.get(path, (None, []))
        if path not in reached and rule != "decontaminate":
            reached.add(path)
            rules.add(rule)
            waiting += inputs
    assert {"codeswitch", "translate", "prepare_pairs", "pretrain"} <= rules
    assert not reached & evaluation
    # The generated collection's own files, of which its tables are made.
    assert [path for path in reached if re.search(r"/(topics|qrels)/|/docs-", path)] == []
