"""An overlay that pins the repositories of an experiment, against a server that speaks the hub's API."""

import huggingface_hub
import pytest
import yaml
from hub_case import COMMIT, serve

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.hub import latest_commit
from workflow_scripts.planning import pin_revisions

OTHER = "f" * 40
EXPERIMENT = {
    "experiment": {
        "models": ["open", "pinned", "local"],
        "sources": ["pairs"],
        "collections": ["miracl"],
        "strategies": ["untuned"],
    },
    "models": {
        "open": {"hub": "some/model", "tokenizer": {"hub": "some/tokenizer"}},
        "pinned": {"hub": "some/model", "revision": OTHER},
        "local": {"folder": "here"},
        "lends": {"hub": "some/model"},
    },
    "translators": {"nllb": {"hub": "some/model"}},
    "sources": {"pairs": {"hub": "some/data"}},
    "collections": {"miracl": {"hub": "some/data", "revision": OTHER, "corpus_hub": "some/data"}},
}


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    huggingface_hub.close_session()
    with serve({"models/some/model": {}, "models/some/tokenizer": {}, "datasets/some/data": {}}) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
        yield server
    huggingface_hub.close_session()


def test_what_the_experiment_uses_without_a_revision_is_pinned(hub):
    assert pin_revisions.pins(EXPERIMENT, latest_commit) == {
        "models": {"open": {"revision": COMMIT, "tokenizer": {"revision": COMMIT}}, "lends": {"revision": COMMIT}},
        "translators": {"nllb": {"revision": COMMIT}},
        "sources": {"pairs": {"revision": COMMIT}},
        "collections": {"miracl": {"corpus_revision": COMMIT}},
    }


def test_sources_that_lexicons_are_learned_from_are_pinned():
    experiment = EXPERIMENT | {
        "experiment": {**EXPERIMENT["experiment"], "strategies": ["switched", "mono"]},
        "sources": {"pairs": {"folder": "here"}, "texts": {"hub": "some/texts"}, "others": {"hub": "some/others"}},
        "lexicons": {"own": {"format": "induced", "sources": ["texts"]}},
        "strategies": {"mono": {"alpha": 1.0}, "switched": {"codeswitch": {"lexicons": ["own"]}}},
    }
    assert pin_revisions.pins(experiment, lambda *place: COMMIT)["sources"] == {"texts": {"revision": COMMIT}}


def test_each_repository_is_asked_for_once():
    asked = []
    pin_revisions.pins(EXPERIMENT, lambda *place: asked.append(place) or COMMIT)
    assert asked == [("model", "some/model"), ("model", "some/tokenizer"), ("dataset", "some/data")]


def test_the_command_prints_an_overlay(hub, tmp_path, monkeypatch, capsys):
    path = tmp_path / "experiment.yaml"
    path.write_text(yaml.safe_dump(EXPERIMENT), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["pin_revisions", str(path)])
    pin_revisions.main()
    printed = capsys.readouterr().out
    assert printed.startswith("# Commits of hub repositories, written by: python -m workflow_scripts.planning.pin_")
    overlay = yaml.safe_load(printed)
    assert overlay["translators"] == {"nllb": {"revision": COMMIT}}

    path.write_text(yaml.safe_dump(EXPERIMENT), encoding="utf-8")
    pins = tmp_path / "pins.yaml"
    pins.write_text(printed, encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["pin_revisions", str(path), str(pins)])
    pin_revisions.main()
    assert not yaml.safe_load(capsys.readouterr().out)


def test_a_hub_that_cannot_be_reached_is_one_line_that_names_what_helps(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(InputError, match=r"^some/model at main: .* use a commit that you look up on its page$"):
        latest_commit("model", "some/model")


@pytest.mark.parametrize(
    ("repository", "says"),
    [("some/missing", "no such repository, or a private one"), ("some/gated", "is gated")],
)
def test_what_cannot_be_pinned_is_one_line(hub, repository, says, tmp_path, monkeypatch):
    path = tmp_path / "experiment.yaml"
    path.write_text(yaml.safe_dump(EXPERIMENT | {"models": {"open": {"hub": repository}}}), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["pin_revisions", str(path)])
    with pytest.raises(SystemExit, match=f"error: {repository}: {says}"):
        pin_revisions.main()


def test_a_file_that_is_no_config_is_refused(tmp_path):
    (tmp_path / "broken.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.yaml: not a readable config file"):
        pin_revisions.merged([tmp_path / "broken.yaml"])
