"""A wrong config stops before the first job, in one line that names the key, the value and what would be right."""

import copy
from pathlib import Path

import pytest
import yaml

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.languages import read_languages
from workflow_scripts.planning import pin_revisions
from workflow_scripts.planning.config import resolve_config
from workflow_scripts.planning.config_reference import config_reference
from workflow_scripts.planning.held_out import check_held_out_files
from workflow_scripts.planning.runs import pair_sources

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = read_languages(ROOT / "resources/languages.csv")


def default():
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def resolve(config):
    return resolve_config(config, LANGUAGES)


def changed(path, value):
    """The default config with the key at ``path`` set to ``value``; ``None`` removes it."""
    config = default()
    *above, key = path.split("/")
    section = config
    for name in above:
        section = section[name]
    if value is None:
        del section[key]
    else:
        section[key] = value
    return config


def test_the_default_config_is_valid_and_complete():
    resolved = resolve(default())
    assert resolved["models"]["atlas-s"]["pooling"] == "mean"
    assert resolved["strategies"]["untuned"]["label"] == "not fine-tuned"
    assert resolve(resolved) == resolved


def test_resolving_does_not_touch_its_input():
    config = default()
    before = copy.deepcopy(config)
    resolve(config)
    assert config == before


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("trainnig", {}, r"unknown key 'trainnig'; did you mean training\?"),
        ("training/temprature", 0.1, r"training: unknown key 'temprature'; did you mean temperature\?"),
        ("training/steps", "many", r"training\.steps: 'many' is not a whole number$"),
        ("training/steps", "200", r"training\.steps: '200' is not a whole number; write it without quotes$"),
        ("training/steps", "no", r"training\.steps: 'no' is not a whole number$"),
        ("training/steps", 200.0, r"training\.steps: 200\.0 is not a whole number; write 200$"),
        ("experiment/seeds", [1.0], r"experiment\.seeds\.0: 1\.0 is not a whole number; write 1$"),
        ("experiment/seeds", 1, r"experiment\.seeds: 1 is not a list; write \[1\]$"),
        ("experiment/models", "atlas-s", r"experiment\.models: 'atlas-s' is not a list; write \[atlas-s\]$"),
        ("experiment/name", 2024, r"experiment\.name: 2024 is not text; write it in quotes$"),
        (
            "collections/atlas/languages",
            [False, "en"],
            r"languages\.0: False is not text, as YAML takes no, .* in quotes$",
        ),
        ("training/symmetric", "no", r"training\.symmetric: 'no' is not true or false; write it without quotes$"),
        (
            "sources/atlas/translate",
            ["es"],
            r"sources\.atlas\.translate: \['es'\] is not a mapping \(lines of key: value\)$",
        ),
        ("training/temperature", float("nan"), r"training\.temperature: nan is not a number$"),
        ("training/weight_decay", float("inf"), r"training\.weight_decay: inf is not a number$"),
        ("strategies/hybrid/alpha", float("nan"), r"strategies\.hybrid\.alpha: nan is not a number$"),
        (
            "models/atlas-s/hub",
            "https://huggingface.co/a/b",
            r"models\.atlas-s\.hub: .* \(Owner and name .* without its address\)$",
        ),
        ("metrics", ["hit@1"], r"metrics\.0: 'hit@1' is not of the form .* \(One of map, ndcg@k, "),
        ("training/temperature", 0, r"training\.temperature: 0 is not greater than 0"),
        ("models/atlas-s/learning_rate", "1e-5", r"learning_rate: '1e-5' is not a number, .* write 1\.0e-5$"),
        ("training/temperature", "5.e2", r"training\.temperature: '5\.e2' .* write 5\.e\+2$"),
        ("training/temperature", "low", r"training\.temperature: 'low' is not a number$"),
        ("models/atlas-m/label", "S", r"models\.atlas-m\.label: 'S' is that of atlas-s too, .* give it another"),
        (
            "strategies/cross",
            {"label": "hybrid batches", "alpha": 0.0},
            r"strategies\.hybrid\.label: 'hybrid batches' is that of cross too",
        ),
        ("strategies/mono/label", "BM25", r"strategies\.mono\.label: 'BM25' is that of bm25 too"),
        ("strategies/hybrid", {"alpha": 1.5}, r"strategies\.hybrid\.alpha: 1\.5 is not at most 1"),
        ("strategies/hybrid", {"alpha": -0.5}, r"strategies\.hybrid\.alpha: -0\.5 is not at least 0"),
        ("experiment/seeds", [1, 1], r"experiment\.seeds: \[1, 1\] is not a list without repeats"),
        (
            "experiment/models",
            ["atlas-xl"],
            r"experiment\.models: 'atlas-xl' is not defined under models; did you mean",
        ),
        ("experiment/models", [], r"experiment\.models: \[\] is not a list of at least 1 entry$"),
        ("experiment/name", "../elsewhere", r"experiment\.name: '\.\./elsewhere' is not of the form"),
        ("experiment/name", "a $(b)", r"experiment\.name: .* is not of the form"),
        ("experiment/name", "mini\n", r"experiment\.name: 'mini\\n' is not of the form"),
        ("data_root", "data/{lang}", r"data_root: 'data/\{lang\}' is not of the form .* \(A path without braces"),
        ("downloads", "<results>", r"downloads: '<results>' is not of the form"),
        ("sources/atlas/path", "{lang}", r"sources\.atlas\.path: '\{lang\}' is not of the form"),
        ("models", {"a\nb": {"learning_rate": 0.01}}, r"models: .* is not of the form"),
        ("models/atlas-s/revision", "0" * 40 + "\n", r"models\.atlas-s\.revision: '0+\\n' is not of the form"),
        ("experiment", None, r"the key 'experiment' is missing"),
        ("report", None, r"the key 'report' is missing"),
        ("models/atlas-s", {"learning_rate": 0.01}, r"models\.atlas-s: none of them given; a model is exactly one of"),
        (
            "models/atlas-s/learning_rates",
            [1e-3, 1e-2],
            r"models\.atlas-s\.learning_rates: \[0\.001, 0\.01\] are chosen from by held-out pairs; set some aside",
        ),
        (
            "models/atlas-s/nodes",
            2,
            r"models\.atlas-s\.nodes: 2 machines do not divide 1 processes; give a divisor",
        ),
        (
            "models/atlas-s/processes",
            65,
            r"models\.atlas-s\.processes: 65 do not all get a pair of training\.batch_size 64",
        ),
        (
            "models/atlas-s",
            {"learning_rate": 0.01, "folder": "here", "hub": "a/b", "revision": "0" * 40, "size_m": 1},
            r"models\.atlas-s: hub and folder given; a model is exactly one of",
        ),
        (
            "models/atlas-s",
            {"learning_rate": 0.01, "hub": "a/b", "size_m": 86},
            r"models\.atlas-s\.hub: 'a/b' has no revision",
        ),
        ("models/atlas-s", {"learning_rate": 0.01, "folder": "here"}, r"models\.atlas-s: size_m is missing"),
        ("models/atlas-s/max_norm", 32, r"models\.atlas-s\.max_norm: 32 asks for search by dot product, but english f"),
        (
            "models/atlas-s/pretrain/hidden",
            33,
            r"models\.atlas-s\.pretrain\.hidden: 33 is not a multiple of heads \(2\)",
        ),
        (
            "collections/atlas/languages",
            ["en", "xx"],
            r"collections\.atlas\.languages: 'xx' is not in resources/languages\.csv",
        ),
        (
            "collections/atlas/languages",
            ["en", "ru"],
            r"report\.group: 'low-resource' has no language in collections\.atlas",
        ),
        ("collections/atlas/parallel", False, r"collections\.atlas\.settings: .* need a parallel collection"),
        ("collections/atlas/shards", {"en": 2}, r"collections\.atlas\.shards: all languages are one part \(merged\)"),
        (
            "collections/atlas",
            {"format": "atlas", "languages": ["sw", "te"], "shards": {"en": 2}},
            r"collections\.atlas\.shards: 'en' is not in languages",
        ),
        ("collections/atlas/format", "beer", r"collections\.atlas\.format: 'beer' is not one of"),
        ("collections/atlas/format", "miracl", r"data_root: is null, but collections\.atlas reads files"),
        (
            "collections/atlas",
            {"format": "miracl", "hub": "miracl/miracl", "languages": ["sw"]},
            r"collections\.atlas\.hub: 'miracl/miracl' has no revision; give the 40-digit commit",
        ),
        (
            "collections/atlas",
            {"format": "miracl", "languages": ["sw"], "corpus_hub": "miracl/miracl-corpus"},
            r"collections\.atlas\.corpus_hub: 'miracl/miracl-corpus' has no corpus_revision; give the 40-digit",
        ),
        (
            "collections/atlas",
            {"format": "miracl", "languages": ["sw"], "hub": "miracl/miracl", "revision": "main"},
            r"collections\.atlas\.revision: 'main' is not of the form",
        ),
        (
            "collections/atlas",
            {"format": "miracl", "languages": ["sw"], "revision": "0" * 40},
            r"collections\.atlas\.revision: is given without hub",
        ),
        (
            "collections/atlas",
            {
                "format": "miracl",
                "languages": ["sw"],
                "corpus": "here",
                "corpus_hub": "miracl/miracl-corpus",
                "corpus_revision": "0" * 40,
            },
            r"collections\.atlas\.corpus: 'here' and corpus_hub are given; keep one",
        ),
        (
            "collections/atlas",
            {"format": "miracl", "languages": ["sw"], "split": "dev"},
            r"collections\.atlas\.split: is no option of format miracl; leave it out",
        ),
        (
            "collections/atlas",
            {"format": "tydiqa", "languages": ["sw"], "corpus_hub": "a/b", "corpus_revision": "0" * 40},
            r"collections\.atlas\.corpus_hub: is no option of format tydiqa; leave it out",
        ),
        (
            "collections/atlas",
            {"format": "beir", "languages": ["en", "sw"]},
            r"collections\.atlas\.languages: en, sw would read the same files; make a collection of one language each",
        ),
        (
            "collections/atlas",
            {"format": "mteb", "languages": ["en", "sw"], "subsets": {"en": "", "sw": ""}},
            r"collections\.atlas\.languages: en, sw would read the same files",
        ),
        (
            "collections/atlas",
            {"format": "mteb", "languages": ["sw"], "missing_passages": {"en": 5}},
            r"collections\.atlas\.missing_passages: 'en' is not in languages; remove it",
        ),
        (
            "collections/atlas",
            {"format": "mteb", "languages": ["sw"], "missing_passages": {"sw": 5}, "parallel": True},
            r"collections\.atlas\.missing_passages: a parallel collection ranks every relevant passage; remove it",
        ),
        (
            "collections/atlas",
            {"format": "miracl", "languages": ["sw"], "missing_passages": {"sw": 5}},
            r"collections\.atlas\.missing_passages: is no option of format miracl; leave it out",
        ),
        (
            "collections/atlas",
            {"format": "mteb", "languages": ["sw"], "ignore_identical_ids": True, "parallel": True},
            r"collections\.atlas\.ignore_identical_ids: a query and a passage of a parallel collection .*; remove it",
        ),
        (
            "collections/atlas",
            {"format": "mteb", "languages": ["sw"], "ignore_identical_ids": True, "dataset": "miracl"},
            r"collections\.atlas\.ignore_identical_ids: a query and a passage of MIRACL .*; remove it",
        ),
        (
            "collections/atlas",
            {"format": "miracl", "languages": ["sw"], "ignore_identical_ids": True},
            r"collections\.atlas\.ignore_identical_ids: is no option of format miracl; leave it out",
        ),
        (
            "collections/atlas",
            {"format": "mteb", "languages": ["sw"], "sampling_unit": "article"},
            r"collections\.atlas\.sampling_unit: ids of mteb's passages name no article; say query or passage",
        ),
        (
            "collections/atlas",
            {"format": "mteb", "languages": ["sw"], "pool": "hard negatives"},
            r"collections\.atlas\.pool: .* must say, .* call it, for example, atlas-hard-negatives",
        ),
        (
            "collections/atlas/languages",
            ["sw"],
            r"collections\.atlas\.settings: cross-lingual needs two languages, but languages are sw alone",
        ),
        ("sources/atlas/hub", "miracl/miracl", r"sources\.atlas\.hub: 'miracl/miracl' has no revision"),
        ("sources/atlas/translate", {"en": 1.0}, r"sources\.atlas\.translate: 'en' stands under pairs too"),
        ("sources/atlas/translate", {}, r"strategies\.cross\.alpha: 0\.0 asks for cross-lingual batches"),
        (
            "strategies/english/languages",
            ["te"],
            r"strategies\.english\.languages: no chosen source has pairs in 'te'; leave it",
        ),
        ("sources/atlas/pairs", ["es"], r"sources\.atlas\.translate: "),
        ("metrics", ["comprehensiveness"], r"metrics\.0: 'comprehensiveness' is not of the form"),
        ("metrics", ["ndgc@10"], r"metrics\.0: 'ndgc@10' is not of the form"),
        ("search/depth", 50, r"metrics: recall@100 looks beyond the 50 hits that search keeps; raise search\.depth"),
        ("report/metric", "ndcg@20", r"report\.metric: 'ndcg@20' is not among metrics"),
        ("report/setting", "bilingual", r"report\.setting: 'bilingual' is not one of"),
        (
            "report/collection",
            "xquad",
            r"report\.collection: 'xquad' is not among experiment\.collections; choose from atlas$",
        ),
        (
            "report/compare/baselines",
            ["mnoo"],
            r"report\.compare\.baselines: 'mnoo' is not among experiment\.strategies; did you mean mono\?",
        ),
        (
            "report/compare/strategy",
            "hybird",
            r"report\.compare\.strategy: 'hybird' is not among experiment\.strategies; did you mean hybrid\?",
        ),
        (
            "report/compare/baselines",
            ["mono", "hybrid"],
            r"report\.compare\.baselines: 'hybrid' is the strategy that is compared; leave it out",
        ),
        # What a job would refuse when much has been made.
        ("pretraining/max_length", 513, r"pretraining\.max_length: 513 is not at most 512"),
        (
            "models/atlas-s/max_passage_length",
            513,
            r"models\.atlas-s\.max_passage_length: 513 is more than the 512 tokens",
        ),
        (
            "search",
            {"kind": "ivf-pq"},
            r"search\.faiss\.pq_pieces: 96 does not divide models\.atlas-s\.pretrain\.hidden \(32\)",
        ),
        # What the analysis would refuse when all is trained.
        ("statistics/confidence", 0.3, r"statistics\.confidence: 0\.3 is not at least 0\.5"),
        ("decontamination/max_overlap", 0, r"decontamination\.max_overlap: 0 is not greater than 0"),
    ],
)
def test_a_wrong_config_is_refused_in_one_line(path, value, says):
    with pytest.raises(InputError, match=says) as caught:
        resolve(changed(path, value))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["training", "training/steps", "models/atlas-s", "strategies/hybrid", "report"])
