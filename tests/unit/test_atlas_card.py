"""docs/atlas.md says what the code makes."""

from pathlib import Path

import pytest
from babel.core import get_cldr_version

from workflow_scripts.atlas.collection import documents, topics
from workflow_scripts.atlas.glossary import phrase_table
from workflow_scripts.atlas.names import load_names
from workflow_scripts.atlas.relations import RELATIONS
from workflow_scripts.atlas.settings import parse_settings
from workflow_scripts.atlas.sources import load_sources
from workflow_scripts.atlas.templates import TEMPLATES, load_templates
from workflow_scripts.atlas.texts import pretraining_texts

CARD = (Path(__file__).parents[2] / "docs" / "atlas.md").read_text("utf-8")
LANGUAGES = sorted(path.stem for path in TEMPLATES.glob("*.yaml") if path.stem != "entities")


@pytest.fixture(scope="module")
def sources():
    return load_sources(parse_settings({"seed": 1, "queries": 150, "held_out_entities": 0.15}), TEMPLATES)


def cells(first: str) -> list[str]:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in CARD.splitlines() if line.startswith("|")]
    return next(row for row in rows if row[0] == first)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_counts_of_a_language(sources, lang):
    teller, english = sources.teller(lang), load_names("en")
    texts = list(pretraining_texts(sources.cldr, sources.facts, sources.split, teller, english))
    phrases = {}
    if lang != "en":
        phrases = phrase_table(sources.cldr, load_templates("en"), teller.templates, english, teller.names)
    zones = [dict(fact.arguments)["city"] for fact in sources.facts if fact.relation == "clock"]
    found = [
        len(list(topics(sources.split, teller))),
        len(list(documents(sources.facts, teller))),
        len(texts),
        sum(line["group"].startswith("gloss-") for line in texts),
        len(phrases),
        sum(zone not in teller.names.cities for zone in zones),
    ]
    assert cells(lang)[1:7] == [str(count) for count in found]


@pytest.mark.parametrize("relation", RELATIONS)
def test_counts_of_a_relation(sources, relation):
    assert cells(relation)[-1] == str(sum(fact.relation == relation for fact in sources.facts))


def test_counts_in_the_text(sources):
    cldr, split = sources.cldr, sources.split
    sentence = f"{len(cldr.territories)} territories"
    assert (
        sentence in CARD and f"{len(cldr.languages)} languages" in CARD and f"{len(cldr.currencies)} currencies" in CARD
    )
    assert f"{2 * len(split.trained):,} English pairs about {len(split.trained)} facts" in CARD
    held_out = sum(fact.subject in split.held_out for fact in split.evaluated)
    assert (
        f"({len(split.held_out)} here)" in CARD and f"{held_out} of {len(split.evaluated)} are about held-out" in CARD
    )
    assert f"CLDR {get_cldr_version()}" in CARD
