import pytest
import torch
from torch.nn import functional

from workflow_scripts.encoders import onednn_linear
from workflow_scripts.encoders.onednn_linear import linear


def results(way, dtype, width, needed=(True, True, True)):
    generator = torch.Generator().manual_seed(5)
    shapes = ((37, width), (2 * width, width), (2 * width,))
    tensors = [
        torch.randn(shape, generator=generator).to(dtype).requires_grad_(need)
        for shape, need in zip(shapes, needed, strict=True)
    ]
    output = way(*tensors)
    (output * torch.linspace(-1, 1, 2 * width, dtype=dtype)).sum().backward()
    return [output, *(tensor.grad for tensor in tensors)]


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.float64, 1e-12)])
@pytest.mark.parametrize("width", [8, 256])
def test_output_and_gradients_are_those_of_torch(dtype, tolerance, width):
    for one, other in zip(results(linear, dtype, width), results(functional.linear, dtype, width), strict=True):
        assert torch.allclose(one, other, rtol=tolerance, atol=tolerance * width**0.5)


def test_what_needs_no_gradient_gets_none():
    gradients = results(linear, torch.float32, 256, (False, True, False))[1:]
    assert [gradient is not None for gradient in gradients] == [False, True, False]


def test_wide_products_in_fp32_alone_are_onednns(monkeypatch):
    asked = []
    monkeypatch.setattr(
        onednn_linear._Linear, "apply", lambda *tensors: asked.append(tensors) or functional.linear(*tensors)
    )
    monkeypatch.setattr(onednn_linear, "_has_product", lambda: True)
    results(linear, torch.float32, 255)
    results(linear, torch.float64, 256)
    with torch.autocast("cpu", torch.bfloat16):
        linear(torch.ones(2, 256), torch.ones(256, 256), torch.ones(256))
    assert not asked
    results(linear, torch.float32, 256)
    assert len(asked) == 1
