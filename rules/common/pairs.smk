# Pairs and texts, and what of them evaluation text contains.


def pair_table(source, lang):
    origin = "prepared" if lang in config["sources"][source]["pairs"] else "translated"
    return f"<results>/pairs/{origin}/{source}/{lang}.parquet"


def pair_tables(languages):
    """Of the sources that train, then of the one that is held out."""
    return [
        pair_table(source, lang)
        for source in runs.pair_sources(config)
        for lang in runs.pair_languages(config, source)
        if lang in languages
    ]


def text_tables(languages):
    return [
        f"<results>/texts/{source}/{lang}.parquet"
        for source in config["experiment"]["sources"]
        for lang in config["sources"][source]["texts"]
        if lang in languages
    ]


def training_text_in_language(wildcards):
    tables = {"pairs": pair_tables, "texts": text_tables}[wildcards.kind]
    return tables([wildcards.lang])


def evaluation_in_language(wildcards):
    return [
        f"<results>/collections/{name}/{wildcards.lang}/{table}.parquet"
        for name in config["experiment"]["collections"]
        if wildcards.lang in config["collections"][name]["languages"]
        for table in ("queries", "passages")
    ]


def evaluation_flags(wildcards):
    return [
        f"{name}={made(f'collections/{name}/{wildcards.lang}')}"
        for name in config["experiment"]["collections"]
        if wildcards.lang in config["collections"][name]["languages"]
    ]


def script_of_language(wildcards):
    """All that a job takes from the table of languages."""
    return LANGUAGES[wildcards.lang].script


def translated_share(wildcards):
    return config["sources"][wildcards.source]["translate"][wildcards.lang]


def training_pairs(wildcards):
    if "codeswitch" in config["strategies"][wildcards.strategy]:
        return [
            f"<results>/pairs/codeswitched/{wildcards.strategy}/{source}.parquet"
            for source in lexicons.switched_sources(config)
        ]
    return pair_tables(runs.training_languages(config, wildcards.strategy))


def training_overlaps(wildcards):
    return expand(
        "<results>/overlaps/pairs/{lang}.parquet",
        lang=runs.overlap_languages(config, wildcards.strategy),
    )


def pretraining_texts(wildcards):
    return text_tables(runs.text_languages(config))


def pretraining_overlaps(wildcards):
    return expand(
        "<results>/overlaps/texts/{lang}.parquet", lang=runs.text_languages(config)
    )


def overlap_reports(wildcards):
    return expand(
        "<results>/overlaps/pairs/{lang}.csv", lang=runs.trained_languages(config)
    ) + expand("<results>/overlaps/texts/{lang}.csv", lang=runs.text_languages(config))


def translation_yields(wildcards):
    """Of the languages that something trains on: for the others nothing is translated."""
    trained = runs.trained_languages(config)
    return [
        f"<results>/pairs/translated/{source}/{lang}.yield.csv"
        for source in runs.pair_sources(config)
        for lang in config["sources"][source]["translate"]
        if lang in trained
    ]
