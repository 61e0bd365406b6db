"""What Snakemake plans for neural translation: shards in parallel, and what another threshold reruns."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def planned(folder, engine, translators, models=None, **translation):
    """Return the rules of a dry run of the default experiment's Swahili and Spanish pairs, with their numbers."""
    overlay = {
        "experiment": {"name": "neural"},
        "translation": {"engine": engine, "model": "tiny", "shards": 3, **translation},
        "translators": translators,
        "models": models or {},
    }
    (folder / "neural.yaml").write_text(yaml.safe_dump(overlay))
    targets = [f"results/neural/pairs/translated/atlas/{lang}.parquet" for lang in ("sw", "es")]
    command = [sys.executable, "-m", "snakemake", "-n", "-s", ROOT / "Snakefile", *targets, "--quiet", "rules"]
    command += ["--cores", "1", "--configfile", ROOT / "config.yaml", folder / "neural.yaml"]
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


def test_a_model_from_the_hub_is_fetched_once(tmp_path):
    entry = {"family": "madlad400", "hub": "google/madlad400-3b-mt", "revision": "0" * 40, "size_m": 3000}
    status, jobs, said = planned(tmp_path, "transformers", {"tiny": entry})
    assert status == 0, said
    assert {rule: jobs[rule] for rule in jobs if "transl" in rule} == {
        "fetch_translator": 1,
        "translate": 2,
        "translate_shard": 6,
    }


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
