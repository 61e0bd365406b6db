# Base models that are pre-trained here: those that say `pretrain`.


rule train_tokenizer:
    input:
        texts=pretraining_texts,
        overlaps=pretraining_overlaps,
    output:
        "<results>/tokenizer/tokenizer.json",
        "<results>/tokenizer/tokenizer_config.json",
        manifest="<results>/tokenizer/manifest.json",
    log:
        "<logs>/train_tokenizer.log",
    benchmark:
        "<benchmarks>/train_tokenizer.tsv"
    conda:
        "../envs/train.yaml"
    params:
        settings=section.tokenizer_settings(config),
        folder=subpath(output.manifest, parent=True),
        code=code("train_tokenizer"),
    shell:
        "python -m workflow_scripts.train_tokenizer"
        " --texts {input.texts:q}"
        " --overlaps {input.overlaps:q}"
        " --settings {params.settings:q}"
        " --output {params.folder:q}"
        " &> {log:q}"


rule pretrain:
    input:
        texts=pretraining_texts,
        overlaps=pretraining_overlaps,
        tokenizer="<results>/tokenizer/manifest.json",
    output:
        "<results>/base/{model}/model.safetensors",
        "<results>/base/{model}/config.json",
        manifest="<results>/base/{model}/manifest.json",
    log:
        "<logs>/pretrain/{model}.log",
    benchmark:
        "<benchmarks>/pretrain/{model}.tsv"
    wildcard_constraints:
        model=one_of(models_of_kind("pretrain")),
    conda:
        "../envs/train.yaml"
    threads: model_threads
    resources:
        gpu=model_gpus,
        gpu_memory_gb=pretraining_gpu_memory,
        mem_mb=pretraining_memory,
        runtime=pretraining_time,
        disk_mb=training_disk,
    params:
        settings=pretrain_settings,
        tokenizer=subpath(input.tokenizer, parent=True),
        folder=subpath(output.manifest, parent=True),
        partial=pretrain_state,
        events=pretrain_events,
        code=code("pretrain"),
    shell:
        "python -m workflow_scripts.pretrain"
        " --texts {input.texts:q}"
        " --overlaps {input.overlaps:q}"
        " --tokenizer {params.tokenizer:q}"
        " --settings {params.settings:q}"
        " --threads {threads}"
        " --gpus {resources.gpu}"
        " --partial {params.partial:q}"
        " --events {params.events:q}"
        " --output {params.folder:q}"
        " &> {log:q}"
