# Sources become tables: pairs, texts, collections; and what training shares with evaluation is found.


rule make_atlas:
    input:
        templates=atlas_templates,
    output:
        topics="<results>/sources/atlas/miracl-v1.0-{lang}/topics/topics.miracl-v1.0-{lang}-dev.tsv",
        qrels="<results>/sources/atlas/miracl-v1.0-{lang}/qrels/qrels.miracl-v1.0-{lang}-dev.tsv",
        docs="<results>/sources/atlas/miracl-corpus-v1.0-{lang}/docs-0.jsonl.gz",
        texts="<results>/sources/atlas/texts-{lang}.jsonl",
        glossary="<results>/sources/atlas/glossary/{lang}.tsv",
    log:
        "<logs>/make_atlas/{lang}.log",
    benchmark:
        "<benchmarks>/make_atlas/{lang}.tsv"
    conda:
        "../envs/translate.yaml"
    params:
        settings=section.canonical(config["atlas"]),
        code=code("make_atlas"),
    shell:
        "python -m workflow_scripts.make_atlas"
        " --lang {wildcards.lang:q}"
        " --settings {params.settings:q}"
        " --topics {output.topics:q}"
        " --qrels {output.qrels:q}"
        " --docs {output.docs:q}"
        " --texts {output.texts:q}"
        " --glossary {output.glossary:q}"
        " &> {log:q}"


rule make_atlas_pairs:
    input:
        templates=[resource("atlas/entities.yaml"), resource("atlas/en.yaml")],
    output:
        "<results>/sources/atlas/pairs.jsonl",
    log:
        "<logs>/make_atlas_pairs.log",
    benchmark:
        "<benchmarks>/make_atlas_pairs.tsv"
    conda:
        "../envs/translate.yaml"
    params:
        settings=section.canonical(config["atlas"]),
        code=code("make_atlas_pairs"),
    shell:
        "python -m workflow_scripts.make_atlas_pairs"
        " --settings {params.settings:q}"
        " --output {output:q}"
        " &> {log:q}"


rule prepare_pairs:
    input:
        source_pair_files,
    output:
        pairs="<results>/pairs/prepared/{source}/{lang}.parquet",
        dropped="<results>/pairs/prepared/{source}/{lang}.dropped.csv",
    log:
        "<logs>/prepare_pairs/{source}/{lang}.log",
    benchmark:
        "<benchmarks>/prepare_pairs/{source}/{lang}.tsv"
    conda:
        "../envs/translate.yaml"
    resources:
        disk_mb=pairs_disk,
    params:
        settings=pair_options,
        format=source_format,
        root=source_root,
        fetched=fetched_pairs,
        code=code("prepare_pairs"),
    shell:
        "python -m workflow_scripts.prepare_pairs"
        " --source {wildcards.source:q}"
        " --format {params.format:q}"
        " --root {params.root:q}"
        " --fetched {params.fetched:q}"
        " --lang {wildcards.lang:q}"
        " --settings {params.settings:q}"
        " --output {output.pairs:q}"
        " --dropped {output.dropped:q}"
        " &> {log:q}"


rule prepare_texts:
    input:
        source_text_files,
    output:
        texts="<results>/texts/{source}/{lang}.parquet",
        dropped="<results>/texts/{source}/{lang}.dropped.csv",
    log:
        "<logs>/prepare_texts/{source}/{lang}.log",
    benchmark:
        "<benchmarks>/prepare_texts/{source}/{lang}.tsv"
    conda:
        "../envs/translate.yaml"
    params:
        format=source_format,
        root=source_root,
        fetched=fetched_texts,
        code=code("prepare_texts"),
    shell:
        "python -m workflow_scripts.prepare_texts"
        " --source {wildcards.source:q}"
        " --format {params.format:q}"
        " --root {params.root:q}"
        " --fetched {params.fetched:q}"
        " --lang {wildcards.lang:q}"
        " --output {output.texts:q}"
        " --dropped {output.dropped:q}"
        " &> {log:q}"


rule prepare_collection:
    input:
        collection_source_files,
    output:
        queries="<results>/collections/{collection}/{lang}/queries.parquet",
        passages="<results>/collections/{collection}/{lang}/passages.parquet",
        qrels="<results>/collections/{collection}/{lang}/qrels.parquet",
        dropped="<results>/collections/{collection}/{lang}/dropped.csv",
    log:
        "<logs>/prepare_collection/{collection}/{lang}.log",
    benchmark:
        "<benchmarks>/prepare_collection/{collection}/{lang}.tsv"
    conda:
        "../envs/search.yaml"
    threads: collection_threads
    resources:
        mem_mb=collection_memory,
        runtime=collection_time,
        disk_mb=collection_disk,
    params:
        settings=collection_options,
        format=collection_format,
        root=collection_root,
        fetched=fetched_collection,
        partial=collection_state,
        code=code("prepare_collection"),
    shell:
        "python -m workflow_scripts.prepare_collection"
        " --collection {wildcards.collection:q}"
        " --format {params.format:q}"
        " --root {params.root:q}"
        " --fetched {params.fetched:q}"
        " --lang {wildcards.lang:q}"
        " --settings {params.settings:q}"
        " --queries {output.queries:q}"
        " --passages {output.passages:q}"
        " --qrels {output.qrels:q}"
        " --dropped {output.dropped:q}"
        " --partial {params.partial:q}"
        " --threads {threads}"
        " &> {log:q}"


rule decontaminate:
    input:
        tables=training_text_in_language,
        evaluation=evaluation_in_language,
    output:
        overlaps="<results>/overlaps/{kind}/{lang}.parquet",
        report="<results>/overlaps/{kind}/{lang}.csv",
    log:
        "<logs>/decontaminate/{kind}/{lang}.log",
    benchmark:
        "<benchmarks>/decontaminate/{kind}/{lang}.tsv"
    conda:
        "../envs/translate.yaml"
    resources:
        mem_mb=decontamination_memory,
        runtime=decontamination_time,
    params:
        settings=section.canonical(config["decontamination"]),
        evaluation=evaluation_flags,
        code=code("decontaminate"),
    shell:
        "python -m workflow_scripts.decontaminate"
        " --lang {wildcards.lang:q}"
        " --settings {params.settings:q}"
        " --{wildcards.kind} {input.tables:q}"
        " --evaluation {params.evaluation:q}"
        " --overlaps {output.overlaps:q}"
        " --report {output.report:q}"
        " &> {log:q}"
