"""Nothing of the evaluation collections reaches training, but for the list of pairs that it has to leave out.

That list is the one way from a collection to a model: ``decontaminate`` reads queries and passages, and names the ids
of training rows that share text with them; what it writes holds no text.
"""

import re
from pathlib import PurePath

import pytest
import yaml
from workflow_copy import Workflow

from workflow_scripts.data.tables import OVERLAPS

_JOB = re.compile(r"^rule (\w+):\n(?:    .*\n)*?    input: (.*)\n    output: (.*)$", flags=re.MULTILINE)
# All that reads pairs to learn or to choose from, and what makes the models that it starts from.
TRAINING = ("finetune", "try_learning_rate", "pretrain", "train_tokenizer")
# What rates are chosen by: a part of the training pairs, or a source of its own.
HELD_OUT = {
    "share": {"training": {"held_out": {"every": 5, "share": 0.2}}},
    "source": {
        "data_root": "data",
        "sources": {"shifts": {"format": "jsonl", "pairs": ["en", "es"]}},
        "training": {"held_out": {"every": 5, "source": "shifts"}},
    },
}


class Jobs:
    """The jobs of a plan."""

    def __init__(self, text, held_out):
        self.held_out = held_out
        found = [(rule, inputs.split(", "), outputs.split(", ")) for rule, inputs, outputs in _JOB.findall(text)]
        self.all = found
        self._made_by = {path: (rule, inputs) for rule, inputs, outputs in found for path in outputs}
        self._read_by = {}
        for rule, inputs, outputs in found:
            for path in inputs:
                self._read_by.setdefault(path, []).append((rule, outputs))

    def inputs(self, *rules):
        return {path for rule, inputs, _ in self.all if rule in rules for path in inputs}

    def outputs(self, *rules):
        return {path for rule, _, outputs in self.all if rule in rules for path in outputs}

    def behind(self, paths, but_for=()):
        """Return ``paths``, all that they are made of, and the rules that make them, none of ``but_for``."""
        return self._walk(paths, lambda path: [self._made_by[path]] if path in self._made_by else [], but_for)

    def after(self, paths, but_for=()):
        """Return ``paths``, all that is made of them, and the rules that make it, none of ``but_for``."""
        return self._walk(paths, lambda path: self._read_by.get(path, []), but_for)

    @staticmethod
    def _walk(paths, steps, but_for):
        waiting, reached, rules = list(paths), set(), set()
        while waiting:
            path = waiting.pop()
            if path not in reached:
                reached.add(path)
                for rule, further in steps(path):
                    if rule not in but_for:
                        rules.add(rule)
                        waiting += further
        return reached, rules


@pytest.fixture(scope="module", params=HELD_OUT)
def jobs(tiny, request, tmp_path_factory):
    """All jobs where pairs are held out, rates are tried, and one model learns from switched codes."""
    data = tmp_path_factory.mktemp("data")
    for lang in ("en", "es"):
        (data / "shifts").mkdir(exist_ok=True)
        (data / f"shifts/pairs-{lang}.jsonl").touch()
    overlay = {"models": {"tiny-s": {"learning_rates": [1.0e-3, 5.0e-3]}}, **HELD_OUT[request.param]}
    overlay |= {"data_root": str(data)} if "data_root" in overlay else {}
    (data / "choice.yaml").write_text(yaml.safe_dump(overlay), encoding="utf-8")
    workflow = Workflow(tiny.folder, "tiny")
    plain = workflow.command
    workflow.command = lambda *arguments: [*plain(*arguments), str(data / "choice.yaml")]  # a second config file
    done = workflow.snakemake("--forceall", "--dry-run", "all", "results/tiny/models/tiny-s/codeswitch/1/manifest.json")
    return Jobs(done.stdout + done.stderr, request.param)


@pytest.fixture(scope="module")
def evaluation(jobs):
    """The files of the collections, the tables made of them, and all that is made of these."""
    prepared = jobs.outputs("prepare_collection")
    assert {PurePath(path).name for path in prepared} == {
        *(f"{name}.parquet" for name in ("queries", "passages", "qrels")),
        "dropped.csv",
    }
    assert len(prepared) == 4 * 4
    files, rules = jobs.after(jobs.inputs("prepare_collection"), but_for=("decontaminate",))
    assert {"encode", "search", "score", "report"} <= rules
    return files


@pytest.mark.parametrize("rule", ["finetune", "try_learning_rate"])
def test_no_evaluation_file_is_an_input_of_training(jobs, evaluation, rule):
    read = jobs.inputs(rule)
    assert read and not read & evaluation
    kinds = {PurePath(path).parts[2] for path in read}
    assert kinds == {"base", "pairs", "overlaps", "tokens"} | ({"learning_rates"} if rule == "finetune" else set())
    shifts = {path for path in read if "/pairs/prepared/shifts/" in path and path.endswith(".parquet")}
    assert {PurePath(path).stem for path in shifts} == ({"en", "es"} if jobs.held_out == "source" else set())


def test_models_of_all_strategies_leave_out_the_same_pairs(jobs):
    """One that learns from switched English, too, leaves a pair out that overlaps in another language."""
    for rule in ("finetune", "try_learning_rate"):
        overlaps = {
            frozenset(PurePath(path).stem for path in inputs if "/overlaps/pairs/" in path)
            for name, inputs, _ in jobs.all
            if name == rule
        }
        assert overlaps == {frozenset({"en", "es", "sw"})}


def test_pairs_that_are_held_out_are_compared_with_evaluation_too(jobs):
    shifts = {path for path in jobs.inputs("decontaminate") if "/pairs/prepared/shifts/" in path}
    assert len(shifts) == (2 if jobs.held_out == "source" else 0)


def test_all_that_training_rests_on_is_made_without_evaluation_files_but_for_overlaps(jobs, evaluation):
    read = jobs.inputs(*TRAINING)
    behind, rules = jobs.behind(read, but_for=("decontaminate",))
    assert {"codeswitch", "translate", "prepare_pairs", "pretrain", "tokenize_pairs", "try_learning_rate"} <= rules
    assert not behind & evaluation
    # The same look finds the one way that there is, so it would find another.
    through, _ = jobs.behind(read)
    assert jobs.outputs("prepare_collection") & through


def test_what_is_known_of_evaluation_are_ids_to_leave_out(jobs, evaluation):
    assert {PurePath(path).parts[2] for path in jobs.outputs("decontaminate")} == {"overlaps"}
    assert jobs.inputs("decontaminate") & evaluation
    assert not {"query", "title", "passage", "text"} & set(OVERLAPS.names)
