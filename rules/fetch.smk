# Data and models from a hub, each at a pinned commit.


rule fetch_data:
    output:
        "<downloads>/{hub}/{revision}/.fetched/{files}.json",
    log:
        "<logs>/fetch_data/{hub}/{revision}/{files}.log",
    benchmark:
        "<benchmarks>/fetch_data/{hub}/{revision}/{files}.tsv"
    conda:
        "../envs/fetch.yaml"
    resources:
        disk_mb=fetched_disk,
    params:
        patterns=patterns_of_files,
        code=code("fetch_data"),
    shell:
        "python -m workflow_scripts.fetch_data"
        " --hub {wildcards.hub:q}"
        " --revision {wildcards.revision:q}"
        " --patterns {params.patterns:q}"
        " --manifest {output:q}"
        " &> {log:q}"


rule fetch_model:
    output:
        "<results>/base/{model}/config.json",
        manifest="<results>/base/{model}/manifest.json",
    log:
        "<logs>/fetch_model/{model}.log",
    benchmark:
        "<benchmarks>/fetch_model/{model}.tsv"
    wildcard_constraints:
        model=one_of(hub_models()),
    conda:
        "../envs/fetch.yaml"
    resources:
        disk_mb=model_disk,
    params:
        hub=hub_repository,
        revision=hub_revision,
        tokenizer=hub_tokenizer,
        folder=subpath(output.manifest, parent=True),
        code=code("fetch_model"),
    shell:
        "python -m workflow_scripts.fetch_model"
        " --hub {params.hub:q}"
        " --revision {params.revision:q}"
        "{params.tokenizer}"
        " --output {params.folder:q}"
        " &> {log:q}"


rule fetch:
    """all data, models and translators that the experiment takes from a hub"""
    input:
        everything_fetched,
