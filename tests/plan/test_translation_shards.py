"""What Snakemake plans for neural translation: shards in parallel, and what another threshold reruns."""

import re
import subprocess
import sys
from pathlib import Path

import yaml
from workflow_copy import copy_of_the_workflow

ROOT = Path(__file__).resolve().parents[2]
PAIRS = tuple(f"results/neural/pairs/translated/atlas/{lang}.parquet" for lang in ("sw", "es"))


def planned(folder, engine, translators, models=None, flags=("--quiet", "rules"), targets=PAIRS, **translation):
    """Return the rules of a dry run, by default of the Swahili and Spanish pairs of mini, with their numbers."""
    overlay = {
        "experiment": {"name": "neural"},
        "translation": {"engine": engine, "model": "tiny", "shards": 3, **translation},
        "translators": translators,
        "models": models or {},
    }
    (folder / "neural.yaml").write_text(yaml.safe_dump(overlay))
    command = [sys.executable, "-m", "snakemake", "-n", "-s", ROOT / "Snakefile", *targets, *flags]
    command += ["--cores", "8", "--configfile", ROOT / "config.yaml", folder / "neural.yaml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    said = done.stdout + done.stderr
    return done.returncode, {rule: int(jobs) for rule, jobs in re.findall(r"^(\w+) +(\d+)$", said, re.MULTILINE)}, said


def test_a_converted_model_shards_and_the_way_back(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text('{"model_type": "m2m_100"}')
    entry = {"family": "nllb", "folder": str(tmp_path / "model"), "size_m": 600}
    status, jobs, said = planned(tmp_path, "ctranslate2", {"tiny": entry}, quality={"min_round_trip": 30})
    assert status == 0, said
    assert {rule: jobs[rule] for rule in jobs if "transl" in rule} == {
        "convert_translator": 1,
        "translate": 2,
        "translate_shard": 6,
        "translate_back": 6,
    }


def test_all_that_is_read_of_a_translator_s_folder_is_an_input(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    read = {"config.json", "model.safetensors", "sentencepiece.bpe.model", "tokenizer_config.json"}
    for name in {*read, "README.md"}:
        (folder / name).write_text('{"model_type": "m2m_100"}')
    entry = {"family": "nllb", "folder": str(folder), "size_m": 600}
    flags = ["--resources", "mem_mb=100000"]
    status, _, said = planned(tmp_path, "ctranslate2", {"tiny": entry}, None, flags, quality={"min_round_trip": 30})
    assert status == 0, said
    inputs = dict(re.findall(r"^rule (\w+):\n +input: (.*)", said, re.MULTILINE))
    for rule in ("convert_translator", "translate_shard", "translate_back"):
        found = {Path(path).name for path in inputs[rule].split(", ") if path.startswith(str(folder))}
        assert found == read, rule


def test_a_model_from_the_hub_is_fetched_once(tmp_path):
    entry = {"family": "madlad400", "hub": "google/madlad400-3b-mt", "revision": "0" * 40, "size_m": 3000}
    status, jobs, said = planned(tmp_path, "transformers", {"tiny": entry})
    assert status == 0, said
    assert {rule: jobs[rule] for rule in jobs if "transl" in rule} == {
        "fetch_translator": 1,
        "translate": 2,
        "translate_shard": 6,
    }


def test_fetch_brings_translators_too(tmp_path):
    entries = {
        name: {"family": "madlad400", "hub": f"some/{name}", "revision": "0" * 40, "size_m": 3000}
        for name in ("tiny", "back", "idle")
    }
    quality = {"min_round_trip": 30}
    status, jobs, said = planned(
        tmp_path, "ctranslate2", entries, targets=["fetch"], back_model="back", quality=quality
    )
    assert status == 0, said
    assert jobs == {"fetch_translator": 2, "fetch": 1, "total": 3}


def test_a_job_asks_for_what_its_own_model_takes(tmp_path):
    small, large = (
        {"family": "nllb", "hub": f"some/{size}", "revision": "0" * 40, "size_m": size} for size in (1, 3000)
    )
    labse = {"hub": "some/labse", "revision": "0" * 40, "size_m": 85, "learning_rate": 1.0e-5}
    quality = {"min_round_trip": 30, "similarity_model": "labse", "min_similarity": 0.5}
    status, _, said = planned(
        tmp_path, "transformers", {"tiny": small, "large": large}, {"labse": labse}, ["--resources", "mem_mb=100000"],
        back_model="large", shards=1, quality=quality,
    )  # fmt: skip
    assert status == 0, said
    asked = {}
    for job in said.split("\nrule ")[1:]:
        rule, lines = job.split(":", 1)
        threads = re.search(r"^ +threads: (\d+)", lines, re.MULTILINE)
        named = dict(re.findall(r"(\w+)=(\d+)", re.search(r"resources: (.*)", lines)[1]))
        asked[rule] = int(threads[1] if threads else 1), named
    assert asked["translate_shard"][0] == 1 and asked["translate_back"][0] == 8
    memory = {rule: int(named["mem_mb"]) for rule, (_, named) in asked.items() if "mem_mb" in named}
    assert memory["translate_back"] - memory["translate_shard"] == 8 * 2999
    assert {asked[rule][1].get("gpu") for rule in ("translate_back", "compare_translations")} == {"1"}
    assert {rule: named["gpu_memory_gb"] for rule, (_, named) in asked.items() if "gpu_memory_gb" in named} == {
        "translate_shard": "0",  # no GPU
        "translate_back": "80",  # 12 GB of weights, 29 of keys and values
        "compare_translations": "16",
    }
    # A model of 3 billion parameters is not done within the half hour that a profile gives rules which ask for none.
    limits = {rule: int(named["runtime"]) for rule, (_, named) in asked.items() if "runtime" in named}
    assert limits["translate_back"] > 30
    assert {"translate_shard", "translate_back", "compare_translations"} <= limits.keys()


def test_a_model_that_only_compares_translations_is_fetched_and_checked(tmp_path):
    entry = {"family": "nllb", "hub": "some/nllb", "revision": "0" * 40, "size_m": 600}
    labse = {"hub": "some/labse", "revision": "0" * 40, "size_m": 85, "learning_rate": 1.0e-5}
    quality = {"similarity_model": "labse", "min_similarity": 0.5}
    status, jobs, said = planned(tmp_path, "transformers", {"tiny": entry}, {"labse": labse}, quality=quality)
    assert status == 0, said
    assert (jobs["fetch_model"], jobs["compare_translations"]) == (1, 6)
    del labse["revision"]
    said = planned(tmp_path, "transformers", {"tiny": entry}, {"labse": labse}, quality=quality)[2]
    assert "config: models.labse.hub: 'some/labse' has no revision" in said


def test_what_cannot_be_stops_the_plan_in_one_line(tmp_path):
    entry = {"family": "nllb", "folder": "nowhere", "size_m": 600}
    status, jobs, said = planned(tmp_path, "transformers", {"tiny": entry})
    assert status != 0
    assert not jobs
    assert "config: translators.tiny.folder: 'nowhere' has no readable config.json" in said


def test_a_new_row_of_the_models_languages_translates_nothing_again(tmp_path):
    """Files stand for the results, and --touch for the jobs that made them."""
    workflow = copy_of_the_workflow(tmp_path / "tree", "neural")
    model, results = workflow.folder / "model", workflow.results
    overlay = {
        "experiment": {"name": "neural"},
        "translation": {"engine": "transformers", "model": "tiny"},
        "translators": {"tiny": {"family": "nllb", "folder": "model", "size_m": 1}},
    }
    shard = "results/neural/translations/atlas/sw/0.parquet"
    for path, text in {
        workflow.folder / "experiments/neural.yaml": yaml.safe_dump(overlay),
        model / "config.json": '{"model_type": "m2m_100"}',
        model / "model.safetensors": "",
        results / "sources/atlas/pairs.jsonl": "",
        results / "pairs/prepared/atlas/en.parquet": "",
        results / "pairs/prepared/atlas/en.dropped.csv": "",
        workflow.folder / shard: "",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    workflow.snakemake("--touch", "--forceall", shard)
    assert workflow.planned(shard) == {}

    table = workflow.folder / "resources/translation_languages.csv"
    before = table.read_text(encoding="utf-8")
    table.write_text(before + "ta,tam_Taml,ta,ta,tam ta\n", encoding="utf-8")
    assert workflow.planned(shard) == {}
    table.write_text(before.replace("swh_Latn", "swc_Latn"), encoding="utf-8")
    assert workflow.planned(shard) == {"translate_shard": 1}
