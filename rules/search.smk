# Matrices become an index, an index hits; BM25 makes hits from text. All settings come out of the same searches.


rule index:
    input:
        vectors=indexed_vectors,
        matrices=indexed_matrices,
    output:
        manifest="<results>/index/{model}/{strategy}/{seed}/{collection}/{part}.json",
        faiss=FAISS_FOLDERS,
    log:
        "<logs>/index/{model}/{strategy}/{seed}/{collection}/{part}.log",
    benchmark:
        "<benchmarks>/index/{model}/{strategy}/{seed}/{collection}/{part}.tsv"
    conda:
        "../envs/search.yaml"
    resources:
        mem_mb=index_memory,
        runtime=index_time,
        disk_mb=index_disk,
    params:
        settings=section.index_settings(config),
        vectors=folders_of_vectors,
        code=code("index"),
    shell:
        "python -m workflow_scripts.index"
        " --vectors {params.vectors:q}"
        " --settings {params.settings:q}"
        " --output {output.manifest:q}"
        " &> {log:q}"


rule search:
    input:
        indexes=indexes,
        faiss=faiss_files,
        vectors=ancient(searched_vectors),
        qrels=judgements_of_ranks,
    output:
        hits="<results>/hits/{model}/{strategy}/{seed}/{collection}/{part}.parquet",
        gold="<results>/hits/{model}/{strategy}/{seed}/{collection}/{part}.gold.parquet",
    log:
        "<logs>/search/{model}/{strategy}/{seed}/{collection}/{part}.log",
    benchmark:
        "<benchmarks>/search/{model}/{strategy}/{seed}/{collection}/{part}.tsv"
    conda:
        "../envs/search.yaml"
    threads: search_threads
    resources:
        mem_mb=search_memory,
        blocks_mb=job_resources.search_blocks_mb(config["search"]),
        runtime=search_time,
        disk_mb=hits_disk,
    params:
        settings=search_settings,
        qrels=qrels_flags,
        code=code("search"),
    shell:
        "python -m workflow_scripts.search"
        " --index {input.indexes:q}"
        " --part {wildcards.part:q}"
        " --collection {wildcards.collection:q}"
        " --qrels {params.qrels:q}"
        " --settings {params.settings:q}"
        " --blocks-mb {resources.blocks_mb}"
        " --hits {output.hits:q}"
        " --gold-ranks {output.gold:q}"
        " &> {log:q}"


# What an approximate index loses: recall against exact search on a sample of queries, and sizes on disk.
rule measure_recall:
    input:
        indexes=indexes,
        faiss=faiss_files,
        vectors=ancient(searched_vectors),
        hits="<results>/hits/{model}/{strategy}/{seed}/{collection}/{part}.parquet",
    output:
        "<results>/recall/{model}/{strategy}/{seed}/{collection}/{part}.csv",
    log:
        "<logs>/measure_recall/{model}/{strategy}/{seed}/{collection}/{part}.log",
    benchmark:
        "<benchmarks>/measure_recall/{model}/{strategy}/{seed}/{collection}/{part}.tsv"
    conda:
        "../envs/search.yaml"
    threads: search_threads
    resources:
        mem_mb=exact_search_memory,
        blocks_mb=job_resources.search_blocks_mb(config["search"]),
        runtime=search_time,
    params:
        settings=search_settings,
        code=code("measure_recall"),
    shell:
        "python -m workflow_scripts.measure_recall"
        " --index {input.indexes:q}"
        " --part {wildcards.part:q}"
        " --settings {params.settings:q}"
        " --blocks-mb {resources.blocks_mb}"
        " --hits {input.hits:q}"
        " --output {output:q}"
        " &> {log:q}"


rule search_bm25:
    input:
        tables=collection_tables,
        qrels=collection_qrels,
    output:
        hits="<results>/hits/bm25/bm25/0/{collection}/{part}.parquet",
        gold="<results>/hits/bm25/bm25/0/{collection}/{part}.gold.parquet",
    log:
        "<logs>/search_bm25/{collection}/{part}.log",
    benchmark:
        "<benchmarks>/search_bm25/{collection}/{part}.tsv"
    conda:
        "../envs/search.yaml"
    resources:
        mem_mb=lexical_search_memory,
        blocks_mb=job_resources.search_blocks_mb(config["search"]),
        runtime=lexical_search_time,
        disk_mb=hits_disk,
    params:
        settings=lexical_search_settings,
        data=collection_folder,
        languages=collection_languages,
        code=code("search_bm25"),
    shell:
        "python -m workflow_scripts.search_bm25"
        " --collection {wildcards.collection:q}"
        " --data {params.data:q}"
        " --languages {params.languages:q}"
        " --part {wildcards.part:q}"
        " --settings {params.settings:q}"
        " --blocks-mb {resources.blocks_mb}"
        " --hits {output.hits:q}"
        " --gold-ranks {output.gold:q}"
        " &> {log:q}"


ruleorder: search_bm25 > search
