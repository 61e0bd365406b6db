# Translation by models: fetched or at hand, run by transformers or converted for CTranslate2, one job a shard.
# The shards' tables stay, so another threshold of quality control translates nothing again.


wildcard_constraints:
    shard="[0-9]+",
    translator=one_of(translation.translators(config)),


use rule fetch_model as fetch_translator with:
    output:
        "<results>/translators/{translator}/config.json",
        manifest="<results>/translators/{translator}/manifest.json",
    log:
        "<logs>/fetch_translator/{translator}.log",
    benchmark:
        "<benchmarks>/fetch_translator/{translator}.tsv"
    wildcard_constraints:
        translator=one_of(fetched_translators()),
    resources:
        disk_mb=translator_disk,
    params:
        hub=translator_repository,
        revision=translator_revision,
        tokenizer="",
        folder=subpath(output.manifest, parent=True),
        code=code("fetch_model"),


rule convert_translator:
    input:
        model=translator_files,
        contents=converted_contents,
    output:
        "<results>/translators/{translator}.ct2/model.bin",
        manifest="<results>/translators/{translator}.ct2/manifest.json",
    log:
        "<logs>/convert_translator/{translator}.log",
    benchmark:
        "<benchmarks>/convert_translator/{translator}.tsv"
    conda:
        "../envs/translate_neural.yaml"
    resources:
        mem_mb=conversion_memory,
        disk_mb=translator_disk,
    params:
        settings=convert_translator_settings,
        model=subpath(input.model, parent=True),
        folder=subpath(output.manifest, parent=True),
        code=code("convert_translator"),
    shell:
        "python -m workflow_scripts.convert_translator"
        " --model {params.model:q}"
        " --settings {params.settings:q}"
        " --output {params.folder:q}"
        " &> {log:q}"


rule translate_shard:
    input:
        pairs="<results>/pairs/prepared/{source}/en.parquet",
        translations=[],
        model=translator_model,
        contents=translating_contents,
        converted=translator_converted,
        tags=ancient(TAGS),  # as in translate.smk
    output:
        "<results>/translations/{source}/{lang}/{shard}.parquet",
    log:
        "<logs>/translate_shard/{source}/{lang}/{shard}.log",
    benchmark:
        "<benchmarks>/translate_shard/{source}/{lang}/{shard}.tsv"
    conda:
        "../envs/translate_neural.yaml"
    threads: translator_threads
    resources:
        gpu=translator_gpus,
        gpu_memory_gb=translator_gpu_memory,
        mem_mb=translator_memory,
        runtime=translator_time,
        disk_mb=shard_disk,
    params:
        settings=translator_settings,
        share=translated_share,
        direction=from_english,
        names=names_of_languages,
        partial=translation_state,
        code=code("translate_shard"),
    shell:
        "python -m workflow_scripts.translate_shard"
        " --source {wildcards.source:q}"
        " --pairs {input.pairs:q}"
        " --share {params.share:q}"
        " --shard {wildcards.shard}"
        " --translations {input.translations:q}"
        " --direction {params.direction:q}"
        " --model {input.model:q}"
        " --converted {input.converted:q}"
        " --tags {input.tags:q}"
        " --settings {params.settings:q}"
        " --threads {threads}"
        " --gpus {resources.gpu}"
        " --output {output:q}"
        " --partial {params.partial:q}"
        " &> {log:q}"


use rule translate_shard as translate_back with:
    input:
        pairs=[],
        translations="<results>/translations/{source}/{lang}/{shard}.parquet",
        model=back_translator_model,
        contents=back_translating_contents,
        converted=back_translator_converted,
        tags=ancient(TAGS),  # as in translate.smk
    output:
        "<results>/translations/{source}/{lang}/{shard}.back.parquet",
    log:
        "<logs>/translate_back/{source}/{lang}/{shard}.log",
    benchmark:
        "<benchmarks>/translate_back/{source}/{lang}/{shard}.tsv"
    threads: back_translator_threads
    resources:
        gpu=back_translator_gpus,
        gpu_memory_gb=back_translator_gpu_memory,
        mem_mb=back_translator_memory,
        runtime=back_translator_time,
        disk_mb=shard_disk,
    params:
        settings=back_translator_settings,
        share=translated_share,
        direction=to_english,
        names=back_names_of_languages,
        partial=back_translation_state,
        code=code("translate_shard"),


rule compare_translations:
    input:
        translations="<results>/translations/{source}/{lang}/{shard}.parquet",
        model=comparing_model,
        contents=comparing_contents,
    output:
        "<results>/translations/{source}/{lang}/{shard}.similarity.parquet",
    log:
        "<logs>/compare_translations/{source}/{lang}/{shard}.log",
    benchmark:
        "<benchmarks>/compare_translations/{source}/{lang}/{shard}.tsv"
    conda:
        "../envs/train.yaml"
    threads: comparing_threads
    resources:
        gpu=comparing_gpus,
        gpu_memory_gb=comparing_gpu_memory,
        mem_mb=comparing_memory,
        runtime=comparing_time,
    params:
        settings=comparing_settings,
        model=subpath(input.model, parent=True),
        code=code("compare_translations"),
    shell:
        "python -m workflow_scripts.compare_translations"
        " --translations {input.translations:q}"
        " --model {params.model:q}"
        " --settings {params.settings:q}"
        " --threads {threads}"
        " --gpus {resources.gpu}"
        " --output {output:q}"
        " &> {log:q}"
