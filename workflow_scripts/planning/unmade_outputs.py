"""Files that a run set out to make and did not: what Snakemake is told of them, so that the next run makes them."""

from collections.abc import Iterable

from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord, PersistenceBase

# Shown by Snakemake as the parameters "before", where it says why it makes the file.
_PARAMETER = "none: an earlier run ended before it had made this file"


def mark_changed(persistence: PersistenceBase, outputs: Iterable) -> None:
    """Record parameters for ``outputs`` (Snakemake's file objects) that no rule has.

    Snakemake makes a file whose parameters have changed, missing or not, also where only finished jobs read it. Its
    own record replaces this one when the file has been made.
    """
    record = MetadataRecord(params=[repr(_PARAMETER)], record_format_version=RECORD_FORMAT_VERSION)
    for path in outputs:
        # Snakemake has no public way to write a record without a job that has ended; both its stores have this one.
        persistence._write_record(persistence._get_key(path), record)
