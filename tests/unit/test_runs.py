"""Runs, parts and languages of an experiment."""

import json
from pathlib import Path

import pytest
import yaml

from workflow_scripts.data.languages import low_resource, read_languages
from workflow_scripts.planning import job_resources, runs, token_arrays
from workflow_scripts.planning import settings as section
from workflow_scripts.planning.config import resolve_config
from workflow_scripts.planning.language_groups import language_groups

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = read_languages(ROOT / "resources/languages.csv")


@pytest.fixture
def config():
    raw = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    return resolve_config(raw, LANGUAGES)


def test_the_low_resource_languages_follow_from_the_rule():
    assert sorted(low_resource(LANGUAGES)) == ["bn", "sw", "te", "yo"]


def test_mini_has_three_sizes_four_trained_strategies_and_two_seeds(config):
    assert len(runs.trained_runs(config)) == 3 * 4 * 2
    assert len(runs.dense_runs(config)) == 3 * (4 * 2 + 1)
    assert runs.all_runs(config)[0].path == "bm25/bm25/0"
    assert [run.seed for run in runs.dense_runs(config) if run.strategy == "untuned"] == [0, 0, 0]


def test_two_low_resource_languages_are_zero_shot(config):
    seen = runs.training_languages(config)
    assert {"sw", "bn"} <= set(seen) and not {"te", "yo"} & set(seen)
    assert runs.training_languages(config, "english") == ["en"]
    groups = language_groups(config, "atlas", LANGUAGES)
    assert groups["low-resource"] == ["sw", "te", "bn", "yo"]
    assert groups["low-resource without yo"] == ["sw", "te", "bn"]
    assert groups["unseen in fine-tuning"] == ["te", "yo"]


def test_strategies_leave_out_the_same_pairs(config):
    trained = ("english", "mono", "cross", "hybrid")
    assert {tuple(runs.overlap_languages(config, name)) for name in trained} == {tuple(runs.training_languages(config))}
    # One that is not among the experiment's is compared with them.
    assert runs.overlap_languages(config, "codeswitch") == runs.training_languages(config)


def test_overlaps_of_languages_that_nothing_trains_on_decide_no_pair(config):
    config["experiment"]["strategies"] = ["untuned", "english", "codeswitch"]
    assert runs.overlap_languages(config, "english") == runs.overlap_languages(config, "codeswitch") == ["en"]
    config["strategies"]["mono"]["languages"] = ["en", "es"]
    config["experiment"]["strategies"].append("mono")
    assert runs.overlap_languages(config, "english") == ["en", "es"]


def test_languages_that_no_chosen_strategy_trains_on_are_neither_seen_nor_prepared(config):
    config["sources"]["atlas"] |= {"pairs": ["en", "ru"], "translate": {"es": 1.0, "sw": 0.1}}

    def follows(*strategies):
        config["experiment"]["strategies"] = list(strategies)
        groups = language_groups(config, "atlas", LANGUAGES)
        return runs.trained_languages(config), runs.prepared_languages(config, "atlas"), groups["unseen in fine-tuning"]

    languages = config["collections"]["atlas"]["languages"]
    assert follows("untuned") == ([], [], languages)
    assert follows("untuned", "english") == (["en"], ["en"], [lang for lang in languages if lang != "en"])
    config["strategies"]["mono"]["languages"] = ["es"]
    assert follows("mono")[:2] == (["es"], ["en"])  # English is what is translated
    assert follows("cross")[:2] == (["en", "es", "ru", "sw"], ["en", "ru"])


def test_a_collection_without_yoruba_has_not_the_same_group_twice(config):
    config["collections"]["atlas"]["languages"] = ["en", "sw", "te"]
    groups = language_groups(config, "atlas", LANGUAGES)
    assert groups["low-resource"] == ["sw", "te"]
    assert "low-resource without yo" not in groups


