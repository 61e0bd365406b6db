"""Linear warm-up and linear decay of the learning rate."""


def linear_schedule(step: int, steps: int, warmup_share: float) -> float:
    """Return the factor of the peak learning rate at update ``step`` (from 0) of ``steps``.

    It rises from 0 over the first round(warmup_share · steps) updates and falls to 0 at ``steps``, as
    ``get_linear_schedule_with_warmup`` of transformers does.
    """
    warmup = round(warmup_share * steps)
    if step < warmup:
        return step / warmup
    return (steps - step) / max(1, steps - warmup)
