"""Names in one language, from Unicode CLDR through ``babel``."""

from dataclasses import dataclass
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from workflow_scripts.data.errors import InputError


@dataclass(frozen=True)
class Names:
    """CLDR's names in ``lang``: code → name of territories (and regions), languages, currencies and scripts.

    ``days`` counts from Monday = 0; ``cities`` maps time zones to their exemplar cities.
    """

    lang: str
    territories: dict[str, str]
    languages: dict[str, str]
    currencies: dict[str, str]
    scripts: dict[str, str]
    days: dict[int, str]
    cities: dict[str, str]

    def city(self, zone: str) -> str:
        """Return a time zone's exemplar city; where a locale names none, CLDR takes the end of the zone's id."""
        return self.cities.get(zone) or zone.rsplit("/", 1)[1].replace("_", " ")


@cache
def load_names(lang: str) -> Names:
    """Read a language's names from babel; raise InputError where CLDR has no such locale.

    Only flat tables and ``days.format.wide`` are read: babel resolves aliases into tables that
    locales share, so what lies behind an alias (stand-alone weekdays) depends on which locale came first.
    """
    try:
        locale = Locale.parse(lang)
    except (ValueError, UnknownLocaleError):
        raise InputError(f"atlas: CLDR has no language {lang!r}; use a code such as sw") from None
    cities = {zone: entry["city"] for zone, entry in locale.time_zones.items() if "city" in entry}
    return Names(
        lang,
        dict(locale.territories),
        dict(locale.languages),
        dict(locale.currencies),
        dict(locale.scripts),
        dict(locale.days["format"]["wide"]),
        cities,
    )


@cache
def named_everywhere(langs: tuple[str, ...], table: str) -> frozenset[str]:
    """Return the codes of ``table`` (an attribute of Names) that every one of ``langs`` has a name for."""
    return frozenset.intersection(*(frozenset(getattr(load_names(lang), table)) for lang in langs))


def likely(language: str) -> tuple[str, str] | None:
    """Return the script and the territory in which CLDR expects a language (``likelySubtags``), or None."""
    parts = (get_global("likely_subtags").get(language) or "").split("_")
    return (parts[1], parts[2]) if len(parts) == 3 else None
