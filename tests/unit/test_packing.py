import json

import numpy as np
import pytest
import torch

from workflow_scripts.data.errors import InputError
from workflow_scripts.encoders import packed_transformer
from workflow_scripts.encoders.packed_transformer import (
    PackedTransformer,
    attend,
    is_packed_architecture,
    load_packed_transformer,
)
from workflow_scripts.encoders.packing import PackedTexts
from workflow_scripts.encoders.pooling import pool, pool_packed
from workflow_scripts.encoders.prepacked_transformer import PrepackedTransformer, can_prepack
from workflow_scripts.encoders.tokenization import pad

SMALL = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 70,
    "pad_token_id": 1,
}
CLASSES = {"bert": "Bert", "camembert": "Camembert", "roberta": "Roberta", "xlm-roberta": "XLMRoberta"}
LENGTHS = [5, 1, 30, 5, 12, 30, 2, 5]


def rows():
    rng = np.random.default_rng(3)
    return [rng.integers(5, 60, length) for length in LENGTHS]


def write_model(folder, model_type, kind="Model"):
    """Save a random model of transformers' own."""
    import transformers

    torch.manual_seed(1)
    config = getattr(transformers, f"{CLASSES[model_type]}Config")(**SMALL)
    model = getattr(transformers, f"{CLASSES[model_type]}{kind}")(config)
    with torch.no_grad():  # biases and norms are born as zeros and ones, which would hide a mistake
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(folder)
    return model.eval()


def load(folder):
    return load_packed_transformer(folder, json.loads((folder / "config.json").read_text()), torch.float32)


def test_a_pack_holds_every_token_once_shortest_text_first():
    texts = PackedTexts.of(rows())
    assert texts.runs == [(1, 1), (1, 2), (3, 5), (1, 12), (2, 30)]
    assert texts.order.tolist() == [1, 6, 0, 3, 7, 4, 2, 5]
    assert texts.ids.tolist() == np.concatenate([rows()[k] for k in texts.order]).tolist()
    assert texts.positions[:8].tolist() == [0, 0, 1, 0, 1, 2, 3, 4]
    assert texts.order[texts.places].tolist() == list(range(len(LENGTHS)))


@pytest.mark.parametrize("model_type", CLASSES)
def test_states_and_gradients_are_those_of_transformers(tmp_path, model_type):
    padded = write_model(tmp_path, model_type).double()
    packed = load(tmp_path).double()
    texts = PackedTexts.of(rows())
    ids, mask = (torch.from_numpy(array) for array in pad(rows(), 1))
    states = packed(texts)
    expected = padded(input_ids=ids, attention_mask=mask).last_hidden_state
    assert torch.allclose(states, torch.cat([expected[k, : LENGTHS[k]] for k in texts.order]), atol=1e-10)
    weights = torch.linspace(-1, 1, 16, dtype=torch.float64)
    (pool_packed(states, texts, "mean") @ weights).square().sum().backward()
    (pool(expected, mask, "mean") @ weights).square().sum().backward()
    theirs = {name: weight.grad for name, weight in padded.named_parameters() if weight.grad is not None}
    ours = {name: weight.grad for name, weight in packed.named_parameters()}
    assert theirs.keys() == ours.keys()
    for name, gradient in theirs.items():
        assert torch.allclose(ours[name], gradient, rtol=1e-6, atol=1e-10), name


@pytest.mark.parametrize("model_type", CLASSES)
def test_transformers_loads_what_is_saved(tmp_path, model_type):
    from transformers import AutoModel

    padded = write_model(tmp_path, model_type)
    (tmp_path / "again").mkdir()
    load(tmp_path).save_pretrained(tmp_path / "again")
    again, loading = AutoModel.from_pretrained(tmp_path / "again", output_loading_info=True)
    assert type(again) is type(padded)
    assert not loading["unexpected_keys"] and all(name.startswith("pooler.") for name in loading["missing_keys"])
    ids = torch.arange(5, 15)[None]
    assert torch.equal(again.eval()(ids).last_hidden_state, padded(ids).last_hidden_state)


