# A collection's queries and passages become matrices: one job a run × part.


rule encode:
    input:
        model=trained_model,
        tables=part_tables,
    output:
        "<results>/vectors/{model}/{strategy}/{seed}/{collection}/{part}/queries.npy",
        "<results>/vectors/{model}/{strategy}/{seed}/{collection}/{part}/passages.npy",
        "<results>/vectors/{model}/{strategy}/{seed}/{collection}/{part}/queries.parquet",
        "<results>/vectors/{model}/{strategy}/{seed}/{collection}/{part}/passages.parquet",
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
        mem_mb=encoding_memory,
    params:
        settings=encode_settings,
        model=subpath(input.model, parent=True),
        languages=part_languages,
        data=collection_folder,
        folder=subpath(output.manifest, parent=True),
        code=code("encode"),
    shell:
        "python -m workflow_scripts.encode"
        " --model {params.model:q}"
        " --collection {wildcards.collection:q}"
        " --languages {params.languages:q}"
        " --data {params.data:q}"
        " --settings {params.settings:q}"
        " --threads {threads}"
        " --output {params.folder:q}"
        " &> {log:q}"
