"""What must hold of all passages together: ids are distinct, and every judged passage is there."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workflow_scripts.data.distinct_ids import DistinctIds
from workflow_scripts.data.errors import InputError
from workflow_scripts.data.passages import Shard
from workflow_scripts.data.records import Judgement


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
        self._ids = DistinctIds()
        self.missing: set[str] = set()

    def see(self, block: pa.RecordBatch) -> None:
        """Take note of a block's ids."""
        ids = block.column("passage_id")
        self._ids.add_array(ids)
        if len(self._judged):
            at = pc.drop_null(pc.index_in(ids, value_set=self._judged))
            self._found[at.to_numpy(zero_copy_only=False)] = True

    def finish(self, shards: Sequence[Shard]) -> None:
        """Raise InputError, with file, line and reason, for an id that stands twice and a judged passage not seen.

        As many as ``lacking`` must not have been seen; they are in ``missing`` then.
        """
        self._ids.check("passage id", lambda: (place for shard in shards if shard.places for place in shard.places()))
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
