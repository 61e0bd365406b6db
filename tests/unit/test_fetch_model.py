"""Fetching from a hub, against a server on this machine that speaks as much of the hub's API as is needed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hub_case import COMMIT, environment, serve

from workflow_scripts.data.manifest import read_manifest

ROOT = Path(__file__).parents[2]
WHOLE = {
    "config.json": b'{"model_type": "xlm-roberta"}',
    "tokenizer.json": b"{}",
    "tokenizer_config.json": b"{}",
    "sentencepiece.bpe.model": b"\x0a\x00",
    "source.spm": b"\x0a\x00",
    "model.safetensors": b"weights" * 1000,
    "README.md": b"# A model",
    "modeling_custom.py": b"raise SystemExit",
    "pytorch_model.bin": b"pickle",
    "model.fp16.safetensors": b"other weights",
    "onnx/model.safetensors": b"yet other weights",
    "onnx/config.json": b"{}",
}
INDEX = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
SHARDED = {
    "config.json": b"{}",
    "vocab.txt": b"a",
    "model.safetensors.index.json": json.dumps(INDEX).encode(),
    "model-00001-of-00002.safetensors": b"first",
    "model-00002-of-00002.safetensors": b"second",
}


def without(files, *names):
    return {name: content for name, content in files.items() if name not in names}


REPOSITORIES = {
    "small/whole": WHOLE,
    "small/sharded": SHARDED,
    "small/lacks-a-shard": without(SHARDED, "model-00002-of-00002.safetensors"),
    "small/lacks-the-index": without(SHARDED, "model.safetensors.index.json"),
    "small/pickled": without(WHOLE, "model.safetensors"),
    "small/no-weights": without(WHOLE, "model.safetensors", "pytorch_model.bin"),
    "small/no-config": without(WHOLE, "config.json"),
    "small/no-tokenizer": without(WHOLE, "tokenizer.json", "sentencepiece.bpe.model"),
    "small/damaged": WHOLE,
}


@pytest.fixture(scope="module")
def hub():
    with serve({f"models/{name}": files for name, files in REPOSITORIES.items()}) as server:
        server.faults["models/small/damaged/model.safetensors"] = [lambda content: content[::-1]] * 9
        yield server


@pytest.fixture
def fetch(tmp_path):
    def run(endpoint, repository, revision=COMMIT, tokenizer=None, **more):
        # The library waits between its retries; here nothing is gained by waiting.
        code = "import time; time.sleep = lambda seconds: None\n"
        code += "from workflow_scripts import command_line, fetch_model\ncommand_line.run(fetch_model.main)"
        command = [sys.executable, "-c", code, "--hub", repository, "--revision", revision]
        command += ["--tokenizer", tokenizer, COMMIT] if tokenizer else []
        return subprocess.run(
            [*command, "--output", tmp_path / "base/model"],
            cwd=ROOT,
            env=environment(endpoint, tmp_path / "home", **more),
            capture_output=True,
            text=True,
        )

    return run


def test_only_what_a_model_needs_arrives(hub, fetch, tmp_path):
    done = fetch(hub.endpoint, "small/whole")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "base/model"
    arrived = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    manifest = read_manifest(folder)
    del arrived["manifest.json"]
    names = ("config.json", "tokenizer.json", "tokenizer_config.json", "sentencepiece.bpe.model", "source.spm")
    names += ("model.safetensors",)
    assert arrived == {name: WHOLE[name] for name in names}
    assert (manifest["hub"], manifest["revision"]) == ("small/whole", COMMIT)
    assert set(manifest["files"]) == set(arrived)
    assert [path.name for path in folder.parent.iterdir()] == ["model"]
    assert not any(path.name.startswith(".") for path in folder.iterdir())


def test_another_repositorys_tokenizer_takes_the_place_of_the_models_own(hub, fetch, tmp_path):
    done = fetch(hub.endpoint, "small/no-tokenizer", COMMIT, "small/whole")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "base/model"
    names = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "manifest.json"}
    assert {path.name for path in folder.iterdir()} == names
    assert read_manifest(folder)["tokenizer"] == f"small/whole at commit {COMMIT}"
    done = fetch(hub.endpoint, "small/whole", COMMIT, "small/sharded")
    assert done.stderr.splitlines()[-1].endswith("has no tokenizer.json; name another repository under tokenizer")


def test_shards_stay_shards(hub, fetch, tmp_path):
    done = fetch(hub.endpoint, "small/sharded")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "base/model").iterdir()} == {*SHARDED, "manifest.json"}


@pytest.mark.parametrize(
    ("repository", "revision", "said"),
    [
        ("small/whole", "main", "'main' is not a commit of 40 hexadecimal digits"),
        ("small/whole", COMMIT[:7], "is not a commit of 40 hexadecimal digits"),
        ("small/whole", COMMIT.upper(), "is not a commit of 40 hexadecimal digits"),
        ("small/whole", "f" * 40, f"small/whole: has no commit {'f' * 40}"),
        ("small/missing", COMMIT, "small/missing: no such repository, or a private one (HTTP 404)"),
        ("small/private", COMMIT, "small/private: no such repository, or a private one (HTTP 401)"),
        ("small/gated", COMMIT, "small/gated: is gated (HTTP 403); ask for access on its page (or accept its terms"),
        ("small/forbidden", COMMIT, "the hub answered HTTP 403"),
        ("not a name", COMMIT, "'not a name' is not a repository's name"),
        ("small/pickled", COMMIT, "has no safetensors weights, only pickles (pytorch_model.bin)"),
        ("small/no-weights", COMMIT, "has no safetensors weights; pin a commit"),
        ("small/no-config", COMMIT, "has no config.json"),
        ("small/no-tokenizer", COMMIT, "has no tokenizer"),
        ("small/lacks-a-shard", COMMIT, "names model-00002-of-00002.safetensors, which the repository lacks"),
        ("small/lacks-the-index", COMMIT, "has shards of weights but no model.safetensors.index.json"),
        ("small/damaged", COMMIT, "model.safetensors did not arrive as the hub lists it"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line_and_leaves_nothing(hub, fetch, tmp_path, repository, revision, said):
    done = fetch(hub.endpoint, repository, revision)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "base/model").exists()
    assert not list(tmp_path.glob("base/.*"))


def test_no_network(fetch, tmp_path):
    done = fetch("http://127.0.0.1:9", "small/whole")  # the discard port: nobody listens
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1
    assert last.startswith(f"error: small/whole at commit {COMMIT}: cannot be fetched")
    assert "check the network" in last
    assert not (tmp_path / "base/model").exists()


def test_offline_mode(hub, fetch):
    done = fetch(hub.endpoint, "small/whole", HF_HUB_OFFLINE="1")
    assert done.returncode == 1
    assert "HF_HUB_OFFLINE" in done.stderr.splitlines()[-1]


def test_a_failed_fetch_keeps_the_model_that_is_there(hub, fetch, tmp_path):
    assert fetch(hub.endpoint, "small/whole").returncode == 0
    assert fetch(hub.endpoint, "small/damaged").returncode == 1
    assert read_manifest(tmp_path / "base/model")["hub"] == "small/whole"


def test_it_imports_no_torch():
    code = "import sys, workflow_scripts.fetch_model; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
