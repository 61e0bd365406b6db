"""A collection read to its end and checked, with passages as rows."""

from workflow_scripts.data.collection_sources import read_collection
from workflow_scripts.data.passage_check import PassageCheck
from workflow_scripts.data.records import Passage
from workflow_scripts.data.row_counts import RowCounts


def read_whole(format, root, lang, options=None):
    """Queries, judgements, passages and what was counted."""
    counts = RowCounts()
    queries, judgements, places, shards = read_collection(format, root, lang, options or {}, counts)
    check = PassageCheck(judgements, places)
    passages = []
    for shard in shards:
        for block in shard.blocks(counts):
            check.see(block)
            passages += [Passage(*row.values()) for row in block.to_pylist()]
    check.finish(shards)
    return queries, judgements, passages, {key: count for key, count in counts.items() if count}