def test_a_key_without_a_value_is_called_empty(path):
    *above, key = path.split("/")
    config = default()
    section = config
    for name in above:
        section = section[name]
    section[key] = None
    kind = "a whole number" if key == "steps" else r"a mapping \(lines of key: value\)"
    said = rf"config: {path.replace('/', '.')}: is empty \(null\); give {kind}, or leave the key out$"
    with pytest.raises(InputError, match=said):
        resolve(config)


def test_the_lexical_baseline_may_be_compared_with_where_there_is_one():
    config = changed("report/compare/baselines", ["mono", "bm25"])
    assert resolve(config)["report"]["compare"]["baselines"] == ["mono", "bm25"]
    config["experiment"]["lexical_baseline"] = False
    with pytest.raises(
        InputError, match=r"baselines: 'bm25' is not searched; set experiment\.lexical_baseline to true"
    ):
        resolve(config)


def with_held_out_source(held_out=None, experiment=None, **entry):
    """The default config with a source ``shifts``, all of whose pairs are held out."""
    config = default() | {"data_root": "data"}
    config["sources"]["shifts"] = {"format": "jsonl", "pairs": ["en", "es"]} | entry
    config["training"]["held_out"] = {"every": 10, "source": "shifts"} | (held_out or {})
    config["experiment"] |= experiment or {}
    return config


