"""A linear layer whose fp32 products on CPU are oneDNN's: torch gives those to MKL, which is slower on some processors.

Two of the three products of a training step, the output and the gradient of what was read, are computed so; the
gradient of the weight stays MKL's, which is the faster there. oneDNN makes code for every size of a product, which
narrow layers do not repay. Other devices and dtypes are torch's.
"""

import torch
from torch.nn import functional

_NARROW = 256


def linear(values: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Return values [n, k] times weight [m, k] transposed, plus bias [m]; as ``torch.nn.functional.linear`` does."""
    plain = values.device.type == "cpu" and values.dtype == weight.dtype == torch.float32
    wide = values.ndim == 2 and min(weight.shape) >= _NARROW
    if plain and wide and not torch.is_autocast_enabled("cpu") and _has_product():
        return _Linear.apply(values, weight, bias)
    return functional.linear(values, weight, bias)


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
