# Statistics, tables and the page that joins them with the plots.


rule count_parameters:
    input:
        base_models,
    output:
        report(
            "<results>/tables/models.csv",
            caption="../resources/captions/models.rst",
            category="Models",
        ),
    log:
        "<logs>/count_parameters.log",
    benchmark:
        "<benchmarks>/count_parameters.tsv"
    conda:
        "../envs/train.yaml"
    params:
        settings=section.models_settings(config),
        folders=base_folders,
        code=code("count_parameters"),
    shell:
        "python -m workflow_scripts.count_parameters"
        " --base {params.folders:q}"
        " --models {params.settings:q}"
        " --output {output:q}"
        " &> {log:q}"


rule aggregate:
    input:
        scores=all_scores,
        qrels=judgements_of_units,
        bias=all_bias,
    output:
        means="<results>/tables/means.parquet",
        per_language=report(
            "<results>/tables/per_language.csv",
            caption="../resources/captions/per_language.rst",
            category="Tables",
            labels={"table": "per language"},
        ),
        per_passage_language="<results>/tables/per_passage_language.csv",
        per_group=report(
            "<results>/tables/per_group.csv",
            caption="../resources/captions/per_group.rst",
            category="Tables",
            labels={"table": "per group"},
        ),
        bias=report(
            "<results>/tables/bias.csv",
            caption="../resources/captions/bias.rst",
            category="Tables",
            labels={"table": "language bias"},
        ),
    log:
        "<logs>/aggregate.log",
    benchmark:
        "<benchmarks>/aggregate.tsv"
    conda:
        "../envs/report.yaml"
    params:
        settings=analysis,
        qrels=unit_flags,
        code=code("aggregate"),
    shell:
        "python -m workflow_scripts.aggregate"
        " --scores {input.scores:q}"
        " --qrels {params.qrels:q}"
        " --bias {input.bias:q}"
        " --settings {params.settings:q}"
        " --means {output.means:q}"
        " --per-language {output.per_language:q}"
        " --per-passage-language {output.per_passage_language:q}"
        " --per-group {output.per_group:q}"
        " --bias-table {output.bias:q}"
        " &> {log:q}"


rule compare:
    input:
        scores=all_scores,
        qrels=judgements_of_units,
    output:
        comparisons=report(
            "<results>/tables/comparisons.csv",
            caption="../resources/captions/comparisons.rst",
            category="Tables",
            labels={"table": "comparisons"},
        ),
        all_pairs="<results>/tables/all_comparisons.csv",
    log:
        "<logs>/compare.log",
    benchmark:
        "<benchmarks>/compare.tsv"
    conda:
        "../envs/report.yaml"
    params:
        settings=analysis,
        qrels=unit_flags,
        code=code("compare"),
    shell:
        "python -m workflow_scripts.compare"
        " --scores {input.scores:q}"
        " --qrels {params.qrels:q}"
        " --settings {params.settings:q}"
        " --output {output.comparisons:q}"
        " --all-pairs {output.all_pairs:q}"
        " &> {log:q}"


rule fit_scaling:
    input:
        scores=all_scores,
        qrels=judgements_of_units,
        models="<results>/tables/models.csv",
    output:
        scaling=report(
            "<results>/tables/scaling.csv",
            caption="../resources/captions/scaling.rst",
            category="Tables",
            labels={"table": "slopes"},
        ),
        verdict="<results>/tables/verdict.json",
    log:
        "<logs>/fit_scaling.log",
    benchmark:
        "<benchmarks>/fit_scaling.tsv"
    conda:
        "../envs/report.yaml"
    params:
        settings=analysis,
        qrels=unit_flags,
        code=code("fit_scaling"),
    shell:
        "python -m workflow_scripts.fit_scaling"
        " --scores {input.scores:q}"
        " --qrels {params.qrels:q}"
        " --models {input.models:q}"
        " --settings {params.settings:q}"
        " --output {output.scaling:q}"
        " --verdict {output.verdict:q}"
        " &> {log:q}"


rule sum_costs:
    input:
        # Scores come after all that is summed; its thousands of benchmark files and manifests are too many for a command.
        all_scores,
    output:
        report(
            "<results>/tables/costs.csv",
            caption="../resources/captions/costs.rst",
            category="Tables",
            labels={"table": "costs"},
        ),
    log:
        "<logs>/sum_costs.log",
    conda:
        "../envs/report.yaml"
    params:
        settings=section.cost_settings(config),
        benchmarks=benchmarks_folder(),
        logs=logs_folder(),
        results=lambda wildcards: made(""),
        code=code("sum_costs"),
    shell:
        "python -m workflow_scripts.sum_costs"
        " --benchmarks {params.benchmarks:q}"
        " --logs {params.logs:q}"
        " --results {params.results:q}"
        " --settings {params.settings:q}"
        " --output {output:q}"
        " &> {log:q}"