def test_a_held_out_source_takes_the_place_of_a_share():
    resolved = resolve(with_held_out_source())
    assert resolved["training"]["held_out"] == {"every": 10, "batches": 8, "source": "shifts"}
    assert pair_sources(resolved) == ["atlas", "shifts"]
    config = default()
    config["training"]["held_out"] = {"every": 10}
    assert resolve(config)["training"]["held_out"] == {"every": 10, "batches": 8, "share": 0.02}
    assert pair_sources(resolve(config)) == ["atlas"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"held_out": {"share": 0.1}}, "'shifts' and a share are given; hold out a whole source or a share"),
        ({"held_out": {"source": "shits"}}, "'shits' is not defined under sources; did you mean shifts?"),
        ({"experiment": {"sources": ["atlas", "shifts"]}}, "'shifts' is among experiment.sources, so it trains; take"),
        ({"pairs": []}, "'shifts' has no pairs; name the languages of some under sources.shifts.pairs"),
        ({"pairs": ["en", "te"]}, "'shifts' has pairs in 'te', in which nothing trains; leave them out of it"),
        (
            {"pairs": ["es", "ru"]},
            "'shifts' has pairs in es, ru, but 'english' .alpha 1.0. needs one of its languages en",
        ),
        ({"pairs": ["en"]}, "'shifts' has pairs in en, but 'cross' .alpha 0.0. needs two of its languages ar, bn, en"),
    ],
)
def test_a_held_out_source_that_cannot_be_is_refused_in_one_line(changes, says):
    with pytest.raises(InputError, match=f"^config: training.held_out.source: {says}") as caught:
        resolve(with_held_out_source(**{"texts": ["en"], **changes}))
    assert "\n" not in str(caught.value)


