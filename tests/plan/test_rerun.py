"""What reruns after what change: dry runs over a finished tiny experiment.

Each test changes one thing in the tree, asks Snakemake for its plan, and puts the tree back.
"""

import contextlib
import copy
import os
import time

import pytest
import yaml

DISPLAY = {
    "format_tables",
    "plot_scaling",
    "plot_alpha",
    "plot_languages",
    "plot_language_bias",
    "plot_training",
    "plot_batches",
    "plot_comparisons",
    "plot_cost",
    "plot_heatmap",
    "plot_translation_yield",
    "report",
    "write_model_cards",
}
ANALYSIS = {"aggregate", "compare", "compare_published", "fit_scaling", "sum_costs"} | DISPLAY
# What follows a checkpoint: all but what shows the translation.
AFTER_TRAINING = {"encode", "index", "search", "score"} | ANALYSIS - {"plot_translation_yield"}


@contextlib.contextmanager
def changed(workflow, name, change):
    """Change a file's text for the while of one plan."""
    path = workflow.folder / name
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before, "the change changes nothing"
    path.write_text(after, encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def experiment_with(change):
    """A change of the experiment file, given as a change of its parsed mapping."""

    def rewrite(text):
        config = yaml.safe_load(text)
        change(config)
        return yaml.safe_dump(config, sort_keys=False)

    return rewrite


def plan_with_config(workflow, change):
    with changed(workflow, "experiments/tiny.yaml", experiment_with(change)):
        return workflow.planned("all")


def plan_with_code(workflow, name, change):
    with changed(workflow, f"workflow_scripts/{name}", change):
        return workflow.planned("all")


def test_a_second_run_does_nothing(tiny):
    assert tiny.planned("all") == {}


def test_touching_every_file_reruns_nothing(tiny):
    now = time.time()
    for path in tiny.folder.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            os.utime(path, (now, now))
    assert tiny.planned("all") == {}


def test_a_folder_that_was_moved_reruns_nothing(tiny):
    moved = tiny.folder.with_name(f"{tiny.folder.name}-moved")
    tiny.folder.rename(moved)
    try:
        assert type(tiny)(moved, tiny.experiment).planned("all") == {}
    finally:
        moved.rename(tiny.folder)


@pytest.mark.parametrize(
    "name", ["training/losses.py", "data/text_format.py", "retrieval/full_search.py", "reporting/style.py"]
)
def test_a_comment_reruns_nothing(tiny, name):
    assert plan_with_code(tiny, name, lambda text: text + "\n# Another word on why.\n") == {}


@contextlib.contextmanager
def removed(*folders):
    """Folders that are away for the while of one plan."""
    for folder in folders:
        folder.rename(folder.with_name(f"{folder.name}.away"))
    try:
        yield
    finally:
        for folder in folders:
            folder.with_name(f"{folder.name}.away").rename(folder)


def test_vectors_and_tokens_that_were_removed_for_their_size_are_not_missed(tiny):
    with removed(tiny.results / "vectors", tiny.results / "tokens"):
        assert tiny.planned("all") == {}


def test_a_new_strategy_misses_no_vectors_index_and_hits_of_the_others(tiny):
    with removed(*(tiny.results / name for name in ("vectors", "index", "hits", "sources"))):
        planned = plan_with_config(tiny, lambda config: config["experiment"]["strategies"].append("english"))
    assert {rule: planned[rule] for rule in ("finetune", "encode", "index", "search", "score")} == {
        "finetune": 2,
        "encode": 2,
        "index": 2,
        "search": 2,
        "score": 2,
    }


def test_a_new_strategy_whose_tokens_were_removed_trains_the_others_again(tiny):
    """As docs/howto.md warns: what several runs read is made anew for all of them."""
    with removed(tiny.results / "tokens"):
        planned = plan_with_config(tiny, lambda config: config["experiment"]["strategies"].append("english"))
    assert (planned["finetune"], planned["encode"]) == (8, 10)


def test_removed_vectors_are_made_again_for_whom_a_search_needs_them(tiny):
    with removed(tiny.results / "vectors/tiny-s/mono/1"):
        planned = tiny.planned("--force", "results/tiny/hits/tiny-s/mono/1/tiny-atlas/all.parquet")
    assert {rule: planned.get(rule) for rule in ("encode", "index", "search")} == {"encode": 1, "index": 1, "search": 1}
    assert not {"finetune", "tokenize_collection"} & set(planned)


def test_removed_tokens_are_made_again_for_who_reads_them(tiny):
    with removed(tiny.results / "tokens", tiny.results / "vectors/tiny-s/mono/1"):
        planned = tiny.planned("results/tiny/vectors/tiny-s/mono/1/tiny-atlas/all/manifest.json")
    assert planned == {"tokenize_collection": 1, "encode": 1}


def test_vectors_made_again_with_the_same_digests_search_nothing(tiny):
    """Their manifest differs, in wall time; the index over them does not."""
    path = tiny.results / "vectors/tiny-s/mono/1/tiny-atlas/all/manifest.json"
    before = path.read_text(encoding="utf-8")
    path.write_text(before + "\n", encoding="utf-8")
    try:
        planned = tiny.planned("results/tiny/hits/tiny-s/mono/1/tiny-atlas/all.parquet")
        index = tiny.planned("results/tiny/index/tiny-s/mono/1/tiny-atlas/all.json")
    finally:
        path.write_text(before, encoding="utf-8")
    assert index == {"index": 1}
    assert planned == {"index": 1, "search": 1}


def test_an_edit_of_the_loss_retrains_and_what_follows(tiny):
    planned = plan_with_code(tiny, "training/losses.py", lambda text: text + "\nEDITED = 1\n")
    assert set(planned) == {"pretrain", "count_parameters", "finetune"} | AFTER_TRAINING
    assert planned["finetune"] == 6


def test_an_edit_two_imports_away_reruns_the_rules_that_reach_it(tiny):
    planned = plan_with_code(tiny, "retrieval/exact_product.py", lambda text: text + "\nEDITED = 1\n")
    assert {"search", "score"} <= set(planned)
    assert not {"finetune", "encode", "search_bm25"} & set(planned)


def test_an_edit_of_the_metrics_scores_again_and_searches_nothing(tiny):
    planned = plan_with_code(tiny, "evaluation/metrics.py", lambda text: text + "\nEDITED = 1\n")
    assert {"score", "aggregate", "report"} <= set(planned)
    assert not {"finetune", "encode", "index", "search"} & set(planned)


def test_a_colour_redraws_and_nothing_else(tiny):
    planned = plan_with_code(tiny, "reporting/style.py", lambda text: text + "\nEDITED = 1\n")
    assert {"plot_scaling", "report"} <= set(planned) <= DISPLAY


def test_an_edit_of_one_plot_redraws_that_plot_alone(tiny):
    planned = plan_with_code(tiny, "plot_heatmap.py", lambda text: text + "\nEDITED = 1\n")
    assert set(planned) == {"plot_heatmap", "report"}


def test_a_label_is_only_displayed_again(tiny):
    planned = plan_with_config(tiny, lambda config: config["models"]["tiny-s"].update(label="Smallest"))
    # The verdict's sentences name models by their labels.
    assert {"fit_scaling", "plot_scaling", "report"} <= set(planned) <= DISPLAY | {"count_parameters", "fit_scaling"}


def test_what_one_observation_is_reruns_the_analysis_alone(tiny):
    planned = plan_with_config(tiny, lambda config: config["collections"]["tiny-atlas"].update(sampling_unit="query"))
    assert {"aggregate", "compare", "fit_scaling", "report"} <= set(planned) <= ANALYSIS


def test_another_memory_for_searching_searches_nothing_again(tiny):
    """It decides no hit; the page shows the config."""
    planned = plan_with_config(tiny, lambda config: config.setdefault("search", {}).update(memory_gb=1.25))
    assert planned == {"report": 1}


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config["training"].update(checkpoint_every=7),
        lambda config: config["models"]["tiny-s"].update(gradient_checkpointing=True),
    ],
)
def test_what_decides_no_weight_trains_nothing_again(tiny, change):
    assert plan_with_config(tiny, change) == {"report": 1}


