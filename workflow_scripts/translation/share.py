"""Which share of a source's pairs is translated: whole groups, by hash."""

from collections.abc import Iterable
from hashlib import blake2b

from workflow_scripts.data.errors import InputError


def draw_groups(group_ids: Iterable[str], share: float) -> set[str]:
    """Return ``share`` of the distinct groups, rounded to whole ones, at least one.

    The groups are ordered by a hash of their id and taken from the front: the draw depends on no order and no seed,
    a smaller share is a subset of a larger one, and every language draws the same groups, so that their
    translations are parallel. Raises InputError where ``share`` is not above 0 and at most 1.
    """
    if not 0 < share <= 1:
        raise InputError(f"share {share:g} of the pairs cannot be translated; it must be above 0 and at most 1")
    ordered = sorted(set(group_ids), key=lambda group: (blake2b(group.encode(), digest_size=16).digest(), group))
    return set(ordered[: max(1, round(share * len(ordered)))])