def test_a_held_out_source_is_checked_as_one_that_trains():
    with pytest.raises(InputError, match=r"sources\.shifts\.hub: 'some/shifts' has no revision"):
        resolve(with_held_out_source(hub="some/shifts"))
    with pytest.raises(InputError, match=r"sources\.shifts\.columns: is missing"):
        resolve(with_held_out_source(format="table", files="{lang}.jsonl"))
    config = with_held_out_source(hub="some/shifts")
    assert [found.hub for found in pin_revisions.repositories(config)] == ["some/shifts"]


def reading(source, collection):
    """The default config whose held-out source and first collection are as given, in English."""
    config = with_held_out_source(**{"pairs": ["en", "es"]} | source)
    config["collections"]["atlas"] = {"languages": ["en", "es"], **collection}
    return config | {"downloads": "downloads"}


TYDIQA = {"format": "tydiqa"}
HUB = {"hub": "some/one", "revision": "0" * 40}


@pytest.mark.parametrize(
    ("source", "collection", "both"),
    [
        (TYDIQA | {"path": "qa"}, TYDIQA | {"path": "qa"}, "data/qa/tydiqa.goldp.en.dev.json"),
        (TYDIQA | HUB, TYDIQA | HUB | {"revision": "1" * 40}, "some/one/tydiqa.goldp.en.dev.json"),
        (
            {"format": "jsonl"} | HUB,
            {"format": "squad", "files": "pairs-{lang}.jsonl"} | HUB,
            "some/one/pairs-en.jsonl",
        ),
        (
            {"format": "table", "files": "x/test-*.parquet", "columns": {}} | HUB,
            {"format": "mteb", "split": "test", "corpus_hub": "some/one", "corpus_revision": "0" * 40}
            | {"subsets": {"en": "", "es": ""}, "path": "elsewhere"},
            None,
        ),
        (
            {"format": "table", "files": "corpus/test-*.parquet", "columns": {}} | HUB,
            {"format": "mteb", "split": "test", "corpus_hub": "some/one", "corpus_revision": "0" * 40}
            | {"subsets": {"en": "", "es": ""}, "path": "elsewhere"},
            "some/one/corpus/test-.*.parquet",
        ),
        (TYDIQA | {"path": "qa"}, TYDIQA | {"path": "other"}, None),
        (
            {"format": "atlas", "pairs": ["en"]},
            {"format": "atlas"},
            None,
        ),  # its questions and its pairs are files apart
    ],
)
def test_a_held_out_source_reads_nothing_that_is_evaluated(source, collection, both):
    config = reading(source, collection)
    config["experiment"]["sources"] = []
    if both is None:
        check_held_out_files(config)
        return
    with pytest.raises(InputError, match=f"'shifts' reads {both}, which collections.atlas reads, too: nothing is chos"):
        check_held_out_files(config)