def test_a_training_hyper_parameter_retrains_every_run_once(tiny):
    planned = plan_with_config(tiny, lambda config: config["training"].update(temperature=0.1))
    assert planned["finetune"] == 6
    assert set(planned) == {"finetune"} | AFTER_TRAINING


def test_a_learning_rate_of_one_model_retrains_that_model(tiny):
    planned = plan_with_config(tiny, lambda config: config["models"]["tiny-s"].update(learning_rate=0.001))
    assert planned["finetune"] == 3
    assert "pretrain" not in planned


def test_swapped_values_are_a_change(tiny):
    def swap(config):
        config["training"].update(warmup_share=0.01, weight_decay=0.1)

    assert plan_with_config(tiny, swap)["finetune"] == 6


def test_reordered_keys_rerun_nothing(tiny):
    def reorder(section):
        if not isinstance(section, dict):
            return section
        return {key: reorder(section[key]) for key in reversed(section)}

    def rewrite(text):
        return yaml.safe_dump(reorder(yaml.safe_load(text)), sort_keys=False)

    with changed(tiny, "experiments/tiny.yaml", rewrite):
        assert tiny.planned("all") == {}


def test_a_new_model_adds_its_own_jobs(tiny):
    def add(config):
        config["models"]["tiny-l"] = {
            "pretrain": {"layers": 1, "hidden": 48, "heads": 2, "intermediate": 64, "learning_rate": 0.005},
            "learning_rate": 0.005,
        }
        config["experiment"]["models"].append("tiny-l")

    planned = plan_with_config(tiny, add)
    assert (planned["pretrain"], planned["finetune"], planned["encode"]) == (1, 3, 4)
    assert not {"train_tokenizer", "translate", "decontaminate", "search_bm25"} & set(planned)


