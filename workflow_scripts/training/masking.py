"""Masked language modelling: which tokens are hidden, and by what."""

import numpy as np

from workflow_scripts.data.keyed_random import uniforms


def mask_tokens(
    ids: np.ndarray,
    share: float,
    mask_id: int,
    special_ids: int,
    vocabulary: int,
    *key: str | int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return ids with a share of the tokens hidden, and which are to be predicted (bool), both shaped as ids.

    Each token but the special ones (ids below ``special_ids``) is chosen with probability ``share``; of
    these 80 % become ``mask_id``, 10 % a random token and 10 % stay (BERT, arXiv 1810.04805, section 3.1). A function
    of its arguments alone.
    """
    chance, kind, random = uniforms((3, *ids.shape), "mask", *key)
    chosen = (chance < share) & (ids >= special_ids)
    hidden = np.where(chosen & (kind < 0.8), mask_id, ids)
    replacement = special_ids + np.floor(random * (vocabulary - special_ids)).astype(np.int64)
    return np.where(chosen & (kind >= 0.9), replacement, hidden), chosen