def test_a_held_out_source_reads_nothing_that_trains():
    config = with_held_out_source(format="atlas", pairs=["en"])
    with pytest.raises(
        InputError, match=r"'shifts' reads atlas/pairs\.jsonl, which sources\.atlas reads, too: what tr"
    ):
        check_held_out_files(config)


TABLE = {"format": "table", "files": "{lang}.jsonl", "columns": {"query": "q", "positive": "p"}, "pairs": ["en"]}


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ({"format": "squad", "files": "x.json"}, r"files: 'x\.json' is given, but squad has its own layout"),
        ({"format": "mmarco", "columns": TABLE["columns"]}, "columns: is given, but mmarco has columns of its own"),
        ({"format": "table", "files": "x.jsonl"}, "columns: is missing; name the columns query and positive"),
        (TABLE | {"columns": {"query": "q"}}, "columns: the key 'positive' is missing"),
        ({key: TABLE[key] for key in ("format", "columns")}, "files: is missing; a table has no layout of its own"),
        (TABLE | {"pairs": ["en", "sw"]}, "columns: id and group are needed where a table has several languages"),
        (TABLE | {"pairs": ["en", "sw"], "files": "x.jsonl"}, "the languages en, sw are read from one file"),
        ({"format": "dpr", "pairs": ["en", "sw"], "files": "{lang}"}, "pairs: DPR's files have no ids"),
        ({"format": "mmarco", "examples": 0}, "examples: 0 is not at least 1"),
        ({"format": "mmarco", "negatives": -1}, "negatives: -1 is not at least 0"),
    ],
)
def test_what_a_source_is_told_must_suit_its_format(source, says):
    config = default() | {"data_root": "data"}
    config["sources"]["other"] = {"pairs": ["en"]} | source
    config["experiment"]["sources"] = ["atlas", "other"]
    with pytest.raises(InputError, match=f"sources.other.*{says}") as caught:
        resolve(config)
    assert "\n" not in str(caught.value)


