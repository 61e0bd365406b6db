# The checked config, and one input function a need (in common/, a file a subject). Every other file of rules reads these.

import gc
import inspect
import os
import re
import shutil
import sys
from functools import cache, partial
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

# A plan is millions of objects that live until the end: Python's collector, at its defaults, would go through all of them
# again and again, which takes a seventh of a plan's time.
gc.set_threshold(200_000, 50, 100)

# Jobs call `python -m workflow_scripts.<rule>`, from whatever folder Snakemake works in.
sys.path.insert(0, workflow.basedir)
os.environ.update(
    PYTHONPATH=os.pathsep.join(
        filter(None, [workflow.basedir, os.getenv("PYTHONPATH")])
    )
)

from workflow_scripts.data import layouts
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.languages import read_languages
from workflow_scripts.data.translation_languages import read_translation_languages
from workflow_scripts.planning import (
    data_files,
    fetched,
    held_out,
    job_costs,
    job_resources,
    lexicons,
    runs,
    sizes,
    token_arrays,
    translation,
)
from workflow_scripts.planning import settings as section
from workflow_scripts.planning.adapter_targets import check_adapter_targets
from workflow_scripts.planning.claimed_outputs import (
    REMEDY,
    claim_outputs,
    explain_what_went,
)
from workflow_scripts.planning.config import resolve_config
from workflow_scripts.planning.config_files import check_repeated_keys
from workflow_scripts.planning.earlier_jobs import jobs_left_behind
from workflow_scripts.planning.fingerprint import FingerprintCache, code_fingerprint
from workflow_scripts.planning.model_folders import check_model_folders
from workflow_scripts.planning.sampling_units import article_ends
from workflow_scripts.planning.text_lengths import TextLengths
from workflow_scripts.planning.unmade_outputs import mark_changed

if braces := set("{}") & set(str(Path.cwd())):
    raise WorkflowError(
        f"error: {Path.cwd()}: the folder's name holds {min(braces)!r}, which Snakemake reads as its own: "
        "work in another"
    )

try:
    for config_file in workflow.configfiles:
        check_repeated_keys(config_file)
    LANGUAGES = read_languages(Path(workflow.basedir, "resources/languages.csv"))
    config = resolve_config(config, LANGUAGES)
    data_files.check_data_files(config)
    check_model_folders(config)
    check_adapter_targets(config)
    held_out.check_held_out_files(config)
    lexicons.check_lexicon_files(config, LANGUAGES)
    TRANSLATION_LANGUAGES = read_translation_languages(
        Path(workflow.basedir, "resources/translation_languages.csv")
    )
    translation.check_translation(config, TRANSLATION_LANGUAGES)
except InputError as error:
    raise WorkflowError(str(error)) from None

# What can be fetched from the hub, by the path of its manifest.
FILE_SETS = {
    str(files.manifest(config["downloads"])): files
    for files in [
        *data_files.all_file_sets(config),
        *lexicons.lexicon_file_sets(config),
    ]
}

# The collections' languages that each set holds.
FETCHED_LANGUAGES = data_files.fetched_languages(config)

# Beside Snakemake's own records of what it knows.
FINGERPRINTS = FingerprintCache.read(Path(".snakemake/code_fingerprints.json"))
CLAIMS = Path(".snakemake/claimed_outputs")

logger.addFilter(partial(explain_what_went, CLAIMS))


wildcard_constraints:
    kind="pairs|texts",
    source=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    collection=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    lexicon=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    model=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    strategy=r"[A-Za-z0-9][A-Za-z0-9._-]*",
    seed=r"[0-9]+",
    part=r"[a-z]+(-[0-9]+)?",
    vocabulary=rf"{token_arrays.PRETRAINED}|family-[A-Za-z0-9][A-Za-z0-9._-]*",
    table=r"[a-z]+/[^/]+/[^/]+",
    form=r"q[0-9]+-p[0-9]+(-[0-9a-f]{8})?",
    lang=r"[a-z]{2,3}",
    hub=r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+",
    revision=r"[0-9a-f]{40}",
    files=r"[A-Za-z0-9._-]+",


def stop_where_earlier_jobs_go_on():
    """Two jobs must not write the same files: one that a killed Snakemake left in the queue, and its successor."""
    if jobs := jobs_left_behind(Path.cwd()):
        names = " ".join(jobs)
        raise WorkflowError(
            f"jobs of an earlier Snakemake process are in Slurm's queue: wait until they end, or scancel {names}"
        )


def results_folder():
    """The experiment's results, or the folder next above that there is already."""
    folder = Path(made("")).absolute()
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def remedy_of_unwritable_results():
    """What to do about a results folder that may not be written to; nothing where it may."""
    if os.access(results_folder(), os.W_OK):
        return ""
    return (
        f"{results_folder()}: may not be written to (a read-only file system, or another's folder): "
        "make it writable and run again"
    )


def say_where_results_cannot_be_written():
    """Before Snakemake itself names every output that it may not replace, and not the reason.

    What writes nothing (a summary, a report, --lint) reads the same Snakefile and goes on, so nothing stops here.
    """
    settings = workflow.output_settings
    asked_only = settings is not None and settings.dryrun
    if workflow.is_main_process and not asked_only:
        if remedy := remedy_of_unwritable_results():
            print(remedy, file=sys.stderr)


