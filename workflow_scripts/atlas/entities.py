"""Which territories, languages, currencies and scripts Atlas is about, and what CLDR says of them.

``resources/atlas/entities.yaml`` holds the few choices that are ours. Nothing here depends on the seed.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import yaml
from babel import Locale, localedata
from babel.core import get_global

from workflow_scripts.atlas.names import likely, named_everywhere
from workflow_scripts.data.errors import InputError

_OFFICIAL = ("official", "de_facto_official")  # of the whole territory, not of a region
_REGION_OF_ZONE = {
    "Africa": "002",
    "America": "019",
    "Asia": "142",
    "Europe": "150",
    "Australia": "009",
    "Pacific": "009",
}
REGIONS = tuple(sorted(set(_REGION_OF_ZONE.values())))  # UN M.49 codes of the continents


@dataclass(frozen=True)
class Cldr:
    """CLDR's global facts among what every language of ``named_in`` has a name for.

    ``dependencies`` (territory codes) are left out of the entities; ``regions`` (territory → region code)
    places the territories whose time zones are named after an ocean.
    """

    named_in: tuple[str, ...]
    dependencies: frozenset[str]
    regions: dict[str, str]

    @cached_property
    def tenders(self) -> dict[str, list[str]]:
        """Territory → its current legal tenders."""
        return {
            territory: [
                code for code, _, end, tender in history if end is None and tender and code in self._named("currencies")
            ]
            for territory, history in sorted(get_global("territory_currencies").items())
            if territory in self.named_territories
        }

    @cached_property
    def users(self) -> dict[str, list[str]]:
        """Currency → the territories where it is legal tender now."""
        users: dict[str, list[str]] = {}
        for territory, codes in self.tenders.items():
            for code in codes:
                users.setdefault(code, []).append(territory)
        return dict(sorted(users.items()))

    @cached_property
    def named_territories(self) -> list[str]:
        """Every country-like territory that all languages name."""
        return sorted(code for code in self._named("territories") if len(code) == 2 and code.isalpha())

    @cached_property
    def named_languages(self) -> list[str]:
        """Every language that all languages name, its varieties in single territories (``en_GB``) left out."""
        return sorted(code for code in self._named("languages") if not code.rpartition("_")[2].isupper())

    @cached_property
    def named_currencies(self) -> list[str]:
        """Every currency that all languages name, legal tender or not."""
        return sorted(self._named("currencies"))

    @cached_property
    def named_scripts(self) -> list[str]:
        """Every script that all languages name and some named language is written in."""
        found = {likely(language) for language in self.named_languages}
        return sorted({pair[0] for pair in found if pair} & self._named("scripts"))

    @cached_property
    def territories(self) -> list[str]:
        """The territory entities: they issue a currency of their own or are the home of an official language.

        Those of unknown region, and those whose script some language has no name for, are left out.
        """
        return [
            territory
            for territory in self.tenders
            if territory not in self.dependencies
            and self.tenders[territory]
            and self.region(territory)
            and self.script(territory)
            and (official := self.official(territory))
            and (
                any(len(self.users[code]) == 1 for code in self.tenders[territory])
                or any((where := likely(language)) and where[1] == territory for language in official)
            )
        ]

    @cached_property
    def languages(self) -> list[str]:
        """The language entities: official in the whole of a territory entity, with a script that all languages name."""
        official = {language for territory in self.territories for language in self.official(territory)}
        return sorted(
            language for language in official if (where := likely(language)) and where[0] in self.named_scripts
        )

    @cached_property
    def currencies(self) -> list[str]:
        """The currency entities: legal tender somewhere now."""
        return list(self.users)

    def shares(self, territory: str) -> list[tuple[str, int, bool]]:
        """Return (language, percent of the people, official in the whole territory), the most spoken first."""
        spoken = get_global("territory_languages").get(territory, {})
        rows = [
            (language, round(facts["population_percent"]), facts["official_status"] in _OFFICIAL)
            for language, facts in spoken.items()
            if language in self._named("languages")
        ]
        return sorted(rows, key=lambda row: (-row[1], row[0]))

    def official(self, territory: str) -> list[str]:
        """Return the languages that are official in the whole territory, the most spoken first."""
        return [language for language, _, official in self.shares(territory) if official]

    def script(self, territory: str) -> str | None:
        """Return the script of the most spoken official language that has a named one."""
        pairs = (likely(language) for language in self.official(territory))
        return next((pair[0] for pair in pairs if pair and pair[0] in self.named_scripts), None)

    def zones(self, territory: str) -> list[str]:
        """Return the ids of a territory's time zones that are named after a place."""
        return self._zones.get(territory, [])

    def region(self, territory: str) -> str | None:
        """Return the UN M.49 code of the continent, read off the names of the time zones."""
        if territory in self.regions:
            return self.regions[territory]
        areas = [zone.split("/")[0] for zone in self.zones(territory)]
        return next((_REGION_OF_ZONE[area] for area in areas if area in _REGION_OF_ZONE), None)

    def since(self, territory: str, currency: str) -> int | None:
        """Return the year from which a currency has been legal tender in a territory."""
        starts = [row[1] for row in get_global("territory_currencies")[territory] if row[0] == currency and row[1]]
        return date(*min(starts)).year if starts else None

    def first_day(self, territory: str) -> int | None:
        """Return the first day of the week (Monday = 0), from any locale of the territory."""
        locale = self._locale_of.get(territory)
        return Locale.parse(locale).first_week_day if locale else None

    @cached_property
    def _zones(self) -> dict[str, list[str]]:
        zones: dict[str, list[str]] = {}
        for zone, territory in sorted(get_global("zone_territories").items()):
            if "/" in zone and zone.split("/")[0] != "Etc":
                zones.setdefault(territory, []).append(zone)
        return zones

    @cached_property
    def _locale_of(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for identifier in sorted(localedata.locale_identifiers()):
            territory = identifier.rsplit("_", 1)[-1]
            if "_" in identifier and len(territory) == 2 and territory.isupper():
                found.setdefault(territory, identifier)
        return found

    def _named(self, table: str) -> frozenset[str]:
        return named_everywhere(self.named_in, table)


def load_cldr(path_to_entities: Path) -> Cldr:
    """Read ``entities.yaml``; raise InputError where the file or one of its keys is missing."""
    try:
        choices = yaml.safe_load(path_to_entities.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path_to_entities}: no such file; it belongs beside the template files") from None
    for key in ("named_in", "dependencies", "regions"):
        if not isinstance(choices, dict) or key not in choices:
            raise InputError(f"{path_to_entities}: {key} is missing")
    return Cldr(tuple(choices["named_in"]), frozenset(choices["dependencies"]), choices["regions"])