def test_rates_that_are_tried_are_among_the_costly_jobs(config):
    assert runs.costly_jobs(config)["try_learning_rate"] == [[]]
    config["models"]["atlas-s"]["learning_rates"] = [0.001, 3e-05]
    (tries,) = runs.costly_jobs(config)["try_learning_rate"]
    assert len(tries) == 2 * 4 and "atlas-s/hybrid/3e-05" in tries


def test_parts_cover_every_language_once(config):
    languages = config["collections"]["atlas"]["languages"]
    assert runs.parts(config, "atlas") == {"all": languages}
    config["collections"]["atlas"]["merged"] = False
    assert runs.parts(config, "atlas") == {lang: [lang] for lang in languages}


def test_large_languages_are_encoded_in_shards_and_searched_as_one(config):
    config["collections"]["atlas"] |= {"merged": False, "languages": ["en", "sw"], "shards": {"en": 12}}
    found = runs.encoding_parts(config, "atlas")
    assert list(found) == [*(f"en-{shard:02d}" for shard in range(12)), "sw"]
    assert found["en-07"] == runs.EncodingPart(["en"], 7, 12) and found["sw"] == runs.EncodingPart(["sw"])
    assert list(runs.parts(config, "atlas")) == ["en", "sw"]


def test_models_share_token_arrays_by_vocabulary_and_form_of_text(config):
    entry = {**config["models"]["atlas-s"], "family": "x"}
    del entry["pretrain"]
    config["models"] |= {
        "small": entry | {"hub": "a/small"},
        "large": entry | {"hub": "a/large"},
        "longer": entry | {"hub": "a/longer", "max_passage_length": 512},
        "prefixed": entry | {"hub": "a/prefixed", "query_prefix": "query: "},
        "other": entry | {"family": "y", "hub": "a/other"},
    }

    def place(model):
        return token_arrays.vocabulary(config, model), token_arrays.text_form(config, model)

    assert place("small") == place("large") == ("family-x", "q32-p128")
    assert place("atlas-s") == place("atlas-l") == ("pretrained", "q32-p128")
    assert len({place(name) for name in ("small", "longer", "prefixed", "other", "atlas-s")}) == 5
    form = token_arrays.text_form(config, "prefixed")
    assert json.loads(token_arrays.token_settings(config, form))["query_prefix"] == "query: "
    # Another choice of models must not make other arrays: the first that is defined lends the tokenizer.
    config["experiment"]["models"] = ["large", "other", "atlas-m"]
    assert token_arrays.models_read(config) == ["large", "other", "atlas-m", "small"]


def test_labels_are_in_no_settings_of_training_and_search(config):
    before = [
        section.finetune_settings(config, "atlas-s", "mono"),
        section.encode_settings(config, "atlas-s"),
        section.pretrain_settings(config, "atlas-s"),
        section.search_settings(config, "atlas"),
        section.analysis_settings(config, LANGUAGES),
    ]
    config["models"]["atlas-s"]["label"] = "another"
    config["strategies"]["mono"]["label"] = "another"
    config["report"]["title"] = "another"
    assert before == [
        section.finetune_settings(config, "atlas-s", "mono"),
        section.encode_settings(config, "atlas-s"),
        section.pretrain_settings(config, "atlas-s"),
        section.search_settings(config, "atlas"),
        section.analysis_settings(config, LANGUAGES),
    ]


def test_what_decides_no_weight_is_in_no_settings_of_training(config):
    before = section.finetune_settings(config, "atlas-s", "mono")
    config["training"]["checkpoint_every"] += 1
    config["models"]["atlas-s"] |= {"gradient_checkpointing": True, "nodes": 2}
    assert section.finetune_settings(config, "atlas-s", "mono") == before
    config["models"]["atlas-s"]["processes"] = 2  # rounds differently
    assert section.finetune_settings(config, "atlas-s", "mono") != before


def test_the_rate_of_a_model_that_tries_several_decides_nothing(config):
    model = config["models"]["atlas-s"]
    before = section.finetune_settings(config, "atlas-s", "mono")
    model["learning_rate"] *= 2
    assert section.finetune_settings(config, "atlas-s", "mono") != before
    model["learning_rates"] = [0.001, 0.002]
    tried = section.finetune_settings(config, "atlas-s", "mono")
    model["learning_rate"] *= 2
    assert section.finetune_settings(config, "atlas-s", "mono") == tried


def changes_of_search(config, **changes):
    """Which rules' settings a change of the search section changes: index, search, search_bm25."""

    def told():
        return {
            "index": section.index_settings(config),
            "search": section.search_settings(config, "atlas"),
            "search_bm25": section.lexical_search_settings(config, "atlas"),
        }

    before, faiss = told(), config["search"]["faiss"]
    config["search"] |= changes | {"faiss": faiss | changes.get("faiss", {})}
    return {rule for rule, settings in told().items() if settings != before[rule]}


def test_how_an_index_is_looked_through_decides_no_index_and_no_kind_of_index_decides_bm25(config):
    assert changes_of_search(config, kind="hnsw") == {"index", "search"}
    for key in ("margin", "nprobe", "ef_search"):
        assert changes_of_search(config, faiss={key: 7}) == {"search"}
    for key in ("nlist", "pq_pieces", "pq_bits", "hnsw_links", "ef_construction"):
        assert changes_of_search(config, faiss={key: 7}) == {"index"}  # search reads the index's manifest
    assert changes_of_search(config, depth=150) == {"search", "search_bm25"}
    assert changes_of_search(config, kind="exact") == {"index", "search"}
    assert changes_of_search(config, faiss={"nprobe": 8}) == set()


def test_settings_tell_swapped_values_apart(config):
    before = section.finetune_settings(config, "atlas-s", "mono")
    training = config["training"]
    training["warmup_share"], training["weight_decay"] = training["weight_decay"], training["warmup_share"]
    assert section.finetune_settings(config, "atlas-s", "mono") != before


def test_small_models_need_one_thread_and_no_gpu_and_large_ones_more(config):
    small, large = config["models"]["atlas-s"], {"size_m": 86, "processes": 1, "nodes": 1, "sharded": False}
    assert job_resources.non_embedding_parameters(small) == 2 * 12 * 32**2
    assert (job_resources.threads(small), job_resources.gpus(small)) == (1, 0)
    assert (job_resources.threads(large), job_resources.gpus(large)) == (8, 1)
    assert job_resources.training_memory_mb(large, 100) > job_resources.training_memory_mb(small, 100)
    four = {model: entry | {"processes": 4} for model, entry in (("small", small), ("large", large))}
    assert [job_resources.training_threads(four[model]) for model in four] == [4, 8]
    assert [job_resources.training_gpus(four[model]) for model in four] == [0, 4]


def test_time_limits_grow_with_the_work_and_shrink_with_the_gpus(config):
    base = {"size_m": 86, "processes": 1, "max_query_length": 32, "max_passage_length": 256}
    base["gradient_checkpointing"] = False
    training = {"steps": 1000, "batch_size": 100, "hard_negatives": 0}
    # 8 operations x 86 M parameters x 1,000 steps x 100 pairs x 288 tokens at 2e13 a second: 991 s, three times over.
    assert job_resources.training_minutes(base, training) == 15 + 50
    assert job_resources.training_minutes(base | {"processes": 4}, training) == 15 + 13
    assert job_resources.training_minutes(base, training | {"steps": 2000}) == 15 + 100
    assert job_resources.training_minutes(base, training | {"hard_negatives": 7}) == 15 + 358  # 2,080 tokens
    assert job_resources.training_minutes(base | {"gradient_checkpointing": True}, training) == 15 + 62  # 10 operations
    # 2 operations x 86 M parameters x 1 M passages x 256 tokens: 2,202 s, three times over.
    assert job_resources.encoding_minutes(base, 1_000_000) == 15 + 111
    # 500 queries against 10 M passages of 768 components, 2 operations each: 768 s, three times over.
    assert job_resources.searching_minutes(base, 500 * 10_000_000, threads=1) == 15 + 39
    # MIRACL's 13,495 queries in its English passages by eight threads: a day is what many queues give.
    assert job_resources.searching_minutes(base, 13_495 * 32_900_000, threads=8) < 24 * 60
    assert job_resources.text_minutes(33_000_000) == 15 + 550
    small = config["models"]["atlas-s"]
    assert job_resources.training_minutes(small, config["training"]) < 30
    assert job_resources.pretraining_minutes(small, config["pretraining"]) < 30


