# Settings of the analysis, and what the experiment has to show.


def language_names():
    return {code: language.name for code, language in LANGUAGES.items()}


def analysis(wildcards):
    return section.analysis_settings(config, LANGUAGES)


def display(wildcards):
    return section.display_settings(config, LANGUAGES, language_names())


def whole_config(wildcards):
    return section.report_settings(config, LANGUAGES, language_names())


# --- What the experiment has to show. A plot whose subject the experiment lacks is left out.


def collection_plots(collection):
    """The figures that each collection has for itself, by the settings it is searched in."""
    settings = config["collections"][collection]["settings"]
    figures = {"heatmap": "cross-lingual", "language_bias": "multilingual"}
    names = [name for name, needed in figures.items() if needed in settings]
    if len(set(runs.alphas(config).values())) > 1:
        names.append("alpha")
    return [f"{collection}/{name}" for name in names]


def plot_names():
    names = ["scaling", "languages"]
    if config["report"]["compare"]["baselines"]:
        names.append("comparisons")
    for collection in config["experiment"]["collections"]:
        names += collection_plots(collection)
    if runs.trained_runs(config):
        names += ["training", "batches"]
    if runs.dense_runs(config):
        names.append("cost")
    if translation_yields(None):
        names.append("translation_yield")
    return names


def every_plot(wildcards):
    return expand(
        "<results>/plots/{name}.{form}", name=plot_names(), form=["svg", "png", "pdf"]
    )


def every_svg(wildcards):
    return expand("<results>/plots/{name}.svg", name=plot_names())


def every_table(wildcards):
    return expand(
        "<results>/tables/{collection}.{form}",
        collection=config["experiment"]["collections"],
        form=["csv", "md", "tex"],
    )


def report_tables(wildcards):
    return expand(
        "<results>/tables/{name}.csv",
        name=[
            "per_language",
            "per_group",
            "bias",
            "comparisons",
            "scaling",
            "models",
            "published",
            *(["costs"] if runs.dense_runs(config) else []),
            *(["index_recall"] if index_recalls(wildcards) else []),
        ],
    )


def figure_flags(wildcards, input):
    """Figures by their place below plots/: `scaling`, `<collection>/heatmap`."""
    return [
        f"{Path(path).relative_to(made('plots')).with_suffix('')}={path}"
        for path in input.figures
    ]


def table_flags(wildcards, input):
    return [f"{Path(path).stem}={path}" for path in input.tables]


def path_to_expected_values():
    return shipped(f"expected/{config['experiment']['name']}.yaml")


def expected_values(wildcards):
    """Values that this experiment should give, where somebody has written them down."""
    path = path_to_expected_values()
    return path if os.path.isfile(path) else []


def published_results(wildcards):
    """Published reference lines belong to MIRACL alone."""
    name = config["report"]["collection"]
    is_miracl = section.whole_datasets(config).get(name) == "miracl"
    return resource("published_results.csv") if is_miracl else []


def dropped_rows(wildcards):
    pretrained = bool(runs.text_languages(config))
    pairs = [
        f"<results>/pairs/prepared/{name}/{lang}.dropped.csv"
        for name in runs.pair_sources(config)
        for lang in runs.prepared_languages(config, name)
    ]
    texts = [
        f"<results>/texts/{name}/{lang}.dropped.csv"
        for name in (config["experiment"]["sources"] if pretrained else [])
        for lang in config["sources"][name]["texts"]
    ]
    collections = [
        f"<results>/collections/{name}/{lang}/dropped.csv"
        for name in config["experiment"]["collections"]
        for lang in config["collections"][name]["languages"]
    ]
    return pairs + texts + collections
