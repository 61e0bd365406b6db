"""What the experiment reads of what a hub has: what `fetch` brings, no more and no less.

Not all that the config names is read: nothing may train on a source's language, or have it translated.
"""

from workflow_scripts.data.file_set import FileSet
from workflow_scripts.planning.data_files import collections_file_sets, source_file_sets
from workflow_scripts.planning.lexicons import lexicon_file_sets, lexicon_pairs
from workflow_scripts.planning.runs import Config, pair_languages, pair_sources, text_languages, trained_languages
from workflow_scripts.planning.token_arrays import models_read
from workflow_scripts.planning.translation import back_translator, is_neural, makes_round_trip, translator


def read_pairs(config: Config) -> dict[str, set[str]]:
    """Return by source the languages whose pairs are read: trained on, translated from, or what lexicons learn from."""
    trained, induced = set(trained_languages(config)), lexicon_pairs(config)
    found = {}
    for source in pair_sources(config):
        languages = trained & set(pair_languages(config, source)) | induced.get(source, set())
        found[source] = languages | {"en"} if languages & config["sources"][source]["translate"].keys() else languages
    return found


def read_translations(config: Config) -> list[str]:
    """Return the languages that pairs are translated to, sorted."""
    pairs = read_pairs(config)
    return sorted({lang for source in pairs for lang in pairs[source] & config["sources"][source]["translate"].keys()})


def read_file_sets(config: Config) -> list[FileSet]:
    """Return the sets of data files that are fetched, each once."""
    read = [(source, "pairs", lang) for source, languages in read_pairs(config).items() for lang in sorted(languages)]
    read += [(source, "texts", lang) for source in config["experiment"]["sources"] for lang in text_languages(config)]
    sets = [
        file_set
        for source, kind, lang in read
        if lang in config["sources"][source][kind]
        for file_set in source_file_sets(config, source, kind, lang)
    ]
    return list(dict.fromkeys([*sets, *lexicon_file_sets(config), *collections_file_sets(config)]))


def read_models(config: Config) -> list[str]:
    """Return the encoders that are fetched: not the one that compares translations where there are none."""
    names = models_read(config) if read_translations(config) else models_read(config, compares=False)
    return [name for name in names if "hub" in config["models"][name]]


def read_translators(config: Config) -> list[str]:
    """Return the translation models that are fetched, each once."""
    languages = read_translations(config) if is_neural(config) else []
    names = [translator(config, lang) for lang in languages]
    names += [back_translator(config, lang) for lang in languages] if makes_round_trip(config) else []
    return [name for name in dict.fromkeys(names) if "hub" in config["translators"][name]]
