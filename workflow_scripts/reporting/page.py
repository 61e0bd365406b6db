"""The report page: one HTML file that holds everything it shows and asks no host for anything."""

import base64
import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2

from workflow_scripts.data.errors import InputError
from workflow_scripts.reporting.html_table import HtmlTable

CONTENTS = (
    ("answer", "Answer"),
    ("noise", "What is known and what is noise"),
    ("groups", "All settings"),
    ("alpha", "How many monolingual batches?"),
    ("published", "Beside published values"),
    ("languages", "Languages"),
    ("pairs-of-languages", "Cross-lingual retrieval"),
    ("bias", "Language bias"),
    ("training", "Training"),
    ("cost", "Cost against quality"),
    ("index-recall", "What approximate search loses"),
    ("translation", "Translation yield"),
    ("codeswitching", "Code-switching"),
    ("decontamination", "Decontamination"),
    ("method", "Method"),
    ("data", "Data and licences"),
    ("provenance", "Provenance"),
    ("reproduce", "How to reproduce this"),
)
FIGURES = ("scaling", "comparisons", "languages", "training", "batches", "cost", "translation_yield")
COLLECTION_FIGURES = ("heatmap", "language_bias", "alpha")  # of each collection, named <collection>/<figure>
_APPROXIMATE = "index-recall"  # the section that only an experiment with approximate indexes has
_LAST_OF_HEADLINE = "bias"  # the sections of further collections follow it


@dataclass(frozen=True)
class FurtherCollection:
    """The section of a collection that is not the headline's.

    ``tables`` and ``comparisons`` are one a setting, ``figures`` (name → data URI) are what there is of
    ``COLLECTION_FIGURES``, ``bias`` is None where the collection is not searched in the pool of all languages,
    ``sampling_units`` says what counts as one observation where queries do not, ``few_queries`` names languages of too
    few for an interval, ``few_draws`` is how many draws its comparisons need, 0 where there are as many.
    """

    name: str
    languages: str
    parallel: bool
    tables: dict[str, HtmlTable]
    comparisons: dict[str, HtmlTable]
    figures: dict[str, str]
    bias: HtmlTable | None
    sampling_units: str
    few_queries: str
    few_draws: int

    @property
    def anchor(self) -> str:
        """The id of the section."""
        return f"collection-{self.name}"

    @property
    def heading(self) -> str:
        """The heading of the section."""
        return f"Collection {self.name}"


@dataclass(frozen=True)
class PageFiles:
    """What the page is made from, besides data: template, style sheet and script, as text."""

    template: str
    style: str
    script: str

    @classmethod
    def read(cls, template: str | Path, style: str | Path, script: str | Path) -> "PageFiles":
        """Read the three files."""
        return cls(*(Path(path).read_text(encoding="utf-8") for path in (template, style, script)))


def contents(collections: list[FurtherCollection], approximate: bool) -> list[tuple[str, str]]:
    """Return anchor and heading of every section, in the page's order; ``approximate``: what indexes lose is known."""
    sections = [section for section in CONTENTS if approximate or section[0] != _APPROXIMATE]
    place = [anchor for anchor, _ in sections].index(_LAST_OF_HEADLINE) + 1
    sections[place:place] = [(collection.anchor, collection.heading) for collection in collections]
    return sections


def render_page(files: PageFiles, facts: dict[str, Any]) -> str:
    """Return the page as HTML.

    ``facts`` are what the template names; every text among them is escaped. A content security
    policy lets the browser run the one script and the one style sheet of the page, by their digests,
    and load nothing else: text that escaped its escaping would still do nothing.
    Raises jinja2.UndefinedError where the template names a fact that is not given.
    """
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(files.template).render(
        **facts,
        style=files.style,
        script=files.script,
        style_hash=_policy_hash(files.style),
        script_hash=_policy_hash(files.script),
    )


def _policy_hash(content: str) -> str:
    return "sha256-" + base64.b64encode(sha256(content.encode("utf-8")).digest()).decode("ascii")


def embed_figure(path: str | Path) -> str:
    """Return an SVG file as a data URI: within an image no script runs and ids are its own."""
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run the rule that makes it") from None
    if not re.search(rb"<svg\b", content[:2000]):
        raise InputError(f"{path}: not an SVG image; give the figure's .svg file")
    return "data:image/svg+xml;base64," + base64.b64encode(content).decode("ascii")


def read_verdict(path: str | Path) -> tuple[list[str], list[str]]:
    """Return the sentences of verdict.json: those about the first baseline, which answer the question, and the others.

    There are none where nothing is compared. Raises InputError where it is not such a file.
    """
    try:
        verdict = json.loads(Path(path).read_text(encoding="utf-8"))
        first = next(iter(verdict["headline"]["baselines"]), None)
        answer = [entry["sentence"] for entry in verdict["sentences"] if entry["baseline"] == first]
        further = [entry["sentence"] for entry in verdict["sentences"] if entry["baseline"] != first]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run fit_scaling") from None
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not the verdict that fit_scaling writes ({error!r}); remove it and rerun") from error
    return answer, further
