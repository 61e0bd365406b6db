# Hits and judgements become one score a query × setting × metric; TREC files for other tools.


rule score:
    input:
        hits=hits,
        gold=gold_ranks,
        qrels=collection_qrels,
        passages=collection_passages,
    output:
        scores="<results>/scores/{model}/{strategy}/{seed}/{collection}.parquet",
        bias="<results>/scores/{model}/{strategy}/{seed}/{collection}.bias.parquet",
    log:
        "<logs>/score/{model}/{strategy}/{seed}/{collection}.log",
    benchmark:
        "<benchmarks>/score/{model}/{strategy}/{seed}/{collection}.tsv"
    conda:
        "../envs/search.yaml"
    params:
        settings=score_settings,
        qrels=qrels_flags,
        passages=passages_flags,
        code=code("score"),
    shell:
        "python -m workflow_scripts.score"
        " --hits {input.hits:q}"
        " --gold-ranks {input.gold:q}"
        " --qrels {params.qrels:q}"
        " --passages {params.passages:q}"
        " --model {wildcards.model:q}"
        " --strategy {wildcards.strategy:q}"
        " --seed {wildcards.seed}"
        " --collection {wildcards.collection:q}"
        " --settings {params.settings:q}"
        " --scores {output.scores:q}"
        " --bias {output.bias:q}"
        " &> {log:q}"


rule export_run:
    input:
        hits=hits,
        qrels=collection_qrels,
    output:
        directory("<results>/runs/{model}/{strategy}/{seed}/{collection}"),
    log:
        "<logs>/export_run/{model}/{strategy}/{seed}/{collection}.log",
    benchmark:
        "<benchmarks>/export_run/{model}/{strategy}/{seed}/{collection}.tsv"
    conda:
        "../envs/search.yaml"
    resources:
        disk_mb=trec_disk,
    params:
        settings=score_settings,
        qrels=qrels_flags,
        code=code("export_run"),
    shell:
        "python -m workflow_scripts.export_run"
        " --hits {input.hits:q}"
        " --qrels {params.qrels:q}"
        " --collection {wildcards.collection:q}"
        " --settings {params.settings:q}"
        " --output {output:q}"
        " &> {log:q}"


# TREC run and qrels files of every run, for trec_eval and other tools: snakemake --cores 2 export_runs
rule export_runs:
    """TREC run and qrels files of every run"""
    input:
        every_trec_folder,


rule export_mteb:
    input:
        "<results>/scores/{model}/{strategy}/{seed}/{collection}.parquet",
    output:
        "<results>/mteb/{model}/{strategy}/{seed}/{collection}.json",
    log:
        "<logs>/export_mteb/{model}/{strategy}/{seed}/{collection}.log",
    benchmark:
        "<benchmarks>/export_mteb/{model}/{strategy}/{seed}/{collection}.tsv"
    conda:
        "../envs/search.yaml"
    params:
        settings=mteb_settings,
        code=code("export_mteb"),
    shell:
        "python -m workflow_scripts.export_mteb"
        " --scores {input:q}"
        " --settings {params.settings:q}"
        " --output {output:q}"
        " &> {log:q}"


# Result files of MTEB, one a system and collection: snakemake --cores 2 export_mteb_results
rule export_mteb_results:
    """result files of MTEB, one a run and collection"""
    input:
        every_mteb_file,
