# How the results stand beside published values, and beside what this experiment should give.


rule compare_published:
    input:
        per_language="<results>/tables/per_language.csv",
        per_group="<results>/tables/per_group.csv",
        published=resource("published_results.csv"),
    output:
        report(
            "<results>/tables/published.csv",
            caption="../resources/captions/published.rst",
            category="Tables",
            labels={"table": "published values"},
        ),
    log:
        "<logs>/compare_published.log",
    benchmark:
        "<benchmarks>/compare_published.tsv"
    conda:
        "../envs/report.yaml"
    params:
        settings=section.published_settings(config),
        code=code("compare_published"),
    shell:
        "python -m workflow_scripts.compare_published"
        " --per-language {input.per_language:q}"
        " --per-group {input.per_group:q}"
        " --published {input.published:q}"
        " --settings {params.settings:q}"
        " --output {output:q}"
        " &> {log:q}"


# No output: it runs whenever it is asked for, and what it finds stands on the screen.
rule check:
    """compare with what the experiment should give; fails where it does not"""
    input:
        per_group="<results>/tables/per_group.csv",
        expected=expected_values,
    log:
        "<logs>/check.log",
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        code=code("check"),
    shell:
        "python -m workflow_scripts.check"
        " --per-group {input.per_group:q}"
        " --expected {input.expected:q}"
        " 2>&1 | tee {log:q}"
