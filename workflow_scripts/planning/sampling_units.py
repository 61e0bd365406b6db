"""What is one observation of a collection (``collections.<name>.sampling_unit``): a query, or all about one article."""

from typing import Any

from workflow_scripts.data.errors import InputError
from workflow_scripts.planning.runs import Config

QUERY, PASSAGE, ARTICLE = "query", "passage", "article"

# What ends the article in a passage's id, by format.
_ARTICLE_ENDS = {"atlas": "#", "miracl": "#", "mlqa-r": ".", "xquad-r": "."}
# Questions of reading comprehension are asked about passages of drawn articles. TyDi QA GoldP and SQuAD's files have
# passages by number, so the passage is what can be told; Atlas asks several questions about one entity.
_BY_DEFAULT = {"atlas": ARTICLE, "mlqa-r": ARTICLE, "squad": PASSAGE, "tydiqa": PASSAGE, "xquad-r": ARTICLE}


def complete_sampling_units(config: Config) -> None:
    """Fill in what each collection's observations are, which follows from its format."""
    for entry in config["collections"].values():
        entry.setdefault("sampling_unit", _BY_DEFAULT.get(entry["format"], QUERY))


def check_sampling_units(config: Config) -> None:
    """Raise InputError where articles are asked for whose names stand in no passage's id."""
    for name in config["experiment"]["collections"]:
        entry = config["collections"][name]
        if entry["sampling_unit"] == ARTICLE and _ends(entry) is None:
            raise InputError(
                f"config: collections.{name}.sampling_unit: ids of {entry['format']}'s passages name no article; "
                f"say {QUERY} or {PASSAGE}"
            )


def article_ends(config: Config) -> dict[str, str]:
    """Return, for each chosen collection whose queries are no units, what ends the unit's name in a passage's id.

    It is empty where the passage itself is the unit.
    """
    entries = {name: config["collections"][name] for name in config["experiment"]["collections"]}
    return {
        name: "" if entry["sampling_unit"] == PASSAGE else str(_ends(entry))
        for name, entry in entries.items()
        if entry["sampling_unit"] != QUERY
    }


def _ends(entry: dict[str, Any]) -> str | None:
    return "#" if entry.get("dataset") == "miracl" else _ARTICLE_ENDS.get(entry["format"])
