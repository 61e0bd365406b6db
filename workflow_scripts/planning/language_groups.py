"""Named groups of a collection's languages: what means are taken over. ``resources/languages.csv`` decides."""

from collections.abc import Iterator, Mapping

from workflow_scripts.data.languages import Language, low_resource
from workflow_scripts.planning.runs import Config, text_languages, trained_languages

_FEWEST_OF_A_SCRIPT = 2


def language_groups(config: Config, collection: str, table: Mapping[str, Language]) -> dict[str, list[str]]:
    """Return groups by name, members in the config's order; a group without members is left out."""
    languages = config["collections"][collection]["languages"]
    seen = trained_languages(config)
    low = low_resource(table)
    groups = {
        "all": languages,
        "low-resource": [lang for lang in languages if lang in low],
        "low-resource without yo": [lang for lang in languages if lang in low and lang != "yo"],
        "second tier (hi, th)": [lang for lang in languages if lang in ("hi", "th")],
        "seen in fine-tuning": [lang for lang in languages if lang in seen],
        "unseen in fine-tuning": [lang for lang in languages if lang not in seen],
    }
    # A further group that is another by its rule would only say the same again.
    if "yo" not in languages:
        del groups["low-resource without yo"]
    for name, members in _further_groups(config, languages, table):
        if members and members != languages:
            groups[name] = members
    return {name: members for name, members in groups.items() if members}


def _further_groups(
    config: Config, languages: list[str], table: Mapping[str, Language]
) -> Iterator[tuple[str, list[str]]]:
    pretraining, seen = _pretraining_languages(config, table)
    yield f"seen in {pretraining}", [lang for lang in languages if lang in seen]
    yield f"unseen in {pretraining}", [lang for lang in languages if lang not in seen]
    for script in dict.fromkeys(table[lang].script for lang in languages):
        members = [lang for lang in languages if table[lang].script == script]
        if len(members) >= _FEWEST_OF_A_SCRIPT:
            yield f"script: {script}", members
    paper = {lang for lang, row in table.items() if row.in_paper_miracl_evaluation}
    if paper <= set(languages):  # a mean of some of them could not be compared with the paper's
        yield "the paper's 15", [lang for lang in languages if lang in paper]


def _pretraining_languages(config: Config, table: Mapping[str, Language]) -> tuple[str, set[str]]:
    """The name and languages of our own pre-training where the experiment has any, else XLM-R's.

    Other encoders of a hub have seen others (LaBSE Yoruba, say), so the name tells whose it is.
    """
    models = [config["models"][model] for model in config["experiment"]["models"]]
    if any("pretrain" in model for model in models):
        return "pre-training", set(text_languages(config))
    return "XLM-R's pre-training", {lang for lang, row in table.items() if row.in_xlmr_pretraining}
