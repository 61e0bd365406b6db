# How hybrid-batch training changes zero-shot retrieval on low-resource languages as encoders grow.
# The chain, one file a stage; docs/architecture.md says what each rule reads and makes.

import os

from snakemake.utils import min_version

min_version("9.27")

# Who works in another folder than the workflow's may have no such file there.
DEFAULTS = "config.yaml"
if not os.path.isfile(DEFAULTS):
    DEFAULTS = os.path.join(workflow.basedir, DEFAULTS)


configfile: DEFAULTS


include: "rules/common.smk"
include: "rules/translators.smk"


pathvars:
    results=f"results/{config['experiment']['name']}",
    logs=f"results/{config['experiment']['name']}/logs",
    benchmarks=f"results/{config['experiment']['name']}/benchmarks",
    downloads=config["downloads"],


say_where_results_cannot_be_written()


include: "rules/fetch.smk"
include: "rules/data.smk"
include: "rules/translate.smk"
include: "rules/codeswitch.smk"
include: "rules/pretrain.smk"
include: "rules/tokens.smk"
include: "rules/translate_neural.smk"
include: "rules/finetune.smk"
include: "rules/encode.smk"
include: "rules/search.smk"
include: "rules/score.smk"
include: "rules/plots.smk"
include: "rules/report.smk"
include: "rules/reproduction.smk"
include: "rules/plan.smk"


onstart:
    stop_where_nothing_is_expected()
    stop_where_gpus_are_too_few()
    stop_where_earlier_jobs_go_on()
    stop_where_results_cannot_be_written()
    stop_where_another_process_makes_the_same()
    mark_what_is_to_be_made_again()


onerror:
    mark_what_was_not_made()
    say_where_the_disk_is_full()


rule all:
    """every table and figure, the report, model cards: what plain `snakemake` makes"""
    default_target: True
    input:
        every_table,
        every_plot,
        "<results>/tables/published.csv",
        "<results>/report.html",
        all_model_cards,
