"""PASSAGES from shards of any size: in bounded memory, and resumed at the last whole shard after a kill.

Of a corpus that takes long to read, each shard but the last is kept, when it is whole, as an uncompressed Arrow file in
a folder of partial state; another attempt takes it from there instead of decompressing and parsing it again. After the
last nothing long is left to do, so a copy of it would cost more than it could save. The folder goes when the table is
whole.
"""

import json
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.data.atomic import atomic_file
from workflow_scripts.data.content_key import content_key
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.manifest import digest_file
from workflow_scripts.data.passage_check import PassageCheck
from workflow_scripts.data.passages import BLOCK, Shard
from workflow_scripts.data.row_counts import RowCounts
from workflow_scripts.data.sealed_parquet import sealed_writer
from workflow_scripts.data.tables import PASSAGES

_log = logging.getLogger("passages")
_ROWS_PER_GROUP = 65_536
# Bytes of files that are read again within seconds: copies would take a tenth of the time and save next to none.
_SOON_READ = 256_000_000


def write_passages(
    shards: Sequence[Shard],
    lang: str,
    path: str | Path,
    *,
    partial: str | Path,
    check: PassageCheck,
    counts: RowCounts,
    expected: int | None,
    complaint: str,
) -> int:
    """Write the passages of all shards, in their order; return how many there are.

    ``expected``: how many rows the shards must have, dropped ones included. Raises InputError with ``complaint`` where
    there is no passage, for another number of them, and as ``check`` and the shards do; then nothing is written.
    """
    partial = Path(partial)
    with atomic_file(path) as temporary:
        # Least and greatest texts of a group help nobody and take time to find; zstd sees repeated titles by itself.
        with sealed_writer(temporary, PASSAGES, use_dictionary=["lang"], write_statistics=False) as writer:
            written = _write_groups(_groups(_blocks(shards, partial, check, counts)), lang, writer)
        if not written:
            raise InputError(complaint)
        found = written + counts["passages", "neither title nor text"]
        if expected is not None and found != expected:
            raise InputError(
                f"{shards[0].path.parent}: holds {found:,} passages in {lang!r}, not {expected:,}; fetch it again, or "
                "say `sizes: any` for a sample"
            )
        check.finish(shards)
    shutil.rmtree(partial, ignore_errors=True)
    return written


def _write_groups(groups: Iterator[pa.Table], lang: str, writer: pq.ParquetWriter) -> int:
    # Compressing for Parquet takes as long as parsing, and needs the interpreter as little.
    written = 0
    with _Behind() as behind:
        for table in groups:
            columns = [table.column(0), pa.repeat(pa.scalar(lang), len(table)), table.column(1), table.column(2)]
            behind.start(writer.write_table, pa.Table.from_arrays(columns, schema=PASSAGES))
            written += len(table)
    return written


class _Behind:
    """Does one thing in a thread while the caller goes on to the next; who is quicker waits, so that memory is bounded.

    Leaving it waits for what was started; what that raises is raised.
    """

    def __enter__(self) -> Self:
        self._pool, self._started = ThreadPoolExecutor(1), Future()
        self._started.set_result(None)
        return self

    def start(self, work: Callable[..., None], *arguments: Any) -> None:
        self._started.result()
        self._started = self._pool.submit(work, *arguments)

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self._pool.shutdown()
        if error is None:
            self._started.result()


def _groups(blocks: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    for block in blocks:
        waiting.append(block)
        if sum(map(len, waiting)) >= _ROWS_PER_GROUP:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _blocks(shards: Sequence[Shard], partial: Path, check: PassageCheck, counts: RowCounts) -> Iterator[pa.RecordBatch]:
    size = sum(shard.path.stat().st_size for shard in shards if shard.path.exists())
    kept = len(shards) - 1 if size > _SOON_READ else 0
    readers = content_key({}, []) if kept else ""
    for number, shard in enumerate(shards):
        copy = partial / f"{number:05d}-{_stamp(shard, readers)}.arrow"
        for block in _kept_or_read(shard, copy, counts) if number < kept else shard.blocks(counts):
            check.see(block)
            yield block


def _kept_or_read(shard: Shard, kept: Path, counts: RowCounts) -> Iterator[pa.RecordBatch]:
    """Yield a shard's blocks from its copy ``kept``, or from its file while the copy is made."""
    counted = kept.with_suffix(".json")  # written last, so it says that the copy is whole
    dropped = _dropped_of_copy(kept, counted)
    if dropped is not None:
        _log.info("%s: taken from an interrupted attempt", shard.path)
        counts["passages", "neither title nor text"] += dropped
        with pa.memory_map(str(kept)) as file, pa.ipc.open_file(file) as reader:
            for index in range(reader.num_record_batches):
                yield reader.get_batch(index)
        return
    own = RowCounts()
    # Not `atomic_file`: the copy of gigabytes need not reach the disk before the work goes on.
    kept.parent.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_suffix(".unfinished")
    with pa.ipc.new_file(unfinished, BLOCK) as writer, _Behind() as behind:
        for block in shard.blocks(own):
            behind.start(writer.write_batch, block)
            yield block
    unfinished.replace(kept)
    counts.update(own)
    with atomic_file(counted) as temporary:
        facts = {"dropped": own["passages", "neither title nor text"], "digest": digest_file(kept)}
        temporary.write_text(json.dumps(facts), encoding="utf-8")


def _dropped_of_copy(kept: Path, counted: Path) -> int | None:
    """Return how many passages a whole copy leaves out; None where there is none, or it is damaged."""
    try:
        facts = json.loads(counted.read_text(encoding="utf-8"))
        if digest_file(kept) == facts["digest"]:
            return int(facts["dropped"])
    except FileNotFoundError:
        return None
    except (ValueError, LookupError, TypeError):
        pass
    _log.warning("%s: is damaged; its shard is read again", kept)
    return None


def _stamp(shard: Shard, readers: str) -> str:
    """What tells a changed file and other ``readers`` (a digest of code and versions), whose copies are not taken."""
    facts = shard.path.stat() if shard.path.exists() else None
    known = (str(shard.path), facts and facts.st_size, facts and facts.st_mtime_ns, readers)
    return blake2b(repr(known).encode(), digest_size=8).hexdigest()
