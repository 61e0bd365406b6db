# Figures, one rule each; rules/common.smk says which of them the experiment has.


rule plot_scaling:
    input:
        per_group="<results>/tables/per_group.csv",
        models="<results>/tables/models.csv",
        published=published_results,
    output:
        svg=report(
            "<results>/plots/scaling.svg",
            caption="../resources/captions/scaling.rst",
            category="Plots",
            labels={"plot": "scaling"},
        ),
        png="<results>/plots/scaling.png",
        pdf="<results>/plots/scaling.pdf",
    log:
        "<logs>/plot_scaling.log",
    benchmark:
        "<benchmarks>/plot_scaling.tsv"
    conda:
        "../envs/report.yaml"
    params:
        settings=display,
        code=code("plot_scaling"),
    shell:
        "python -m workflow_scripts.plot_scaling"
        " --per-group {input.per_group:q}"
        " --models {input.models:q}"
        " --published {input.published:q}"
        " --settings {params.settings:q}"
        " --output-svg {output.svg:q}"
        " --output-png {output.png:q}"
        " --output-pdf {output.pdf:q}"
        " &> {log:q}"


rule plot_languages:
    input:
        per_language="<results>/tables/per_language.csv",
        models="<results>/tables/models.csv",
    output:
        svg=report(
            "<results>/plots/languages.svg",
            caption="../resources/captions/languages.rst",
            category="Plots",
            labels={"plot": "languages"},
        ),
        png="<results>/plots/languages.png",
        pdf="<results>/plots/languages.pdf",
    log:
        "<logs>/plot_languages.log",
    benchmark:
        "<benchmarks>/plot_languages.tsv"
    conda:
        "../envs/report.yaml"
    params:
        settings=display,
        code=code("plot_languages"),
    shell:
        "python -m workflow_scripts.plot_languages"
        " --per-language {input.per_language:q}"
        " --models {input.models:q}"
        " --settings {params.settings:q}"
        " --output-svg {output.svg:q}"
        " --output-png {output.png:q}"
        " --output-pdf {output.pdf:q}"
        " &> {log:q}"


rule plot_language_bias:
    input:
        per_group="<results>/tables/per_group.csv",
        bias="<results>/tables/bias.csv",
        models="<results>/tables/models.csv",
    output:
        svg=report(
            "<results>/plots/{collection}/language_bias.svg",
            caption="../resources/captions/language_bias.rst",
            category="Plots",
            labels={"plot": "language bias", "collection": "{collection}"},
        ),
        png="<results>/plots/{collection}/language_bias.png",
        pdf="<results>/plots/{collection}/language_bias.pdf",
    log:
        "<logs>/plot_language_bias/{collection}.log",
    benchmark:
        "<benchmarks>/plot_language_bias/{collection}.tsv"
    wildcard_constraints:
        collection=one_of(config["experiment"]["collections"]),
    conda:
        "../envs/report.yaml"
    params:
        settings=display,
        code=code("plot_language_bias"),
    shell:
        "python -m workflow_scripts.plot_language_bias"
        " --per-group {input.per_group:q}"
        " --bias {input.bias:q}"
        " --models {input.models:q}"
        " --collection {wildcards.collection:q}"
        " --settings {params.settings:q}"
        " --output-svg {output.svg:q}"
        " --output-png {output.png:q}"
        " --output-pdf {output.pdf:q}"
        " &> {log:q}"


rule plot_alpha:
    input:
        per_group="<results>/tables/per_group.csv",
        models="<results>/tables/models.csv",
    output:
        svg=report(
            "<results>/plots/{collection}/alpha.svg",
            caption="../resources/captions/alpha.rst",
            category="Plots",
            labels={"plot": "alpha", "collection": "{collection}"},
        ),
        png="<results>/plots/{collection}/alpha.png",
        pdf="<results>/plots/{collection}/alpha.pdf",
    log:
        "<logs>/plot_alpha/{collection}.log",
    benchmark:
        "<benchmarks>/plot_alpha/{collection}.tsv"
    wildcard_constraints:
        collection=one_of(config["experiment"]["collections"]),
    conda:
        "../envs/report.yaml"
    params:
        settings=display,
        code=code("plot_alpha"),
    shell:
        "python -m workflow_scripts.plot_alpha"
        " --per-group {input.per_group:q}"
        " --models {input.models:q}"
        " --collection {wildcards.collection:q}"
        " --settings {params.settings:q}"
        " --output-svg {output.svg:q}"
        " --output-png {output.png:q}"
        " --output-pdf {output.pdf:q}"
        " &> {log:q}"


rule plot_comparisons:
    input:
        comparisons="<results>/tables/comparisons.csv",
    output:
        svg=report(
            "<results>/plots/comparisons.svg",
            caption="../resources/captions/comparisons.rst",
            category="Plots",
            labels={"plot": "comparisons"},
        ),
        png="<results>/plots/comparisons.png",
        pdf="<results>/plots/comparisons.pdf",
    log:
        "<logs>/plot_comparisons.log",
    benchmark:
        "<benchmarks>/plot_comparisons.tsv"
    conda:
        "../envs/report.yaml"
    params:
        settings=display,
        code=code("plot_comparisons"),
    shell:
        "python -m workflow_scripts.plot_comparisons"
        " --comparisons {input.comparisons:q}"
        " --settings {params.settings:q}"
        " --output-svg {output.svg:q}"
        " --output-png {output.png:q}"
        " --output-pdf {output.pdf:q}"
        " &> {log:q}"


