"""What Atlas takes from CLDR."""

import subprocess
import sys

import pytest

from workflow_scripts.atlas.entities import load_cldr
from workflow_scripts.atlas.facts import LISTED, Fact, contexts, question_facts, text_facts
from workflow_scripts.atlas.names import load_names
from workflow_scripts.atlas.relations import RELATIONS, passage_number
from workflow_scripts.atlas.templates import TEMPLATES
from workflow_scripts.data.errors import InputError


@pytest.fixture(scope="module")
def cldr():
    return load_cldr(TEMPLATES / "entities.yaml")


@pytest.fixture(scope="module")
def facts(cldr):
    return {fact.id: fact for fact in question_facts(cldr)}


def test_numbers_of_entities(cldr):
    assert 120 <= len(cldr.territories) <= 170
    assert 100 <= len(cldr.languages) <= 120
    assert 140 <= len(cldr.currencies) <= 160


def test_known_facts(cldr, facts):
    arguments = {name: dict(fact.arguments) for name, fact in facts.items()}
    assert arguments["territory-KE#4"] == {"territory": "KE", "city": "Africa/Nairobi"}
    assert arguments["territory-FR#1"]["languages"] == ("fr",)
    assert arguments["territory-BR#1"]["languages"] == ("pt",)
    assert arguments["territory-FR#3"]["day"] == 0
    assert arguments["language-hi#0"]["script"] == "Deva"
    assert arguments["language-sw#1"]["territory"] == "TZ"
    assert arguments["currency-NGN#2"]["year"] == 1973
    assert cldr.region("MU") == "002" and cldr.region("PE") == "019" and cldr.region("NZ") == "009"


def test_money_is_told_by_one_side_only(facts):
    issuers = [fact for fact in facts.values() if fact.relation == "issuer"]
    tenders = {
        dict(fact.arguments)["territory"]: dict(fact.arguments)["currency"]
        for fact in facts.values()
        if fact.relation == "tender"
    }
    assert issuers and tenders
    for fact in issuers:
        arguments = dict(fact.arguments)
        assert len(arguments["territories"]) <= LISTED
        assert not any(tenders.get(territory) == arguments["currency"] for territory in arguments["territories"])


def test_passage_ids_number_the_relations_of_a_kind():
    numbers = {name: passage_number(relation) for name, relation in RELATIONS.items()}
    assert numbers == {
        "tender": 0, "official": 1, "also": 2, "week": 3, "clock": 4,
        "script": 0, "home": 1,
        "issuer": 0, "code": 1, "adopted": 2,
    }  # fmt: skip


def test_joins_see_both_sides_of_a_fact():
    official = Fact("territory-HU#1", "official", "territory-HU", (("territory", "HU"), ("languages", ("hu", "de"))))
    home = Fact("language-hu#1", "home", "language-hu", (("language", "hu"), ("territory", "HU")))
    week = Fact("territory-HU#3", "week", "territory-HU", (("territory", "HU"), ("day", 0)))
    assert official.joins() & home.joins()
    assert not official.joins() & week.joins()
    assert official.entities() == {"territory-HU", "language-hu", "language-de"}


def test_every_entity_has_a_shared_sentence_and_text_facts_are_distinct(cldr, facts):
    assert {fact.subject for fact in facts.values()} <= set(contexts(cldr))
    texts = text_facts(cldr)
    assert len({fact.id for fact in texts}) == len(texts) > 1000


def test_names_do_not_depend_on_the_order_of_loading():
    # babel resolves aliases into tables that locales share: stand-alone weekdays of Telugu come out in Swahili
    # where Swahili was loaded first. What Atlas reads must not.
    code = (
        "import sys; from workflow_scripts.atlas.names import load_names\n"
        "for lang in sys.argv[1:]: load_names(lang)\n"
        "names = load_names('te'); print(ascii(sorted(names.days.items()) + sorted(names.cities.items())))"
    )
    alone, after = (
        subprocess.run([sys.executable, "-c", code, *langs], capture_output=True, text=True, check=True).stdout
        for langs in ([], ["sw", "yo", "en"])
    )
    assert alone == after


def test_cities_without_a_name_are_read_off_the_zone():
    names = load_names("sw")
    assert "Asia/Kuala_Lumpur" not in names.cities and names.city("Asia/Kuala_Lumpur") == "Kuala Lumpur"
    assert load_names("ru").city("Europe/Paris") == "Париж"


def test_missing_choices_are_named(tmp_path):
    with pytest.raises(InputError, match=r"entities\.yaml: no such file"):
        load_cldr(tmp_path / "entities.yaml")
    (tmp_path / "entities.yaml").write_text("named_in: [en]\nregions: {}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"entities\.yaml: dependencies is missing"):
        load_cldr(tmp_path / "entities.yaml")
