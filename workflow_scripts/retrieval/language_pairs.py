"""Which passage languages a query is searched in: what a collection's evaluation settings ask for."""

from workflow_scripts.data.errors import InputError

MONOLINGUAL, CROSS_LINGUAL, MULTILINGUAL = "monolingual", "cross-lingual", "multilingual"
SETTINGS = (MONOLINGUAL, CROSS_LINGUAL, MULTILINGUAL)


def passage_languages(query_lang: str, languages: list[str], settings: list[str]) -> list[str]:
    """Return, sorted, those of ``languages`` whose passages a query in ``query_lang`` is ranked against.

    Monolingual alone needs the query's language; the other settings come out of all ordered pairs.
    Raises InputError on an unknown setting.
    """
    if unknown := [setting for setting in settings if setting not in SETTINGS]:
        raise InputError(f"settings: {unknown[0]!r} is not one of {', '.join(SETTINGS)}")
    if set(settings) <= {MONOLINGUAL}:
        return [lang for lang in languages if lang == query_lang]
    return sorted(languages)
