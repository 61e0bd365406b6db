import copy

import numpy as np
import pytest
import torch
from torch.nn import functional

from workflow_scripts.encoders import onednn_linear
from workflow_scripts.encoders.onednn_linear import fill_for_onednn, linear
from workflow_scripts.encoders.packed_transformer import PackedTransformer
from workflow_scripts.encoders.packing import PackedTexts


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


def test_packs_of_like_size_are_filled_to_few_sizes_by_at_most_a_32nd(monkeypatch):
    monkeypatch.setattr(onednn_linear, "_has_product", lambda: True)
    sizes = set()
    for tokens in range(1, 4097):
        states, runs = fill_for_onednn(torch.empty(tokens, 256), [(1, tokens)])
        assert tokens <= len(states) <= tokens * 33 / 32 and sum(texts * length for texts, length in runs) == len(
            states
        )
        sizes |= {len(states)} if tokens > 2048 else set()
    assert len(sizes) == 32
    for left in (torch.empty(1001, 255), torch.empty(1001, 256, dtype=torch.float64)):
        assert fill_for_onednn(left, [(1, 1001)])[0] is left


def test_what_a_pack_is_filled_with_changes_no_state_and_no_gradient():
    config = {
        "model_type": "roberta",
        "hidden_act": "gelu",
        "vocab_size": 60,
        "hidden_size": 256,
        "num_hidden_layers": 2,
    }
    config |= {"num_attention_heads": 4}
    config |= {"num_hidden_layers": 2, "intermediate_size": 512, "max_position_embeddings": 90, "pad_token_id": 1}
    model = PackedTransformer(config | {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0})
    torch.manual_seed(1)
    model.initialise()
    exact = copy.deepcopy(model).double()
    texts = PackedTexts.of([np.arange(5, 5 + length % 50) for length in range(1, 80, 3) if length % 50])
    assert len(texts.ids) % 2 ** (len(texts.ids).bit_length() - 6)  # so that something is filled
    for one in (model, exact):
        states = one(texts)  # a norm comes last: without weights the loss would be a constant
        (states @ torch.linspace(-1, 1, 256, dtype=states.dtype)).square().sum().backward()
    assert torch.allclose(model(texts).double(), exact(texts), atol=1e-4)
    # That of a key's bias is nothing but rounding: what counts is the largest gradient.
    largest = max(other.grad.abs().max() for other in exact.parameters() if other.grad is not None)
    for (name, mine), other in zip(model.named_parameters(), exact.parameters(), strict=True):
        if other.grad is not None:
            assert torch.allclose(mine.grad.double(), other.grad, rtol=1e-3, atol=1e-4 * largest), name