# Where indexes are approximate.
rule aggregate_recalls:
    """what approximate search misses of exact search, in one table"""
    input:
        index_recalls,
    output:
        report(
            "<results>/tables/index_recall.csv",
            caption="../resources/captions/index_recall.rst",
            category="Tables",
            labels={"table": "index recall"},
        ),
    log:
        "<logs>/aggregate_recalls.log",
    benchmark:
        "<benchmarks>/aggregate_recalls.tsv"
    conda:
        "../envs/report.yaml"
    params:
        settings=section.replicate_settings(config),
        folder=made("recall"),
        runs=[run.path for run in runs.dense_runs(config)],
        parts=searched_parts(),
        code=code("aggregate_recalls"),
    shell:
        "python -m workflow_scripts.aggregate_recalls"
        " --folder {params.folder:q}"
        " --runs {params.runs:q}"
        " --parts {params.parts:q}"
        " --settings {params.settings:q}"
        " --output {output:q}"
        " &> {log:q}"


rule write_model_cards:
    input:
        means="<results>/tables/means.parquet",
        manifests=all_manifests,
        batches=all_batches,
        metrics=all_metrics,
        licences=resource("report/licences.csv"),
    output:
        all_model_cards(None),
    log:
        "<logs>/write_model_cards.log",
    benchmark:
        "<benchmarks>/write_model_cards.tsv"
    conda:
        "../envs/report.yaml"
    params:
        settings=section.card_settings(config),
        folders=model_folders,
        code=code("write_model_cards"),
    shell:
        "python -m workflow_scripts.write_model_cards"
        " --means {input.means:q}"
        " --licences {input.licences:q}"
        " --models {params.folders:q}"
        " --settings {params.settings:q}"
        " &> {log:q}"


rule format_tables:
    input:
        per_language="<results>/tables/per_language.csv",
        per_group="<results>/tables/per_group.csv",
        comparisons="<results>/tables/all_comparisons.csv",
    output:
        csv="<results>/tables/{collection}.csv",
        markdown=report(
            "<results>/tables/{collection}.md",
            caption="../resources/captions/table.rst",
            category="Tables",
            labels={"table": "{collection}"},
        ),
        latex="<results>/tables/{collection}.tex",
    log:
        "<logs>/format_tables/{collection}.log",
    benchmark:
        "<benchmarks>/format_tables/{collection}.tsv"
    wildcard_constraints:
        collection=one_of(config["experiment"]["collections"]),
    conda:
        "../envs/report.yaml"
    params:
        settings=display,
        code=code("format_tables"),
    shell:
        "python -m workflow_scripts.format_tables"
        " --per-language {input.per_language:q}"
        " --per-group {input.per_group:q}"
        " --comparisons {input.comparisons:q}"
        " --collection {wildcards.collection:q}"
        " --settings {params.settings:q}"
        " --csv {output.csv:q}"
        " --markdown {output.markdown:q}"
        " --latex {output.latex:q}"
        " &> {log:q}"


rule report:
    """the page with the answer"""
    input:
        figures=every_svg,
        tables=report_tables,
        verdict="<results>/tables/verdict.json",
        licences=resource("report/licences.csv"),
        manifests=all_manifests,
        yields=translation_yields,
        overlaps=overlap_reports,
        coverage=lexicon_coverage,
        rates=switching_rates,
        dropped=dropped_rows,
        template=resource("report/page.html.j2"),
        style=resource("report/style.css"),
        script=resource("report/tables.js"),
    output:
        report(
            "<results>/report.html",
            caption="../resources/captions/report.rst",
            category="Report",
        ),
    log:
        "<logs>/report.log",
    conda:
        "../envs/report.yaml"
    params:
        settings=whole_config,
        benchmarks=benchmarks_folder(),
        logs=logs_folder(),
        figures=figure_flags,
        tables=table_flags,
        code=code("report"),
    shell:
        "python -m workflow_scripts.report"
        " --figure {params.figures:q}"
        " --table {params.tables:q}"
        " --verdict {input.verdict:q}"
        " --licences {input.licences:q}"
        " --benchmarks {params.benchmarks:q}"
        " --logs {params.logs:q}"
        " --manifests {input.manifests:q}"
        " --yield {input.yields:q}"
        " --lexicon-coverage {input.coverage:q}"
        " --switching-rates {input.rates:q}"
        " --overlap-reports {input.overlaps:q}"
        " --dropped {input.dropped:q}"
        " --template {input.template:q}"
        " --style {input.style:q}"
        " --script {input.script:q}"
        " --settings {params.settings:q}"
        " --output {output:q}"
        " &> {log:q}"