def with_replicate(**changes):
    """The default config with another pre-training of atlas-s; ``changes`` are of its entry."""
    config = default()
    entry = copy.deepcopy(config["models"]["atlas-s"])
    del entry["label"], entry["family"]
    entry["pretrain"]["seed"] = 2
    config["models"]["atlas-s-2"] = {**entry, "replicate_of": "atlas-s", **changes}
    config["experiment"]["models"].append("atlas-s-2")
    return config


def test_a_replicate_belongs_to_the_family_of_its_model():
    resolved = resolve(with_replicate())
    assert (resolved["models"]["atlas-s-2"]["family"], resolved["models"]["atlas-s-2"]["label"]) == (
        "atlas",
        "S (atlas-s-2)",
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"replicate_of": "atlas-xl"}, r"models\.atlas-s-2\.replicate_of: 'atlas-xl' is not among experiment\.models"),
        ({"replicate_of": "atlas-m"}, r"replicate_of: 'atlas-m' has another learning_rate"),
        ({"pooling": "cls"}, r"replicate_of: 'atlas-s' has another pooling"),
        ({"replicate_of": "atlas-s-2"}, r"replicate_of: 'atlas-s-2' is itself a replicate"),
    ],
)
def test_a_replicate_that_is_none_is_refused(changes, says):
    with pytest.raises(InputError, match=says):
        resolve(with_replicate(**changes))


def test_cross_lingual_batches_need_two_languages_of_one_source():
    config = default()
    other = {"format": "jsonl", "pairs": ["de"]}
    config["sources"] = {"atlas": config["sources"]["atlas"] | {"translate": {}}, "other": other}
    config["experiment"]["sources"] = ["atlas", "other"]
    config["data_root"] = "data"
    with pytest.raises(InputError, match=r"strategies\.cross\.alpha: 0\.0 .* has them in two of de, en; trans"):
        resolve(config)
    other["pairs"].append("en")
    resolve(config)


def test_labels_of_what_is_not_chosen_may_repeat():
    config = changed("models/atlas-m/label", "S")
    config["experiment"]["models"] = ["atlas-m", "atlas-l"]
    assert resolve(config)["models"]["atlas-m"]["label"] == "S"


def test_two_pretrainings_need_two_seeds():
    config = with_replicate()
    del config["models"]["atlas-s-2"]["pretrain"]["seed"]
    with pytest.raises(InputError, match=r"models\.atlas-s-2\.pretrain\.seed: 1 is that of atlas-s too"):
        resolve(config)


def test_the_name_of_the_lexical_baseline_is_reserved():
    config = default()
    config["models"]["bm25"] = config["models"]["atlas-s"]
    config["experiment"]["models"] = ["bm25"]
    with pytest.raises(InputError, match="lexical baseline's name"):
        resolve(config)


def test_a_collection_has_not_the_name_of_a_table():
    config = default()
    config["collections"]["models"] = config["collections"]["atlas"]
    config["experiment"]["collections"].append("models")
    with pytest.raises(InputError, match=r"experiment\.collections: 'models' is the name of a table of all"):
        resolve(config)


@pytest.mark.parametrize("files", [None, "dev-*.json"])
def test_two_languages_are_not_read_from_one_squad_file(files):
    config = default()
    config["data_root"] = "data"
    config["collections"]["squad"] = {
        "format": "squad",
        "languages": ["en", "de"],
        **({"files": files} if files else {}),
    }
    config["experiment"]["collections"].append("squad")
    with pytest.raises(InputError, match=r"collections\.squad\.languages: en, de would read the same files"):
        resolve(config)
    config["collections"]["squad"]["files"] = "dev-{lang}.json"
    resolve(config)


def test_the_config_reference_is_in_step_with_the_schema():
    page = (ROOT / "docs/config.md").read_text(encoding="utf-8")
    assert page == config_reference(), "run `make docs`"


def test_every_key_of_the_schema_is_described():
    schema = yaml.safe_load((ROOT / "config.schema.yaml").read_text(encoding="utf-8"))

    def undescribed(section, path):
        for key, below in section.get("properties", {}).items():
            if "description" not in below:
                yield f"{path}{key}"
            yield from undescribed(below, f"{path}{key}.")
        if isinstance(section.get("additionalProperties"), dict):
            yield from undescribed(section["additionalProperties"], f"{path}<name>.")

    assert list(undescribed(schema, "")) == []


def test_every_pattern_is_described_for_its_error_message():
    def undescribed(section):
        if isinstance(section, dict):
            if isinstance(section.get("pattern"), str) and "description" not in section:
                yield section["pattern"]
            for below in section.values():
                yield from undescribed(below)

    assert list(undescribed(yaml.safe_load((ROOT / "config.schema.yaml").read_text(encoding="utf-8")))) == []


EXPERIMENTS = sorted((ROOT / "experiments").glob("*.yaml"), key=lambda path: path.stem)


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.stem)
def test_every_experiment_file_is_valid(path):
    """`a-b.yaml` overlays `a.yaml` where there is one; revisions that are left open are filled in."""
    below = [other for other in EXPERIMENTS if f"{path.stem}-".startswith(f"{other.stem}-")]
    config = pin_revisions.merged([ROOT / "config.yaml", *below])
    pin_revisions.overlay(config, pin_revisions.pins(config, lambda *place: "0" * 40))
    assert resolve(config)["experiment"]["name"] == path.stem
