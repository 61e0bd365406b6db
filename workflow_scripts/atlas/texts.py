"""Pre-training text of one language: plain sentences, and lines that gloss a name with its English one."""

from collections.abc import Iterable

from workflow_scripts.atlas.entities import REGIONS, Cldr
from workflow_scripts.atlas.facts import Fact, text_facts
from workflow_scripts.atlas.names import Names
from workflow_scripts.atlas.relations import VARIANTS
from workflow_scripts.atlas.sentences import Teller
from workflow_scripts.atlas.settings import draw
from workflow_scripts.atlas.split import Split


def pretraining_texts(
    cldr: Cldr, facts: list[Fact], split: Split, teller: Teller, english: Names
) -> Iterable[dict[str, str]]:
    """Yield ``id``, ``group``, ``text``; ids are equal for parallel lines of several languages.

    No line tells what an evaluated fact tells, in any wording. A language with ``text_share`` below 1
    gets that share of the lines (a smaller share's lines are among a larger one's), except that
    it keeps one gloss of every name: they are the dictionary that transfer between languages rests on.
    """
    for group, variant, text in _lines(cldr, facts, split, teller, english):
        identity = f"{group}/{variant}"
        first_gloss = group.startswith("gloss-") and variant == 0
        if first_gloss or draw("text", identity) < teller.templates.text_share * 2**64:
            yield {"id": identity, "group": group, "text": text}


def _lines(
    cldr: Cldr, facts: list[Fact], split: Split, teller: Teller, english: Names
) -> Iterable[tuple[str, int, str]]:
    for fact in facts:
        if not split.tells(fact) and teller.can_tell(fact):
            for variant in range(VARIANTS):
                yield fact.id, variant, teller.statement(fact, "train", variant)
    for fact in text_facts(cldr):
        if not split.tells(fact) and teller.can_tell(fact):
            yield fact.id, 0, teller.text(fact)
    for identity, name, name_in_english in glossed_names(cldr, teller.names, english):
        for variant, template in enumerate(teller.templates.gloss):
            if name != name_in_english:
                yield f"gloss-{identity}", variant, template.format(name=name, english=name_in_english)


def glossed_names(cldr: Cldr, names: Names, english: Names) -> list[tuple[str, str, str]]:
    """Return (identity, name, English name) of everything that Atlas names and CLDR names in both languages."""
    tables = [
        ("territory", cldr.named_territories, names.territories, english.territories),
        ("region", REGIONS, names.territories, english.territories),
        ("language", cldr.named_languages, names.languages, english.languages),
        ("currency", cldr.named_currencies, names.currencies, english.currencies),
        ("script", cldr.named_scripts, names.scripts, english.scripts),
        ("day", range(7), names.days, english.days),
    ]
    found = [
        (f"{kind}-{code}", table[code], reference[code])
        for kind, codes, table, reference in tables
        for code in codes
        if code in table
    ]
    for territory in cldr.named_territories:
        found += [(f"city-{zone}", names.city(zone), english.city(zone)) for zone in cldr.zones(territory)]
    # A territory and its city, or a language and its script, may bear one name in both languages.
    first = {(name, name_in_english): identity for identity, name, name_in_english in reversed(found)}
    return [entry for entry in found if first[entry[1:]] == entry[0]]
