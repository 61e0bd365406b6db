"""`fetch` brings what `all` reads from a hub: not what the config names and nothing uses, and all that is used."""

import pytest
import yaml
from hub_case import COMMIT
from workflow_copy import copy_of_the_workflow

MIRACL = {"format": "mteb", "languages": ["sw"], "hub": "mteb/MIRACLRetrieval", "revision": COMMIT}
SOURCES = {
    "mmarco": {
        "format": "mmarco",
        "hub": "some/mmarco",
        "revision": COMMIT,
        "pairs": ["en", "hi", "id"],
        "translate": {"sw": 0.5, "yo": 0.5},
    },
    "ntrex": {"format": "ntrex", "hub": "some/ntrex", "revision": COMMIT, "texts": ["en", "sw", "te"]},
    "squad": {"format": "squad", "hub": "some/squad", "revision": COMMIT, "pairs": ["en"]},
}
HUB_MODEL = {"hub": "some/encoder", "revision": COMMIT, "size_m": 86, "learning_rate": 3.0e-5}
SHAPE = {"layers": 1, "hidden": 8, "heads": 1, "intermediate": 32, "learning_rate": 1.0e-3}
TRANSLATORS = {name: {"family": "nllb", "hub": f"some/{name}", "revision": COMMIT, "size_m": 615} for name in "abcd"}
TRANSLATION = {
    "engine": "ctranslate2",
    "model": "a",
    "model_for": {"yo": "b"},
    "quality": {"similarity_model": "labse", "min_similarity": 0.5},
}


@pytest.fixture(scope="module")
def workflow(tmp_path_factory):
    return copy_of_the_workflow(tmp_path_factory.mktemp("fetched") / "tree", "mini")  # no overlay: config.yaml alone


def lexicon(**entry):
    return {"format": "induced", "languages": ["hi"], "sources": ["mmarco"], "parallel": "pairs"} | entry


@pytest.mark.parametrize(
    ("strategies", "changes", "data", "translators"),
    [
        ({"untuned": {}}, {}, 0, 0),
        ({"english": {"alpha": 1, "languages": ["en"]}}, {}, 2, 0),
        ({"hindi": {"alpha": 1, "languages": ["hi"]}}, {}, 1, 0),
        # What is translated starts from English pairs; one translator of the two, and the one that translates back.
        ({"yoruba": {"alpha": 1, "languages": ["yo"]}}, {}, 1, 1),
        (
            {"yoruba": {"alpha": 1, "languages": ["yo"]}},
            {"translation": TRANSLATION | {"back_model": "c", "quality": {"min_round_trip": 20}}},
            1,
            2,
        ),
        ({"mono": {"alpha": 1}}, {}, 4, 2),
        ({"mono": {"alpha": 1}}, {"training": {"held_out": {"every": 10, "source": "squad"}}}, 4, 2),
        ({"switched": {"codeswitch": {"lexicons": ["own"]}}}, {"lexicons": {"own": lexicon()}}, 3, 0),
        ({"switched": {"codeswitch": {"lexicons": ["own"]}}}, {"lexicons": {"own": lexicon(languages=["yo"])}}, 2, 1),
        (
            {"switched": {"codeswitch": {"lexicons": ["own"]}}},
            {"lexicons": {"own": lexicon(sources=["ntrex"], languages=["te"], parallel="texts")}},
            4,
            0,
        ),
        (
            {"untuned": {}},
            {"models": {"xlmr": {"pretrain": SHAPE, "learning_rate": 1.0e-3}, "labse": HUB_MODEL}},
            3,
            0,
        ),
    ],
)
def test_what_is_fetched_is_what_everything_needs(workflow, strategies, changes, data, translators):
    held_out = "training" in changes
    config = {
        "experiment": {
            "name": "chosen",
            "sources": ["mmarco", "ntrex", *([] if held_out else ["squad"])],
            "collections": ["miracl"],
            "models": ["xlmr"],
            "strategies": list(strategies),
            "seeds": [1],
        },
        "sources": SOURCES,
        "collections": {"miracl": MIRACL},
        "models": {"xlmr": HUB_MODEL, "labse": HUB_MODEL},
        "strategies": strategies,
        "translation": TRANSLATION,
        "translators": TRANSLATORS,
        "report": {"collection": "miracl", "compare": {"strategy": next(iter(strategies)), "baselines": []}},
    }
    (workflow.folder / "config.yaml").write_text(yaml.safe_dump(config | changes), encoding="utf-8")
    everything, fetched = workflow.planned("all"), workflow.planned("fetch")
    assert fetched.pop("fetch") == 1
    assert fetched == {rule: count for rule, count in everything.items() if rule.startswith("fetch")}
    # One set of files is the collection's.
    assert (fetched["fetch_data"], fetched.get("fetch_translator", 0)) == (data + 1, translators)