def test_checkpoints_with_heads_and_old_names_are_read(tmp_path):
    from safetensors.torch import load_file, save_file

    model = write_model(tmp_path, "bert", "ForMaskedLM")
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
        for name, tensor in load_file(tmp_path / "model.safetensors").items()
    }
    assert any(name.startswith("bert.") and name.endswith("gamma") for name in old)
    save_file(old, tmp_path / "model.safetensors", metadata={"format": "pt"})
    texts = PackedTexts.of([np.arange(5, 15)])
    assert torch.allclose(load(tmp_path)(texts), model.bert(torch.arange(5, 15)[None]).last_hidden_state[0], atol=2e-6)


@pytest.mark.parametrize(
    ("model_type", "dtype"), [(kind, torch.float32) for kind in CLASSES] + [("bert", torch.bfloat16)]
)
def test_prepacked_weights_give_the_same_states(tmp_path, model_type, dtype):
    write_model(tmp_path, model_type)
    texts = PackedTexts.of(rows())
    packed = load(tmp_path)
    if not can_prepack(packed.config, torch.device("cpu"), dtype):
        pytest.skip("this machine's torch has no oneDNN, or its processor no bf16")
    expected = packed(texts).detach()
    # Of this precision without prepacking.
    error = (load(tmp_path).to(dtype)(texts).detach().float() - expected).square().mean().sqrt()
    found = PrepackedTransformer(packed, 64, dtype)(texts)
    assert found.dtype == torch.float32 and len(packed.encoder.layer) == 0
    assert (found - expected).square().mean().sqrt() <= error + 1e-6


def test_weights_of_another_shape_and_broken_files_are_refused(tmp_path):
    write_model(tmp_path, "xlm-roberta")
    config = json.loads((tmp_path / "config.json").read_text())
    with pytest.raises(InputError, match=r"embeddings.*has shape \(60, 16\), config.json says \(61, 16\)"):
        load_packed_transformer(tmp_path, config | {"vocab_size": 61}, torch.float32)
    (tmp_path / "model.safetensors").write_bytes(b"\xff" * 100)
    with pytest.raises(InputError, match="not a readable safetensors file"):
        load(tmp_path)


def test_dropout_is_for_training_alone():
    config = SMALL | {"model_type": "roberta", "hidden_act": "gelu"}
    model = PackedTransformer(config)
    model.initialise()
    texts = PackedTexts.of(rows())
    assert torch.equal(model.eval()(texts), model(texts))
    assert not torch.equal(model.train()(texts), model(texts))


def test_attention_from_which_something_may_be_dropped_is_the_same_where_nothing_is(monkeypatch):
    texts = PackedTexts.of(rows())
    projected = torch.linspace(-200, 200, len(texts.ids) * 48, dtype=torch.float64).sin().view(-1, 48)
    monkeypatch.setattr(packed_transformer, "dropout", lambda weights, dropped: weights)
    expected = attend(projected, texts.runs, heads=2)
    assert torch.allclose(attend(projected, texts.runs, heads=2, dropped=0.1), expected, atol=1e-12)


@pytest.mark.parametrize("pooling", ["mean", "cls", "last"])
def test_pooling_a_pack_is_pooling_each_text(pooling):
    texts = PackedTexts.of(rows())
    states = torch.randn(len(texts.ids), 4, generator=torch.Generator().manual_seed(2))
    vectors = pool_packed(states, texts, pooling)
    starts = np.concatenate([[0], np.cumsum([length for count, length in texts.runs for _ in range(count)])])
    for row, place in enumerate(texts.places):
        of_text = states[starts[place] : starts[place] + LENGTHS[row]]
        wanted = {"mean": of_text.mean(dim=0), "cls": of_text[0], "last": of_text[-1]}[pooling]
        assert torch.allclose(vectors[row], wanted, atol=1e-6)


def test_other_architectures_are_left_to_transformers():
    config = SMALL | {"model_type": "xlm-roberta", "hidden_act": "gelu"}
    assert not is_packed_architecture({key: value for key, value in config.items() if key != "hidden_size"})
    assert is_packed_architecture(config)
    for change in (
        {"model_type": "mpnet"},
        {"hidden_act": "relu"},
        {"position_embedding_type": "relative_key"},
        {"is_decoder": True},
    ):
        assert not is_packed_architecture(config | change)
