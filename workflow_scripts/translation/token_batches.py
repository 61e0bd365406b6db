"""Token lists in batches of a budget of tokens, neighbours in length."""

import math
from collections.abc import Sequence

_STEP = 32  # tokens


def output_limit(tokens: int, ratio: float) -> int:
    """Return how many tokens the translation of ``tokens`` source tokens may have: ratio × tokens + 16, in steps of 32.

    It depends on the text alone, so whether a translation is cut off hinges on nothing that stands beside it.
    """
    return _STEP * math.ceil((ratio * tokens + 16) / _STEP)


def token_batches(lengths: Sequence[int], limits: Sequence[int], budget: int) -> list[list[int]]:
    """Return the indices of texts in batches, longest first, each index once.

    A batch holds texts of one limit, and at most ``budget`` tokens with padding; one text is always a batch. The order
    is by limit, then length, then index.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-limits[i], -lengths[i], i))
    batches: list[list[int]] = []
    for i in order:
        # The first of a batch is its longest: the others are padded to it.
        if (
            batches
            and limits[batches[-1][0]] == limits[i]
            and lengths[batches[-1][0]] * (len(batches[-1]) + 1) <= budget
        ):
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches
