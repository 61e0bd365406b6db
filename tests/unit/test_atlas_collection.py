"""The generated collection: layout, parallel ids, splits, determinism."""

import gzip
import json
from pathlib import Path

import pytest

from workflow_scripts.atlas.pairs import training_pairs
from workflow_scripts.atlas.settings import parse_settings
from workflow_scripts.atlas.sources import load_sources
from workflow_scripts.atlas.templates import TEMPLATES
from workflow_scripts.data.errors import InputError
from workflow_scripts.make_atlas import make_atlas
from workflow_scripts.make_atlas_pairs import make_atlas_pairs

SETTINGS = {"seed": 1, "queries": 150, "held_out_entities": 0.15}
FILES = ("topics.tsv", "qrels.tsv", "docs-0.jsonl.gz", "texts.jsonl", "glossary.tsv")


def make(folder: Path, lang: str, values: dict = SETTINGS) -> dict[str, bytes]:
    topics, qrels, docs, texts, glossary = (folder / name for name in FILES)
    make_atlas(
        lang,
        values,
        path_to_topics=topics,
        path_to_qrels=qrels,
        path_to_docs=docs,
        path_to_texts=texts,
        path_to_glossary=glossary,
    )
    return {name: (folder / name).read_bytes() for name in FILES}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return {lang: make(tmp_path_factory.mktemp(lang), lang) for lang in ("en", "sw")}


def topics_of(files: dict[str, bytes]) -> dict[str, str]:
    return dict(line.split("\t") for line in files["topics.tsv"].decode().splitlines())


def documents_of(files: dict[str, bytes]) -> dict[str, dict[str, str]]:
    lines = gzip.decompress(files["docs-0.jsonl.gz"]).decode().splitlines()
    return {document["docid"]: document for document in map(json.loads, lines)}


def judgements_of(files: dict[str, bytes]) -> list[tuple[str, str, int]]:
    rows = [line.split("\t") for line in files["qrels.tsv"].decode().splitlines()]
    assert all(row[1] == "Q0" for row in rows)
    return [(query, passage, int(relevance)) for query, _, passage, relevance in rows]


def test_ids_are_parallel(made):
    english, swahili = made["en"], made["sw"]
    assert list(topics_of(english)) == list(topics_of(swahili))
    assert list(documents_of(english)) == list(documents_of(swahili))
    assert english["qrels.tsv"] == swahili["qrels.tsv"]


def test_sizes_are_those_asked_for(made):
    assert len(topics_of(made["sw"])) == SETTINGS["queries"]
    assert 1000 <= len(documents_of(made["sw"])) <= 1300


def test_every_question_has_one_answer_and_judged_passages_of_its_entity(made):
    documents, judged = documents_of(made["en"]), judgements_of(made["en"])
    for query in topics_of(made["en"]):
        own = [(passage, relevance) for other, passage, relevance in judged if other == query]
        assert [passage for passage, relevance in own if relevance == 1] == [query]
        assert {passage for passage, _ in own} == {
            name for name in documents if name.split("#")[0] == query.split("#")[0]
        }


def test_passages_name_their_entity_and_differ(made):
    for lang in ("en", "sw"):
        documents = documents_of(made[lang]).values()
        assert all(document["title"] in document["text"] for document in documents)
        assert len({document["text"] for document in documents}) == len(documents)
        assert not any("{" in document["text"] for document in documents)


def test_questions_do_not_repeat(made):
    for files in made.values():
        questions = topics_of(files).values()
        assert len(set(questions)) == len(questions)


def test_equal_input_gives_equal_bytes(made, tmp_path):
    assert make(tmp_path, "sw") == made["sw"]


def test_another_seed_gives_another_split_over_the_same_passages(made, tmp_path):
    other = make(tmp_path, "en", {**SETTINGS, "seed": 2})
    assert topics_of(other) != topics_of(made["en"])
    assert documents_of(other) == documents_of(made["en"])


def test_text_of_the_low_resource_language_is_a_parallel_part(made):
    english, swahili = (
        {line["id"]: line for line in map(json.loads, made[lang]["texts.jsonl"].decode().splitlines())}
        for lang in ("en", "sw")
    )
    plain = {name for name in swahili if not name.startswith("gloss-")}
    assert plain <= set(english)
    assert 0.3 < len(plain) / len(english) < 0.5
    assert all(swahili[name]["group"] == english[name]["group"] for name in plain)
    assert not any(name.startswith("gloss-") for name in english)
    gloss = swahili["gloss-territory-DE/0"]["text"]
    assert "Germany" in gloss and "Ujerumani" in gloss


def test_evaluation_text_is_neither_trained_on_nor_pretrained_on(made, tmp_path):
    make_atlas_pairs(SETTINGS, path_to_output=tmp_path / "pairs.jsonl")
    pairs = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text("utf-8").splitlines()]
    seen = {pair["passage"] for pair in pairs} | {pair["query"] for pair in pairs}
    seen |= {json.loads(line)["text"] for line in made["en"]["texts.jsonl"].decode().splitlines()}
    evaluated = {document["text"] for document in documents_of(made["en"]).values()} | set(
        topics_of(made["en"]).values()
    )
    assert not seen & evaluated


def test_pairs_have_their_columns_and_share_groups(tmp_path):
    make_atlas_pairs(SETTINGS, path_to_output=tmp_path / "pairs.jsonl")
    pairs = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text("utf-8").splitlines()]
    assert 1500 <= len(pairs) <= 2700
    assert all(list(pair) == ["id", "group", "query", "title", "passage"] for pair in pairs)
    assert len({pair["id"] for pair in pairs}) == len(pairs)
    passages: dict[str, set[str]] = {}
    for pair in pairs:
        passages.setdefault(pair["group"], set()).add(pair["passage"])
    assert all(len(texts) == 1 for texts in passages.values())
    assert len(passages) < len(pairs)


def test_no_training_pair_names_a_held_out_entity():
    sources = load_sources(parse_settings(SETTINGS), TEMPLATES)
    held_out = sources.split.held_out
    groups = {pair["group"] for pair in training_pairs(sources.split, sources.teller("en"))}
    told = [fact for fact in sources.facts if fact.id in groups]
    assert held_out and not any(fact.entities() & held_out for fact in told)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({**SETTINGS, "colour": 1}, "colour"),
        ({"seed": 1, "queries": 150}, "held_out_entities"),
        ({**SETTINGS, "queries": 0}, "queries is 0"),
        ({**SETTINGS, "queries": True}, "queries is True"),
        ({**SETTINGS, "held_out_entities": 1.0}, "held_out_entities is 1.0"),
        ({**SETTINGS, "queries": 10**6}, "ask for fewer"),
    ],
)
def test_wrong_settings_stop_in_one_line(values, said, tmp_path):
    with pytest.raises(InputError, match=said) as error:
        make_atlas_pairs(values, path_to_output=tmp_path / "pairs.jsonl")
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_language_unknown_to_cldr_stops(tmp_path):
    path = tmp_path / "templates"
    path.mkdir()
    for name in ("entities.yaml", "en.yaml"):
        (path / name).write_bytes((TEMPLATES / name).read_bytes())
    (path / "qqq.yaml").write_text((TEMPLATES / "sw.yaml").read_text("utf-8").replace("language: sw", "language: qqq"))
    outputs = dict(
        zip(("topics", "qrels", "docs", "texts", "glossary"), (tmp_path / name for name in FILES), strict=True)
    )
    with pytest.raises(InputError, match="qqq"):
        make_atlas(
            "qqq", SETTINGS, path_to_templates=path, **{f"path_to_{name}": output for name, output in outputs.items()}
        )
