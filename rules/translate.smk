# English pairs become pairs in other languages; what quality control drops is counted.
# A neural model's work is cut into shards, whose tables stay: another threshold translates nothing again.


rule translate:
    input:
        pairs="<results>/pairs/prepared/{source}/en.parquet",
        glossary=glossary,
        translations=translation_shards,
        back=back_translation_shards,
        similarities=similarity_shards,
        # A further row must not translate, and so train, all again; what counts of the row is among the params.
        languages=ancient(resource("languages.csv")),
    output:
        pairs="<results>/pairs/translated/{source}/{lang}.parquet",
        yields="<results>/pairs/translated/{source}/{lang}.yield.csv",
    log:
        "<logs>/translate/{source}/{lang}.log",
    benchmark:
        "<benchmarks>/translate/{source}/{lang}.tsv"
    conda:
        "../envs/translate.yaml"
    resources:
        mem_mb=judging_memory,
        runtime=judging_time,
    params:
        settings=translate_settings,
        share=translated_share,
        script=script_of_language,
        code=code("translate"),
    shell:
        "python -m workflow_scripts.translate"
        " --source {wildcards.source:q}"
        " --pairs {input.pairs:q}"
        " --lang {wildcards.lang:q}"
        " --share {params.share:q}"
        " --settings {params.settings:q}"
        " --glossary {input.glossary:q}"
        " --translations {input.translations:q}"
        " --back {input.back:q}"
        " --similarities {input.similarities:q}"
        " --languages {input.languages:q}"
        " --output {output.pairs:q}"
        " --yield {output.yields:q}"
        " &> {log:q}"
