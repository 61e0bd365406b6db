"""What translation models call the languages: ``resources/translation_languages.csv``.

Each family of models has names of its own: NLLB-200 (arXiv 2207.04672) the FLORES codes, M2M-100 (arXiv 2010.11125)
mostly ISO 639-1, MADLAD-400 (arXiv 2309.04662) BCP 47, OPUS-MT several, by the year of the model; there a cell holds
them all, in the order in which they are looked for in a model's vocabulary. An empty cell: the family does not know
the language.
"""

import csv
from collections.abc import Mapping
from pathlib import Path

from workflow_scripts.data.errors import InputError

# Families of translation models, and what the config.json of each says of its architecture.
ARCHITECTURES = {"nllb": "m2m_100", "m2m100": "m2m_100", "madlad400": "t5", "opus-mt": "marian"}
FAMILIES = tuple(ARCHITECTURES)

Tags = Mapping[str, Mapping[str, tuple[str, ...]]]  # lang -> family -> names, the first the likeliest


def read_translation_languages(path: str | Path) -> Tags:
    """Return the names of each language in each family; raise InputError where the file is no such table."""
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            if reader.fieldnames != ["lang", *FAMILIES]:
                raise InputError(f"{path}: line 1: not the columns lang, {', '.join(FAMILIES)}")
            tags: dict[str, dict[str, tuple[str, ...]]] = {}
            for row in reader:
                where = f"{path}: line {reader.line_num}"
                if None in row or None in row.values():
                    raise InputError(f"{where}: has not the {len(reader.fieldnames)} cells of the header")
                if row["lang"] in tags:
                    raise InputError(f"{where}: language {row['lang']} stands twice; remove one of the rows")
                tags[row["lang"]] = {family: tuple(row[family].split()) for family in FAMILIES}
            return tags
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; name the table of translation models' languages") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a CSV table in UTF-8 ({error})") from error


def language_names(tags: Tags, family: str, lang: str) -> tuple[str, ...]:
    """Return what models of ``family`` may call ``lang``; raise InputError where they do not know it."""
    names = tags.get(lang, {}).get(family, ())
    if not names:
        known = ", ".join(code for code, of in tags.items() if of[family])
        raise InputError(
            f"{family} models do not know {lang!r}; they know {known} (resources/translation_languages.csv)"
        )
    return names
