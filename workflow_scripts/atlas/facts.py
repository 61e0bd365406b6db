"""The facts that Atlas asks about and those that only pre-training reads, as codes of no language."""

from dataclasses import dataclass

from workflow_scripts.atlas.entities import Cldr
from workflow_scripts.atlas.names import likely
from workflow_scripts.atlas.relations import RELATIONS, passage_number
from workflow_scripts.atlas.settings import draw

LISTED = 3  # names in one list, at most
_COMMON = 5  # percent of the people from which a language counts as common


@dataclass(frozen=True)
class Fact:
    """One statement: ``relation`` is a key of RELATIONS or TEXTS, ``subject`` an entity such as ``territory-KE``.

    ``arguments`` holds (slot, value); a value is a code, a number or a tuple of codes.
    """

    id: str
    relation: str
    subject: str
    arguments: tuple[tuple[str, str | int | tuple[str, ...]], ...]

    def entities(self) -> frozenset[str]:
        """Return the territories, languages and currencies that the statement names."""
        return frozenset(entity for slot, value in self.arguments for entity in _entities(slot, value))

    def joins(self) -> frozenset[frozenset[str]]:
        """Return the pairs of things that the statement joins: its subject with each of its answers."""
        kind = self.subject.split("-", 1)[0]
        answers = {
            name
            for slot, value in self.arguments
            if slot != kind
            for name in (_entities(slot, value) or {f"{slot}-{value}"})
        }
        return frozenset(frozenset({self.subject, answer}) for answer in answers)


def question_facts(cldr: Cldr) -> list[Fact]:
    """Return every fact that has a passage in the collection, by entity and passage number."""
    facts = [*_territory_facts(cldr), *_language_facts(cldr), *_currency_facts(cldr)]
    return sorted(facts, key=lambda fact: fact.id)


def text_facts(cldr: Cldr) -> list[Fact]:
    """Return the facts of the sentences that only pre-training reads, about every territory that CLDR names."""
    facts = []
    for territory in cldr.named_territories:
        subject = f"territory-{territory}"
        if region := cldr.region(territory):
            facts.append(_text("region", subject, (("territory", territory), ("region", region))))
        if script := cldr.script(territory):
            facts.append(_text("writing", subject, (("territory", territory), ("script", script))))
        for language, percent, _ in cldr.shares(territory):
            if percent >= 1:
                arguments = (("language", language), ("territory", territory), ("percent", percent))
                facts.append(_text("spoken", f"language-{language}", arguments))
        for zone in cldr.zones(territory):
            facts.append(_text("zone", subject, (("city", zone), ("territory", territory))))
        for currency in cldr.tenders.get(territory, []):
            if year := cldr.since(territory, currency):
                arguments = (("currency", currency), ("territory", territory), ("year", year))
                facts.append(_text("money", f"currency-{currency}", arguments))
    return facts


def contexts(cldr: Cldr) -> dict[str, dict[str, str]]:
    """Return the arguments of the sentence that all passages of an entity share, by entity."""
    found = {}
    for territory in cldr.territories:
        found[f"territory-{territory}"] = {"region": cldr.region(territory), "script": cldr.script(territory)}
    for language in cldr.languages:
        found[f"language-{language}"] = {"region": cldr.region(_home(language))}
    for currency in cldr.currencies:
        regions = (cldr.region(territory) for territory in cldr.users[currency])
        found[f"currency-{currency}"] = {"region": next(region for region in regions if region)}
    return found


def _territory_facts(cldr: Cldr) -> list[Fact]:
    facts = []
    for territory in cldr.territories:
        official = cldr.official(territory)
        tender = cldr.tenders[territory][-1]
        if not (_told_by_currency(tender) and territory in cldr.users[tender][:LISTED]):
            facts.append(_fact("tender", territory, currency=tender))
        facts.append(_fact("official", territory, languages=tuple(official[:LISTED])))
        others = [(language, percent) for language, percent, _ in cldr.shares(territory) if language not in official]
        if others and others[0][1] >= _COMMON:
            facts.append(_fact("also", territory, language=others[0][0], percent=others[0][1]))
        if (day := cldr.first_day(territory)) is not None:
            facts.append(_fact("week", territory, day=day))
        if len(zones := cldr.zones(territory)) == 1:
            facts.append(_fact("clock", territory, city=zones[0]))
    return facts


def _language_facts(cldr: Cldr) -> list[Fact]:
    facts = []
    for language in cldr.languages:
        script, home = likely(language)
        facts.append(_fact("script", language, script=script))
        if home in cldr.named_territories:
            facts.append(_fact("home", language, territory=home))
    return facts


def _currency_facts(cldr: Cldr) -> list[Fact]:
    facts = []
    for currency, users in cldr.users.items():
        if _told_by_currency(currency):
            facts.append(_fact("issuer", currency, territories=tuple(users[:LISTED])))
        facts.append(_fact("code", currency, code=currency))
        years = [year for territory in users if (year := cldr.since(territory, currency))]
        if years:
            facts.append(_fact("adopted", currency, year=min(years)))
    return facts


def _told_by_currency(currency: str) -> bool:
    """Say which side joins money and territory: were it both, two passages would answer one question."""
    return draw("side of money", currency) % 2 == 0


def _home(language: str) -> str:
    return likely(language)[1]


def _fact(name: str, entity: str, /, **answers: str | int | tuple[str, ...]) -> Fact:
    relation = RELATIONS[name]
    subject = f"{relation.subject}-{entity}"
    return Fact(f"{subject}#{passage_number(relation)}", name, subject, ((relation.subject, entity), *answers.items()))


def _text(name: str, subject: str, arguments: tuple[tuple[str, str | int], ...]) -> Fact:
    return Fact("-".join([name, *(str(value) for _, value in arguments)]), name, subject, arguments)


def _entities(slot: str, value: str | int | tuple[str, ...]) -> set[str]:
    plural = {"languages": "language", "territories": "territory"}
    kind = plural.get(slot, slot)
    if kind not in ("territory", "language", "currency"):
        return set()
    return {f"{kind}-{code}" for code in (value if isinstance(value, tuple) else (value,))}
