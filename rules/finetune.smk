# Contrastive fine-tuning: one job a model × strategy × seed, and one for each learning rate that is to be tried.
# What decides no weight is a resource, not a parameter: another value trains nothing again.


rule try_learning_rate:
    input:
        base=base_model,
        weights=base_weights,
        pairs=training_pairs,
        tokens=training_tokens,
        overlaps=training_overlaps,
    output:
        "<results>/learning_rates/{model}/{strategy}/{rate}.json",
    log:
        "<logs>/try_learning_rate/{model}/{strategy}/{rate}.log",
    benchmark:
        "<benchmarks>/try_learning_rate/{model}/{strategy}/{rate}.tsv"
    wildcard_constraints:
        rate=r"[0-9.e-]+",
    conda:
        "../envs/train.yaml"
    threads: training_threads
    resources:
        **SEVERAL_MACHINES,
        gpu=training_gpus,
        gpu_memory_gb=training_gpu_memory,
        mem_mb=training_memory,
        runtime=training_time,
        disk_mb=training_disk,
        nodes=training_nodes,
        checkpoint_every=config["training"]["checkpoint_every"],
        gradient_checkpointing=recomputes_layers,
    params:
        settings=finetune_settings,
        seed=config["experiment"]["seeds"][0],
        base=subpath(input.base, parent=True),
        tokens=training_token_folders,
        partial=learning_rate_state,
        events=learning_rate_events,
        code=code("try_learning_rate"),
    shell:
        "python -m workflow_scripts.try_learning_rate"
        " --base {params.base:q}"
        " --pairs {input.pairs:q}"
        " --tokens {params.tokens:q}"
        " --overlaps {input.overlaps:q}"
        " --settings {params.settings:q}"
        " --rate {wildcards.rate}"
        " --seed {params.seed}"
        " --threads {threads}"
        " --gpus {resources.gpu}"
        " --nodes {resources.nodes}"
        " --checkpoint-every {resources.checkpoint_every}"
        " --gradient-checkpointing {resources.gradient_checkpointing}"
        " --partial {params.partial:q}"
        " --events {params.events:q}"
        " --output {output:q}"
        " &> {log:q}"


rule finetune:
    input:
        base=base_model,
        weights=base_weights,
        pairs=training_pairs,
        tokens=training_tokens,
        overlaps=training_overlaps,
        tries=learning_rate_tries,
    output:
        "<results>/models/{model}/{strategy}/{seed}/model.safetensors",
        "<results>/models/{model}/{strategy}/{seed}/config.json",
        "<results>/models/{model}/{strategy}/{seed}/metrics.jsonl",
        "<results>/models/{model}/{strategy}/{seed}/batches.json",
        manifest="<results>/models/{model}/{strategy}/{seed}/manifest.json",
    log:
        "<logs>/finetune/{model}/{strategy}/{seed}.log",
    benchmark:
        "<benchmarks>/finetune/{model}/{strategy}/{seed}.tsv"
    conda:
        "../envs/train.yaml"
    threads: training_threads
    resources:
        **SEVERAL_MACHINES,
        gpu=training_gpus,
        gpu_memory_gb=training_gpu_memory,
        mem_mb=training_memory,
        runtime=training_time,
        disk_mb=training_disk,
        nodes=training_nodes,
        checkpoint_every=config["training"]["checkpoint_every"],
        gradient_checkpointing=recomputes_layers,
    params:
        settings=finetune_settings,
        base=subpath(input.base, parent=True),
        folder=subpath(output.manifest, parent=True),
        tokens=training_token_folders,
        partial=finetune_state,
        events=finetune_events,
        code=code("finetune"),
    shell:
        "python -m workflow_scripts.finetune"
        " --base {params.base:q}"
        " --pairs {input.pairs:q}"
        " --tokens {params.tokens:q}"
        " --overlaps {input.overlaps:q}"
        " --tries {input.tries:q}"
        " --settings {params.settings:q}"
        " --seed {wildcards.seed}"
        " --threads {threads}"
        " --gpus {resources.gpu}"
        " --nodes {resources.nodes}"
        " --checkpoint-every {resources.checkpoint_every}"
        " --gradient-checkpointing {resources.gradient_checkpointing}"
        " --partial {params.partial:q}"
        " --events {params.events:q}"
        " --output {params.folder:q}"
        " &> {log:q}"