rule plot_heatmap:
    input:
        means="<results>/tables/means.parquet",
        models="<results>/tables/models.csv",
    output:
        svg=report(
            "<results>/plots/{collection}/heatmap.svg",
            caption="../resources/captions/heatmap.rst",
            category="Plots",
            labels={"plot": "heatmap", "collection": "{collection}"},
        ),
        png="<results>/plots/{collection}/heatmap.png",
        pdf="<results>/plots/{collection}/heatmap.pdf",
    log:
        "<logs>/plot_heatmap/{collection}.log",
    benchmark:
        "<benchmarks>/plot_heatmap/{collection}.tsv"
    wildcard_constraints:
        collection=one_of(config["experiment"]["collections"]),
    conda:
        "../envs/report.yaml"
    params:
        settings=display,
        code=code("plot_heatmap"),
    shell:
        "python -m workflow_scripts.plot_heatmap"
        " --means {input.means:q}"
        " --models {input.models:q}"
        " --collection {wildcards.collection:q}"
        " --settings {params.settings:q}"
        " --output-svg {output.svg:q}"
        " --output-png {output.png:q}"
        " --output-pdf {output.pdf:q}"
        " &> {log:q}"


rule plot_training:
    input:
        metrics=all_metrics,
    output:
        svg=report(
            "<results>/plots/training.svg",
            caption="../resources/captions/training.rst",
            category="Plots",
            labels={"plot": "training"},
        ),
        png="<results>/plots/training.png",
        pdf="<results>/plots/training.pdf",
    log:
        "<logs>/plot_training.log",
    benchmark:
        "<benchmarks>/plot_training.tsv"
    conda:
        "../envs/report.yaml"
    params:
        settings=display,
        code=code("plot_training"),
    shell:
        "python -m workflow_scripts.plot_training"
        " --metrics {input.metrics:q}"
        " --settings {params.settings:q}"
        " --output-svg {output.svg:q}"
        " --output-png {output.png:q}"
        " --output-pdf {output.pdf:q}"
        " &> {log:q}"


rule plot_batches:
    input:
        batches=all_batches,
    output:
        svg=report(
            "<results>/plots/batches.svg",
            caption="../resources/captions/batches.rst",
            category="Plots",
            labels={"plot": "batches"},
        ),
        png="<results>/plots/batches.png",
        pdf="<results>/plots/batches.pdf",
    log:
        "<logs>/plot_batches.log",
    benchmark:
        "<benchmarks>/plot_batches.tsv"
    conda:
        "../envs/report.yaml"
    params:
        settings=display,
        code=code("plot_batches"),
    shell:
        "python -m workflow_scripts.plot_batches"
        " --batches {input.batches:q}"
        " --settings {params.settings:q}"
        " --output-svg {output.svg:q}"
        " --output-png {output.png:q}"
        " --output-pdf {output.pdf:q}"
        " &> {log:q}"


rule plot_cost:
    input:
        per_group="<results>/tables/per_group.csv",
        costs="<results>/tables/costs.csv",
    output:
        svg=report(
            "<results>/plots/cost.svg",
            caption="../resources/captions/cost.rst",
            category="Plots",
            labels={"plot": "cost"},
        ),
        png="<results>/plots/cost.png",
        pdf="<results>/plots/cost.pdf",
    log:
        "<logs>/plot_cost.log",
    benchmark:
        "<benchmarks>/plot_cost.tsv"
    conda:
        "../envs/report.yaml"
    params:
        settings=display,
        code=code("plot_cost"),
    shell:
        "python -m workflow_scripts.plot_cost"
        " --per-group {input.per_group:q}"
        " --costs {input.costs:q}"
        " --settings {params.settings:q}"
        " --output-svg {output.svg:q}"
        " --output-png {output.png:q}"
        " --output-pdf {output.pdf:q}"
        " &> {log:q}"


rule plot_translation_yield:
    input:
        yields=translation_yields,
    output:
        svg=report(
            "<results>/plots/translation_yield.svg",
            caption="../resources/captions/translation_yield.rst",
            category="Plots",
            labels={"plot": "translation yield"},
        ),
        png="<results>/plots/translation_yield.png",
        pdf="<results>/plots/translation_yield.pdf",
    log:
        "<logs>/plot_translation_yield.log",
    benchmark:
        "<benchmarks>/plot_translation_yield.tsv"
    conda:
        "../envs/report.yaml"
    params:
        code=code("plot_translation_yield"),
    shell:
        "python -m workflow_scripts.plot_translation_yield"
        " --yield {input.yields:q}"
        " --output-svg {output.svg:q}"
        " --output-png {output.png:q}"
        " --output-pdf {output.pdf:q}"
        " &> {log:q}"