def test_a_new_seed_adds_its_own_jobs(tiny):
    planned = plan_with_config(tiny, lambda config: config["experiment"].update(seeds=[1, 2]))
    assert (planned["finetune"], planned["score"]) == (6, 6)
    assert set(planned) == {"finetune"} | AFTER_TRAINING


def test_a_new_strategy_adds_its_own_jobs(tiny):
    planned = plan_with_config(tiny, lambda config: config["experiment"]["strategies"].append("english"))
    assert planned["finetune"] == 2
    assert set(planned) == {"finetune"} | AFTER_TRAINING


def test_a_new_evaluation_language_trains_nothing(tiny):
    planned = plan_with_config(tiny, lambda config: config["collections"]["tiny-atlas"]["languages"].append("yo"))
    assert (planned["make_atlas"], planned["prepare_collection"], planned["encode"]) == (1, 1, 2 * 4)
    assert not {"finetune", "pretrain", "translate", "decontaminate"} & set(planned)


def test_a_new_evaluation_language_encodes_nothing_else_where_each_is_a_part(tiny):
    """Two dry runs from nothing: the parts of the first stay parts of the second."""
    count = {}
    for languages in (["en", "es", "sw"], ["en", "es", "sw", "te"]):
        with changed(
            tiny,
            "experiments/tiny.yaml",
            experiment_with(
                lambda config: (
                    config["experiment"].update(name="apart"),
                    config["collections"]["tiny-atlas"].update(merged=False, languages=languages),  # noqa: B023
                )
            ),
        ):
            count[len(languages)] = tiny.planned("all")["encode"]
    assert count == {3: 3 * 8, 4: 4 * 8}


TAMIL = "ta,Tamil,Tamil,Dravidian,,,,,1300.0,12.2,yes,no,no,tam_Taml\n"


def test_a_new_row_of_the_languages_shows_tables_and_plots_again_and_no_more(tiny):
    with changed(tiny, "resources/languages.csv", lambda table: table + TAMIL):
        assert set(tiny.planned("all")) <= DISPLAY


def test_another_script_of_a_language_translates_into_it_again(tiny):
    with changed(tiny, "resources/languages.csv", lambda table: table.replace("sw,Swahili,Latin", "sw,Swahili,Arabic")):
        assert tiny.planned("all")["translate"] == 1


def test_a_new_training_language_retrains(tiny):
    planned = plan_with_config(tiny, lambda config: config["sources"]["tiny-atlas"]["translate"].update(te=0.1))
    assert (planned["translate"], planned["finetune"]) == (1, 6)
    assert "pretrain" not in planned


@pytest.mark.parametrize("section", ["models", "strategies"])
def test_what_is_removed_reruns_the_analysis_alone(tiny, section):
    removed = {"models": "tiny-m", "strategies": "untuned"}[section]
    planned = plan_with_config(tiny, lambda config: config["experiment"][section].remove(removed))
    assert set(planned) <= ANALYSIS | {"count_parameters"}
    assert {"aggregate", "report"} <= set(planned)


SWITCHED = "results/tiny/models/tiny-s/codeswitch/1/manifest.json"


def plan_of_switching(tiny, **changes):
    """What a model of the strategy `codeswitch` needs, with its settings or its lexicon's languages changed."""

    def change(config):
        languages = changes.pop("languages", None)
        config["strategies"]["codeswitch"]["codeswitch"].update(changes)
        if languages:
            config["lexicons"]["tiny-atlas"]["languages"] = languages

    with changed(tiny, "experiments/tiny.yaml", experiment_with(change)):
        return tiny.planned(SWITCHED)


def test_code_switched_pairs_are_made_once_for_all_seeds(tiny):
    assert tiny.planned(SWITCHED) == {"tokenize_pairs": 1, "finetune": 1}
    assert tiny.planned(SWITCHED, SWITCHED.replace("/1/", "/2/")) == {"tokenize_pairs": 1, "finetune": 2}


@pytest.mark.parametrize("settings", [{"share": 0.75}, {"mode": "multilingual"}, {"sides": "queries"}, {"seed": 2}])
def test_how_codes_are_switched_decides_that_strategy_alone(tiny, settings):
    assert plan_of_switching(tiny, **settings) == {"codeswitch": 1, "tokenize_pairs": 1, "finetune": 1}


def test_a_new_language_of_a_lexicon_makes_its_table_and_switches_again(tiny):
    planned = plan_of_switching(tiny, languages=["es", "sw", "te"])
    assert planned == {"make_lexicon": 1, "codeswitch": 1, "tokenize_pairs": 1, "finetune": 1}


def test_an_edit_of_code_switching_reruns_nothing_of_the_other_strategies(tiny):
    with changed(tiny, "workflow_scripts/translation/code_switching.py", lambda text: text + "\nEDITED = 1\n"):
        assert tiny.planned(SWITCHED) == {"codeswitch": 1, "tokenize_pairs": 1, "finetune": 1}
        assert tiny.planned("all") == {}


def test_a_further_pretraining_adds_its_own_jobs(tiny):
    def add(config):
        entry = copy.deepcopy(config["models"]["tiny-s"])
        entry["pretrain"]["seed"] = 2
        config["models"]["tiny-s-2"] = {**entry, "replicate_of": "tiny-s"}
        config["experiment"]["models"].append("tiny-s-2")

    planned = plan_with_config(tiny, add)
    assert (planned["pretrain"], planned["finetune"], planned["encode"], planned["score"]) == (1, 3, 4, 4)
    assert not {"train_tokenizer", "translate", "search_bm25"} & set(planned)


def test_a_model_of_switched_codes_is_told_where_the_tokens_of_its_pairs_lie(tiny):
    done = tiny.snakemake("--dry-run", "--printshellcmds", SWITCHED)
    named = [word for word in (done.stdout + done.stderr).split() if word.endswith("/codeswitch/tiny-atlas")]
    assert any("/tokens/" in word for word in named)
    assert "{" not in "".join(named)
