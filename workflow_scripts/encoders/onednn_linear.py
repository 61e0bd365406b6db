"""A linear layer whose fp32 products on CPU are oneDNN's: torch gives those to MKL, which is slower on some processors.

Two of the three products of a training step, the output and the gradient of what was read, are computed so; the
gradient of the weight stays MKL's, which is the faster there. oneDNN makes, and keeps, code for every size of a
product: ``fill_for_onednn`` sees to few sizes, and narrow layers, which do not repay it, are left to MKL. Other devices
and dtypes are torch's.
"""

import torch
from torch.nn import functional

_NARROW = 256


def linear(values: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Return values [n, k] times weight [m, k] transposed, plus bias [m]; as ``torch.nn.functional.linear`` does."""
    if min(weight.shape) >= _NARROW and values.dtype == weight.dtype and _takes(values):
        return _Linear.apply(values, weight, bias)
    return functional.linear(values, weight, bias)


def fill_for_onednn(states: torch.Tensor, runs: list[tuple[int, int]]) -> tuple[torch.Tensor, list[tuple[int, int]]]:
    """Add at most a 32nd of empty states to the ``states`` [tokens, d] of texts in ``runs``, as a text of its own.

    So an epoch of packs has some dozen sizes, not a thousand whose code would fill memory. Where ``linear`` would not
    be oneDNN's nothing is added.
    """
    filler = -len(states) % 2 ** max(0, len(states).bit_length() - 6)
    if not filler or states.shape[1] < _NARROW or not _takes(states):
        return states, runs
    return functional.pad(states, (0, 0, 0, filler)), [*runs, (1, filler)]


def _takes(values: torch.Tensor) -> bool:
    plain = values.device.type == "cpu" and values.dtype == torch.float32 and values.ndim == 2
    return plain and not torch.is_autocast_enabled("cpu") and _has_product()


def _has_product() -> bool:
    return torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def _product(values: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    return torch.ops.mkldnn._linear_pointwise(values, weight, bias, "none", [], "")


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(values, weight)
        return _product(values, weight, bias)

    @staticmethod
    def backward(ctx, gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        values, weight = ctx.saved_tensors
        needed = ctx.needs_input_grad
        return (
            _product(gradients, weight.t()) if needed[0] else None,
            gradients.t() @ values if needed[1] else None,
            gradients.sum(0) if needed[2] else None,
        )
