# Text becomes token arrays, once for all models, strategies and seeds that share a vocabulary and a form of text.


rule tokenize_collection:
    input:
        tokenizer=vocabulary_tokenizer,
        tables=encoding_part_tables,
    output:
        multiext(
            "<results>/tokens/{vocabulary}/{form}/collections/{collection}/{part}/",
            *COLLECTION_TOKENS,
        ),
        manifest="<results>/tokens/{vocabulary}/{form}/collections/{collection}/{part}/manifest.json",
    log:
        "<logs>/tokenize_collection/{vocabulary}/{form}/{collection}/{part}.log",
    benchmark:
        "<benchmarks>/tokenize_collection/{vocabulary}/{form}/{collection}/{part}.tsv"
    conda:
        "../envs/train.yaml"
    threads: tokenize_threads
    resources:
        runtime=tokenizing_time,
        disk_mb=tokens_disk,
    params:
        settings=token_settings,
        tokenizer=subpath(input.tokenizer, parent=True),
        languages=encoding_part_languages,
        shard=encoding_part_shard,
        data=collection_folder,
        folder=subpath(output.manifest, parent=True),
        code=code("tokenize_collection"),
    shell:
        "python -m workflow_scripts.tokenize_collection"
        " --tokenizer {params.tokenizer:q}"
        " --collection {wildcards.collection:q}"
        " --languages {params.languages:q}"
        " --shard {params.shard}"
        " --data {params.data:q}"
        " --settings {params.settings:q}"
        " --threads {threads}"
        " --output {params.folder:q}"
        " &> {log:q}"


rule tokenize_pairs:
    input:
        tokenizer=vocabulary_tokenizer,
        pairs="<results>/pairs/{table}.parquet",
    output:
        multiext(
            "<results>/tokens/{vocabulary}/{form}/pairs/{table}/",
            *PAIR_TOKENS,
        ),
        manifest="<results>/tokens/{vocabulary}/{form}/pairs/{table}/manifest.json",
    log:
        "<logs>/tokenize_pairs/{vocabulary}/{form}/{table}.log",
    benchmark:
        "<benchmarks>/tokenize_pairs/{vocabulary}/{form}/{table}.tsv"
    conda:
        "../envs/train.yaml"
    resources:
        mem_mb=pair_tokens_memory,
        runtime=pair_tokens_time,
        disk_mb=pair_tokens_disk,
    params:
        settings=token_settings,
        tokenizer=subpath(input.tokenizer, parent=True),
        folder=subpath(output.manifest, parent=True),
        code=code("tokenize_pairs"),
    shell:
        "python -m workflow_scripts.tokenize_pairs"
        " --tokenizer {params.tokenizer:q}"
        " --pairs {input.pairs:q}"
        " --settings {params.settings:q}"
        " --threads {threads}"
        " --output {params.folder:q}"
        " &> {log:q}"