def test_groups_follow_the_table_of_languages(config):
    groups = language_groups(config, "atlas", LANGUAGES)
    assert groups["script: Latin"] == ["en", "es", "id", "sw", "yo"]
    assert "script: Bengali" not in groups  # one language is no group
    assert "seen in pre-training" not in groups  # it would be all of them
    config["sources"]["atlas"]["texts"].remove("yo")
    groups = language_groups(config, "atlas", LANGUAGES)
    assert groups["unseen in pre-training"] == ["yo"] and "yo" not in groups["seen in pre-training"]


def test_the_papers_languages_are_a_group_where_all_are_there(config):
    paper = [lang for lang, row in LANGUAGES.items() if row.in_paper_miracl_evaluation]
    assert len(paper) == 15 and not {"en", "de", "yo"} & set(paper)
    config["collections"]["atlas"]["languages"] = [*paper, "en"]
    assert language_groups(config, "atlas", LANGUAGES)["the paper's 15"] == paper
    config["collections"]["atlas"]["languages"] = [*paper[1:], "en"]
    assert "the paper's 15" not in language_groups(config, "atlas", LANGUAGES)


def test_groups_by_pretraining_elsewhere_are_called_xlm_r_s(config):
    for entry in config["models"].values():
        entry["folder"] = entry.pop("pretrain")
    groups = language_groups(config, "atlas", LANGUAGES)
    assert groups["unseen in XLM-R's pre-training"] == ["yo"] and "unseen in pre-training" not in groups


def test_alphas_are_of_strategies_that_differ_in_nothing_else(config):
    assert runs.alphas(config) == {"mono": 1.0, "cross": 0.0, "hybrid": 0.5}


def test_a_further_pretraining_is_a_run_of_its_own_and_no_rung(config):
    before = {
        "pretrain": section.pretrain_settings(config, "atlas-s"),
        "analysis": section.analysis_settings(config, LANGUAGES),
    }
    entry = config["models"]["atlas-s"]
    config["models"]["atlas-s-2"] = {**entry, "pretrain": {**entry["pretrain"], "seed": 2}, "replicate_of": "atlas-s"}
    config["experiment"]["models"].append("atlas-s-2")
    assert len(runs.trained_runs(config)) == 4 * 4 * 2
    assert section.pretrain_settings(config, "atlas-s") == before["pretrain"]
    again = json.loads(section.pretrain_settings(config, "atlas-s-2"))
    assert again == {**json.loads(before["pretrain"]), "pretraining": again["pretraining"]}
    assert again["pretraining"]["seed"] == 2
    analysis = json.loads(section.analysis_settings(config, LANGUAGES))
    assert analysis["models"] == json.loads(before["analysis"])["models"]
    assert analysis["replicates"] == {"atlas-s-2": "atlas-s"}
    assert "replicates" not in json.loads(before["analysis"])


def test_a_large_collection_asks_for_two_threads_and_little_memory():
    assert job_resources.collection_threads(49_043) == 1
    assert job_resources.collection_threads(518_079) == 2
    assert job_resources.collection_memory_mb(0) <= 500
    assert job_resources.collection_memory_mb(32_893_221) < 2000, "English: under 2 GB"
