"""What must hold of all passages together: ids are distinct, and every judged passage is there."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.data.errors import InputError
from workflow_scripts.data.passages import Shard
from workflow_scripts.data.records import Judgement

# One multiplier a place of a byte, 256 of them; longer ids start over. Equal hashes only raise a suspicion.
_MULTIPLIERS = np.random.default_rng(0).integers(0, 2**64, size=256, dtype=np.uint64) | np.uint64(1)


class PassageCheck:
    """Looks at blocks as they pass; takes 16 bytes of memory a passage.

    ``places`` says where each judgement stands (empty: judgements were made from the passages); ``lacking`` is how many
    judged passages are known to be missing.
    """

    def __init__(self, judgements: Sequence[Judgement], places: Sequence[str], lacking: int = 0):
        self._judgements, self._places, self._lacking = judgements, places, lacking
        judged = {judgement.passage_id for judgement in judgements} if places else set()
        self._judged = pa.array(sorted(judged), pa.string())
        self._found = np.zeros(len(self._judged), dtype=bool)
        self._hashes: list[np.ndarray] = []
        self.missing: set[str] = set()

    def see(self, block: pa.RecordBatch) -> None:
        """Take note of a block's ids."""
        ids = block.column("passage_id")
        self._hashes.append(id_hashes(ids))
        if len(self._judged):
            at = pc.drop_null(pc.index_in(ids, value_set=self._judged))
            self._found[at.to_numpy(zero_copy_only=False)] = True

    def finish(self, shards: Sequence[Shard]) -> None:
        """Raise InputError, with file, line and reason, for an id that stands twice and a judged passage not seen.

        As many as ``lacking`` must not have been seen; they are in ``missing`` then.
        """
        self._check_distinct(shards)
        self.missing = missing = {self._judged[index].as_py() for index in np.flatnonzero(~self._found)}
        if len(missing) == self._lacking:
            return
        where = shards[0].path.parent if shards else "the passages"
        for judgement, place in zip(self._judgements, self._places, strict=False):
            if judgement.passage_id in missing:
                raise InputError(
                    f"{place}: passage {judgement.passage_id!r} is not in {where}, or has neither title nor text; of "
                    f"the judged passages {len(missing)} are missing, not {self._lacking}: fetch them again, or see "
                    "missing_passages in docs/data.md"
                )
        raise InputError(f"{where}: lacks no judged passage, but missing_passages says {self._lacking}; remove it")

    def _check_distinct(self, shards: Sequence[Shard]) -> None:
        ordered = np.concatenate(self._hashes or [np.empty(0, np.uint64)])
        self._hashes = []
        ordered.sort()
        suspects = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        if not len(suspects):
            return
        # A second reading decides, and says where.
        first: dict[str, str] = {}
        for shard in shards:
            for place, passage_id in shard.places() if shard.places else ():
                if not np.isin(id_hashes(pa.array([passage_id])), suspects).any():
                    continue
                if passage_id in first:
                    raise InputError(f"{place}: passage id {passage_id!r} stands already in {first[passage_id]}")
                first[passage_id] = place


def id_hashes(ids: pa.StringArray) -> np.ndarray:
    """Return a 64-bit hash of each id, the same in every process: a sum of bytes times multipliers.

    >>> first, other, again = id_hashes(pa.array(["1#0", "1#1", "1#0"]))
    >>> bool(first == again), bool(first == other)
    (True, False)
    """
    _, offsets, data = ids.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[ids.offset : ids.offset + len(ids) + 1]
    lengths = np.diff(ends)
    content = np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]] if data else np.empty(0, np.uint8)
    places = np.arange(len(content), dtype=np.int32) - np.repeat(ends[:-1] - ends[0], lengths)
    summands = (content.astype(np.uint64) + np.uint64(1)) * _MULTIPLIERS[places.astype(np.uint8)]
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(summands, dtype=np.uint64)])
    return sums[ends[1:] - ends[0]] - sums[ends[:-1] - ends[0]]
