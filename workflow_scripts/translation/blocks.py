"""The texts of a source are cut into blocks by length, and the blocks dealt to shards.

Blocks do not know of shards: a text is translated beside the same others however many jobs share the work, so the
translations of one job and of many are the same to the last bit, even where arithmetic hinges on the batch.
"""

from collections.abc import Iterable, Iterator

from workflow_scripts.data.errors import InputError

BLOCK_TEXTS = 1024  # enough to sort into batches, few enough to deal evenly and show progress


def blocks(texts: Iterable[str], size: int = BLOCK_TEXTS) -> list[list[str]]:
    """Return the distinct texts, by length in characters and then by code points, in blocks of ``size``."""
    ordered = sorted(set(texts), key=lambda text: (len(text), text))
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def blocks_of_shard(all_blocks: list[list[str]], shard: int, shards: int) -> Iterator[tuple[int, list[str]]]:
    """Yield number and texts of each block of one shard: every ``shards``-th, so that each has short and long texts.

    Raises InputError where ``shard`` is not one of 0 to ``shards`` - 1.
    """
    if not 0 <= shard < shards:
        raise InputError(f"--shard {shard}: there are {shards} shards, counted from 0")
    yield from ((number, block) for number, block in enumerate(all_blocks) if number % shards == shard)
