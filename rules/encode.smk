# A collection's queries and passages become matrices: one job a run × part. There may be ten thousand, and a plan looks at
# every output of each: the matrix that others read, and the manifest, written last, which stands for the folder's other files.


rule encode:
    input:
        model=trained_model,
        weights=trained_weights,
        tokens=part_tokens,
    output:
        "<results>/vectors/{model}/{strategy}/{seed}/{collection}/{part}/passages.npy",
        manifest="<results>/vectors/{model}/{strategy}/{seed}/{collection}/{part}/manifest.json",
    log:
        "<logs>/encode/{model}/{strategy}/{seed}/{collection}/{part}.log",
    benchmark:
        "<benchmarks>/encode/{model}/{strategy}/{seed}/{collection}/{part}.tsv"
    conda:
        "../envs/train.yaml"
    threads: model_threads
    resources:
        gpu=model_gpus,
        gpu_memory_gb=encoding_gpu_memory,
        mem_mb=encoding_memory,
        runtime=encoding_time,
        disk_mb=encoding_disk,
    params:
        settings=encode_settings,
        model=subpath(input.model, parent=True),
        tokens=subpath(input.tokens, parent=True),
        folder=subpath(output.manifest, parent=True),
        partial=encode_state,
        code=code("encode"),
    shell:
        "python -m workflow_scripts.encode"
        " --model {params.model:q}"
        " --tokens {params.tokens:q}"
        " --settings {params.settings:q}"
        " --threads {threads}"
        " --gpus {resources.gpu}"
        " --partial {params.partial:q}"
        " --output {params.folder:q}"
        " &> {log:q}"
