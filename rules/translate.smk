# English pairs become pairs in other languages; what quality control drops is counted.


rule translate:
    input:
        pairs="<results>/pairs/prepared/{source}/en.parquet",
        glossary=glossary,
        languages=resource("languages.csv"),
    output:
        pairs="<results>/pairs/translated/{source}/{lang}.parquet",
        yields="<results>/pairs/translated/{source}/{lang}.yield.csv",
    log:
        "<logs>/translate/{source}/{lang}.log",
    benchmark:
        "<benchmarks>/translate/{source}/{lang}.tsv"
    conda:
        "../envs/translate.yaml"
    params:
        settings=section.canonical(config["translation"]),
        share=translated_share,
        code=code("translate"),
    shell:
        "python -m workflow_scripts.translate"
        " --source {wildcards.source:q}"
        " --pairs {input.pairs:q}"
        " --lang {wildcards.lang:q}"
        " --share {params.share:q}"
        " --settings {params.settings:q}"
        " --glossary {input.glossary:q}"
        " --languages {input.languages:q}"
        " --output {output.pairs:q}"
        " --yield {output.yields:q}"
        " &> {log:q}"
