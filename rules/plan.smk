# What an experiment would cost, before it is run. Nothing is made: the plan is printed.


rule plan:
    """what the experiment would cost, printed: jobs, hours, memory, disk, wall time"""
    log:
        "<logs>/plan.log",
    localrule: True
    conda:
        "../envs/plan.yaml"
    params:
        snakefile=workflow.main_snakefile,
        config=section.canonical(config),
        results=made(""),
        languages=resource("languages.csv"),
        sizes=resource("collection_sizes.csv"),
        lengths=resource("text_lengths.csv"),
        rates=[resource("rates.csv"), *filter(None, [config["plan"].get("rates")])],
        partitions=shipped("profiles/slurm/partitions.yaml"),
        cores=cores_given,
        disk=disk_limit(),
        code=code("plan"),
    shell:
        "python -m workflow_scripts.plan"
        " --snakefile {params.snakefile:q}"
        " --config {params.config:q}"
        " --results {params.results:q}"
        " --languages {params.languages:q}"
        " --collection-sizes {params.sizes:q}"
        " --text-lengths {params.lengths:q}"
        " --rates {params.rates:q}"
        " --partitions {params.partitions:q}"
        " --cores {params.cores}"
        " --disk-mb {params.disk}"
        " 2>&1 | tee {log:q}"
