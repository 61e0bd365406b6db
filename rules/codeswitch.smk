# Bilingual lexicons in one form, and English pairs whose words are replaced from them.


rule make_lexicon:
    input:
        lexicon_source_file,
    output:
        lexicon="<results>/lexicons/{lexicon}/{lang}.parquet",
        dropped="<results>/lexicons/{lexicon}/{lang}.dropped.csv",
    log:
        "<logs>/make_lexicon/{lexicon}/{lang}.log",
    benchmark:
        "<benchmarks>/make_lexicon/{lexicon}/{lang}.tsv"
    wildcard_constraints:
        lexicon=lexicons_made(induced=False),
    conda:
        "../envs/translate.yaml"
    params:
        format=lexicon_format,
        code=code("make_lexicon"),
    shell:
        "python -m workflow_scripts.make_lexicon"
        " --format {params.format:q}"
        " --file {input:q}"
        " --output {output.lexicon:q}"
        " --dropped {output.dropped:q}"
        " &> {log:q}"


rule induce_lexicon:
    input:
        english=parallel_english,
        other=parallel_other,
    output:
        lexicon="<results>/lexicons/{lexicon}/{lang}.parquet",
        dropped="<results>/lexicons/{lexicon}/{lang}.dropped.csv",
    log:
        "<logs>/induce_lexicon/{lexicon}/{lang}.log",
    benchmark:
        "<benchmarks>/induce_lexicon/{lexicon}/{lang}.tsv"
    wildcard_constraints:
        lexicon=lexicons_made(induced=True),
    conda:
        "../envs/translate.yaml"
    params:
        settings=induction_settings,
        code=code("induce_lexicon"),
    shell:
        "python -m workflow_scripts.induce_lexicon"
        " --english {input.english:q}"
        " --other {input.other:q}"
        " --settings {params.settings:q}"
        " --output {output.lexicon:q}"
        " --dropped {output.dropped:q}"
        " &> {log:q}"


rule measure_lexicons:
    input:
        lexicons=lexicons_in_use,
        pairs=switched_pairs,
    output:
        "<results>/tables/lexicon_coverage.csv",
    log:
        "<logs>/measure_lexicons.log",
    benchmark:
        "<benchmarks>/measure_lexicons.tsv"
    conda:
        "../envs/translate.yaml"
    params:
        code=code("measure_lexicons"),
    shell:
        "python -m workflow_scripts.measure_lexicons"
        " --lexicons {input.lexicons:q}"
        " --pairs {input.pairs:q}"
        " --output {output:q}"
        " &> {log:q}"


rule codeswitch:
    input:
        pairs=english_pairs,
        lexicons=switching_lexicons,
    output:
        pairs="<results>/pairs/codeswitched/{strategy}/{source}.parquet",
        rates="<results>/pairs/codeswitched/{strategy}/{source}.rates.csv",
    log:
        "<logs>/codeswitch/{strategy}/{source}.log",
    benchmark:
        "<benchmarks>/codeswitch/{strategy}/{source}.tsv"
    conda:
        "../envs/translate.yaml"
    params:
        settings=codeswitch_settings,
        lexicons=lexicon_flags,
        code=code("codeswitch"),
    shell:
        "python -m workflow_scripts.codeswitch"
        " --strategy {wildcards.strategy:q}"
        " --source {wildcards.source:q}"
        " --pairs {input.pairs:q}"
        " --lexicons {params.lexicons:q}"
        " --settings {params.settings:q}"
        " --output {output.pairs:q}"
        " --rates {output.rates:q}"
        " &> {log:q}"
