# Lexicons and code-switching.


def lexicon_source_file(wildcards):
    if lexicon_format(wildcards) == data_files.GENERATED:
        return "<results>/sources/atlas/glossary/{lang}.tsv"
    return lexicons.lexicon_path(config, wildcards.lexicon, wildcards.lang, LANGUAGES)


def lexicons_made(induced):
    """A wildcard constraint: the lexicons that are induced, or those that are read."""
    return one_of(
        name
        for name, entry in config["lexicons"].items()
        if (entry["format"] == lexicons.INDUCED) == induced
    )


def parallel_tables(wildcards, lang):
    kind = config["lexicons"][wildcards.lexicon]["parallel"]
    sources = lexicons.parallel_sources(config, wildcards.lexicon, wildcards.lang)
    if kind == "texts":
        return [f"<results>/texts/{source}/{lang}.parquet" for source in sources]
    return [pair_table(source, lang) for source in sources]


def parallel_english(wildcards):
    return parallel_tables(wildcards, "en")


def parallel_other(wildcards):
    return parallel_tables(wildcards, wildcards.lang)


def induction_settings(wildcards):
    return section.induction_settings(config, wildcards.lexicon)


def lexicon_format(wildcards):
    return config["lexicons"][wildcards.lexicon]["format"]


def lexicon_tables(names):
    return [
        f"<results>/lexicons/{name}/{lang}.parquet"
        for name in names
        for lang in config["lexicons"][name]["languages"]
    ]


def switching_lexicons(wildcards):
    return lexicon_tables(
        config["strategies"][wildcards.strategy]["codeswitch"]["lexicons"]
    )


def lexicons_in_use(wildcards):
    return lexicon_tables(lexicons.lexicons_in_use(config))


def switched_pairs(wildcards):
    return [
        pair_table(source, "en")
        for source in lexicons.switched_sources(config)
        if source in config["experiment"]["sources"]
    ]


def lexicon_coverage(wildcards):
    """For the report; nothing where no strategy switches codes."""
    found = lexicons.lexicons_in_use(config)
    return ["<results>/tables/lexicon_coverage.csv"] if found else []


def switching_rates(wildcards):
    return expand(
        "<results>/pairs/codeswitched/{strategy}/{source}.rates.csv",
        strategy=lexicons.switching_strategies(config),
        source=lexicons.switched_sources(config),
    )


def lexicon_flags(wildcards, input):
    return [f"{Path(path).stem}={path}" for path in input.lexicons]


def english_pairs(wildcards):
    return pair_table(wildcards.source, "en")


def codeswitch_settings(wildcards):
    return section.codeswitch_settings(config, wildcards.strategy)
