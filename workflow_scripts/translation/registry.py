"""The translation engines there are, by the name that the config gives them (``translation.engine``)."""

from collections.abc import Callable
from pathlib import Path

from workflow_scripts.data.errors import InputError
from workflow_scripts.translation.engine import Engine
from workflow_scripts.translation.glossary import GlossaryEngine, read_glossary


def _glossary(source_lang: str, target_lang: str, path_to_glossary: Path | None) -> Engine:
    if path_to_glossary is None:
        raise InputError(
            f"translation.engine: glossary needs a phrase table from {source_lang} to {target_lang}; "
            "name it with --glossary"
        )
    return GlossaryEngine(read_glossary(path_to_glossary), source_lang, target_lang)


ENGINES: dict[str, Callable[[str, str, Path | None], Engine]] = {"glossary": _glossary}


def make_engine(name: str, source_lang: str, target_lang: str, path_to_glossary: Path | None = None) -> Engine:
    """Return the engine called ``name``, ready for one direction; raise InputError where there is none."""
    if name not in ENGINES:
        raise InputError(f"translation.engine: no engine is called {name!r}; there is {', '.join(sorted(ENGINES))}")
    return ENGINES[name](source_lang, target_lang, path_to_glossary)
