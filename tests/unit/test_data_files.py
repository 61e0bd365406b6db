"""What of data the config asks for and is not there is said before the first job."""

import json
import re
from pathlib import Path

import pytest
from test_config import LANGUAGES, ROOT, changed, default, resolve

from workflow_scripts.data.errors import InputError
from workflow_scripts.planning import config as checked_config
from workflow_scripts.planning.data_files import check_data_files, local_files, source_file_sets
from workflow_scripts.planning.lexicons import check_lexicon_files
from workflow_scripts.planning.model_folders import check_model_folders
from workflow_scripts.training import pretraining

XQUAD = {"format": "xquad-r", "candidate": "sentence", "languages": ["en"]}


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("collections/atlas/languages", ["en", "sw", "ja"], r"collections\.atlas\.languages: .* in 'ja'; it is in ar,"),
        ("sources/atlas/texts", ["en", "ja"], r"sources\.atlas\.texts: Atlas is not generated in 'ja'"),
        ("sources/atlas/translate", {"ja": 1.0}, r"sources\.atlas\.translate: Atlas is not generated in 'ja'"),
        ("sources/atlas/pairs", ["en", "yo"], r"sources\.atlas\.pairs: Atlas has pairs in en alone, not in 'yo'"),
    ],
)  # fmt: skip
def test_atlas_is_generated_in_the_languages_of_its_templates(path, value, says):
    with pytest.raises(InputError, match=says) as raised:
        check_data_files(resolve(changed(path, value)))
    assert "\n" not in str(raised.value)
    check_data_files(resolve(default()))


def test_so_are_its_lexicons():
    config = default()
    config["experiment"]["strategies"].append("codeswitch")
    config["lexicons"]["atlas"]["languages"] = ["sw", "ja"]
    with pytest.raises(InputError, match=r"lexicons\.atlas\.languages: Atlas is not generated in 'ja'"):
        check_lexicon_files(resolve(config), LANGUAGES)


def test_files_of_one_s_own_beside_fetched_ones_are_no_fetched_ones():
    config = default()
    config["collections"] |= {"xquad-r": XQUAD, "hub": XQUAD | {"hub": "some/xquad-r", "revision": "0" * 40}}
    config["experiment"]["collections"] += ["xquad-r", "hub"]
    config["data_root"] = config["downloads"] = "downloads"
    config = resolve(config)
    own, fetched = Path("downloads/xquad-r/en.json"), Path("downloads/some/xquad-r", "0" * 40, "en.json")
    assert local_files(config, "collections", "xquad-r", [own]) == [own]
    assert local_files(config, "collections", "hub", [fetched]) == []
    with pytest.raises(InputError, match=r"xquad-r\.languages: 'en' has no data: downloads/xquad-r/en\.json does not"):
        check_data_files(config)


@pytest.mark.parametrize("path", ["data", "data/", "./data"])
def test_a_folder_of_a_repository_may_be_written_in_any_way(path):
    config = default()
    config["experiment"]["sources"].append("own")
    config["sources"]["own"] = {
        "format": "jsonl", "hub": "some/own", "revision": "0" * 40, "path": path, "pairs": ["en"]
    }  # fmt: skip
    (files,) = source_file_sets(resolve(config), "own", "pairs", "en")
    assert files.patterns == ("data/pairs-en.jsonl.gz|data/pairs-en.jsonl",)


def test_a_glossary_lies_in_a_folder_that_has_a_name():
    config = default()
    config["experiment"]["sources"].append("squad")
    config["sources"]["squad"] = {
        "format": "squad", "hub": "some/squad", "revision": "0" * 40, "pairs": ["en"], "translate": {"sw": 1.0},
        "glossary": "words",
    }  # fmt: skip
    with pytest.raises(InputError, match=r"data_root: is null, but sources\.squad\.glossary lies in it"):
        resolve(config)


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "*.safetensors"])
def test_a_model_s_folder_has_what_jobs_will_read(tmp_path, missing):
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        if not Path(name).match(missing):
            (tmp_path / name).write_text(json.dumps({}))
    (tmp_path / "pytorch_model.bin").touch()
    config = default()
    config["experiment"]["models"] = ["own"]
    config["models"]["own"] = {"folder": str(tmp_path), "size_m": 1, "learning_rate": 1e-3}
    with pytest.raises(InputError, match=rf"models\.own\.folder: .* has no {re.escape(missing)}; name a folder"):
        check_model_folders(resolve(config))


def test_a_folder_that_lends_a_tokenizer_needs_nothing_else(tmp_path):
    (tmp_path / "tokenizer.json").touch()
    config = default()
    config["experiment"]["models"] = ["own"]
    shared = {"family": "x", "size_m": 1, "learning_rate": 1e-3}
    config["models"] |= {
        "lends": {"folder": str(tmp_path), **shared},
        "own": {"hub": "some/model", "revision": "0" * 40, **shared},
    }
    check_model_folders(resolve(config))
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(InputError, match=r"models\.lends\.folder: .* has no tokenizer\.json"):
        check_model_folders(resolve(config))


def test_what_the_config_s_checks_know_is_so():
    assert checked_config.POSITIONS == pretraining.POSITIONS
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "rules").glob("**/*.smk"))
    assert set(re.findall(r"<results>/tables/(\w+)\.(?:csv|md|tex)", rules)) == checked_config.TABLES