def stop_where_results_cannot_be_written():
    """Where there is nothing yet to be replaced: Snakemake itself would end in a traceback."""
    if remedy := remedy_of_unwritable_results():
        raise WorkflowError(remedy)


def stop_where_another_process_makes_the_same():
    """Snakemake's own lock does not tell apart two processes that start together."""
    outputs = {str(path) for job in workflow.dag.needrun_jobs() for path in job.output}
    if workflow.execution_settings.lock and outputs:
        if taken := claim_outputs(CLAIMS, outputs):
            raise WorkflowError(f"{taken}: {REMEDY}")


def stop_where_nothing_is_expected():
    """Before an experiment is made only to be compared with nothing."""
    jobs = [job for job in workflow.dag.needrun_jobs() if job.rule.name == "check"]
    if jobs and not expected_values(None):
        raise WorkflowError(
            f"{path_to_expected_values()}: no such file, so nothing is known to check: write there what the experiment "
            f"should give, values of {made('tables/per_group.csv')} with tolerances (docs/statistics.md: Expected values)"
        )


def stop_where_gpus_are_too_few():
    """Each process of a model takes a GPU. Snakemake itself would cut what such a job asks for, and start it."""
    allowed = limit_of("gpu")
    for job in workflow.dag.needrun_jobs() if allowed is not None else ():
        if job.rule.name in ("finetune", "try_learning_rate"):
            if (asked := training_gpus(job.wildcards)) > allowed:
                raise WorkflowError(
                    f"models.{job.wildcards.model}.processes: take {asked} GPUs at once, and {allowed} may be taken: "
                    f"run with --resources gpu={asked} or more, where the machine has them, or lower processes"
                )


def mark_what_is_to_be_made_again():
    """What this run is to replace counts as unfinished until it is replaced, or, once it is gone, as changed.

    A job that fails leaves its outputs removed, and Snakemake does not make a missing file that only finished jobs
    read: the results of an earlier state behind it would pass for those of this one.
    """
    for job in workflow.dag.needrun_jobs():
        if any(map(os.path.lexists, job.output)):
            mark_changed(workflow.persistence, job.output)
            workflow.persistence.started(job)


def mark_what_was_not_made():
    """Snakemake forgets what it knew of the files of a job that failed, and then makes none that only finished jobs read.

    So a run of this job alone that has failed would hide, from a run of everything, what the job was to take in.
    """
    for job in workflow.dag.needrun_jobs():
        missing = [path for path in job.output if not os.path.lexists(path)]
        mark_changed(workflow.persistence, missing)


def say_where_the_disk_is_full():
    """A job whose log is on the full disk cannot say so."""
    free = shutil.disk_usage(results_folder()).free
    if free < 2**20:
        print(
            f"{results_folder()}: its disk is full ({free} bytes are free): free some space and run again",
            file=sys.stderr,
        )


def shipped(path):
    """A file of the workflow, named from the working folder where it lies in it: a folder that is moved reruns nothing."""
    path, here = Path(workflow.basedir, path), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def resource(path):
    """A file of resources/."""
    return shipped(f"resources/{path}")


def made(path):
    """A path below the experiment's results, for params; inputs and outputs write <results>."""
    return workflow.pathvars.apply(f"<results>/{path}")


def logged(path):
    """A path below the experiment's logs, for params."""
    return workflow.pathvars.apply(f"<logs>/{path}")


def benchmarks_folder():
    """The folder of the experiment's benchmark files, for params."""
    return workflow.pathvars.apply("<benchmarks>")


def logs_folder():
    """The folder of the experiment's logs, for params."""
    return workflow.pathvars.apply("<logs>")


def cores_given(wildcards):
    """Asked for by a job alone: what makes none (--report, a summary) need not be told any."""
    return workflow.cores


def limit_of(resource):
    """What the profile, or --resources, allows of a resource; None where it says nothing."""
    limit = workflow.global_resources.get(resource)
    # Where nobody says a limit, Snakemake may still know the name: then its value is nothing.
    return None if limit is None else limit.value


def disk_limit():
    """What jobs may write at once, in MB, for a flag; nothing where nobody says so."""
    limit = limit_of("disk_mb")
    return "" if limit is None else limit


def code(rule_name):
    """An input function for a digest of each file that an entry module imports; a list Snakemake would go through, for
    every job, in search of wildcards.
    """
    fingerprint = code_fingerprint(rule_name, known=FINGERPRINTS)

    def fingerprint_of_code(wildcards):
        return fingerprint

    fingerprint_of_code.__signature__ = inspect.signature(fingerprint_of_code)
    return fingerprint_of_code


include: "common/sources.smk"
include: "common/pairs.smk"
include: "common/lexicons.smk"
include: "common/models.smk"
include: "common/resources.smk"
include: "common/tokens.smk"
include: "common/retrieval.smk"
include: "common/analysis.smk"


# Snakemake asks for the parameters of these functions again for every job; so the answer is at hand.
for function in [value for value in globals().values() if inspect.isfunction(value)]:
    function.__signature__ = inspect.signature(function)
