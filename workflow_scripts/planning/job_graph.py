"""The jobs that Snakemake would run for an experiment, as its own planner sees them."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from snakemake.api import SnakemakeApi
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
    StorageSettings,
)

from workflow_scripts.planning.job_costs import Job


def job_graph(path_to_snakefile: Path, config: Mapping[str, Any], targets: set[str], cores: int) -> list[Job]:
    """Return every job that ``targets`` need, done or left, in no particular order.

    ``config`` is laid over the Snakefile's own. No job has more threads than ``cores``, as when it runs. Runs
    Snakemake's dry run in this process: nothing is made, and the folder is not locked. Raises what Snakemake raises
    where there is no plan.
    """
    # Its records would go to the handlers of this program too, a line for every job.
    logging.getLogger("snakemake.logging").propagate = False
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=cores),
            config_settings=ConfigSettings(config=dict(config)),
            storage_settings=StorageSettings(),
            snakefile=path_to_snakefile,
        )
        workflow.dag(
            DAGSettings(targets=frozenset(targets), force_incomplete=True, max_checksum_file_size=10**9)
        ).execute_workflow(executor="dryrun")
        # The API runs a plan but does not hand it out: the one place where we look behind it (Snakemake is pinned).
        dag = workflow._workflow.dag
        jobs = [job for job in dag.jobs if job.output]
        return [
            Job(
                key=_key(job),
                rule=job.rule.name,
                wildcards=dict(job.wildcards_dict),
                threads=job.threads,
                gpus=int(job.resources.get("gpu") or 0),
                gpu_memory_gb=int(job.resources.get("gpu_memory_gb") or 0),
                memory_mb=int(job.resources.get("mem_mb") or 0),
                disk_mb=int(job.resources.get("disk_mb") or 0),
                left=bool(dag.needrun(job)),
                needs=tuple(_key(needed) for needed in dag.dependencies[job]),
                benchmark=str(job.benchmark or ""),
                log=str(job.log[0]) if job.log else "",
            )
            for job in jobs
        ]


def _key(job: Any) -> str:
    return str(job.output[0])
