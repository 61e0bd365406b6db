import numpy as np
import pytest
import torch

from workflow_scripts.encoders.packed_attention import (
    ATTENTION,
    first_position,
    packed_states,
    reads_packed_texts,
    register,
)
from workflow_scripts.encoders.packing import PackedTexts
from workflow_scripts.encoders.pooling import pool, pool_packed
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
_SPECIAL = ("bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id")
CONFIGS = {
    "bert": ("BertConfig", {}),
    "camembert": ("CamembertConfig", {}),
    "modernbert": ("ModernBertConfig", {"local_attention": 8, "global_attn_every_n_layers": 3, **dict.fromkeys(_SPECIAL)}),
    "roberta": ("RobertaConfig", {}),
    "xlm-roberta": ("XLMRobertaConfig", {}),
    "xlm-roberta-xl": ("XLMRobertaXLConfig", {}),
}
LENGTHS = [5, 1, 30, 5, 12, 30, 2, 5]


def rows():
    rng = np.random.default_rng(3)
    return [rng.integers(5, 60, length) for length in LENGTHS]


def encoders(model_type):
    """The same random weights, once for padded and once for packed texts."""
    import transformers

    register()
    name, changes = CONFIGS[model_type]
    models = []
    for attention in ("sdpa", ATTENTION):
        torch.manual_seed(1)
        config = getattr(transformers, name)(**SMALL, **changes)
        models.append(transformers.AutoModel.from_config(config, attn_implementation=attention).eval())
    return models


def test_a_pack_holds_every_token_once_shortest_text_first():
    texts = PackedTexts.of(rows())
    assert texts.runs == [(1, 1), (1, 2), (3, 5), (1, 12), (2, 30)]
    assert texts.order.tolist() == [1, 6, 0, 3, 7, 4, 2, 5]
    assert texts.ids.tolist() == np.concatenate([rows()[k] for k in texts.order]).tolist()
    assert texts.positions[:8].tolist() == [0, 0, 1, 0, 1, 2, 3, 4]
    assert texts.order[texts.places].tolist() == list(range(len(LENGTHS)))


@pytest.mark.parametrize("model_type", CONFIGS)
def test_packed_and_padded_texts_give_the_same_states_and_gradients(model_type):
    padded, packed = encoders(model_type)
    texts = PackedTexts.of(rows())
    ids, mask = (torch.from_numpy(array) for array in pad(rows(), 1))
    states = packed_states(packed, texts)
    expected = padded(input_ids=ids, attention_mask=mask).last_hidden_state
    assert torch.allclose(states, torch.cat([expected[k, : LENGTHS[k]] for k in texts.order]), atol=2e-6)
    weights = torch.linspace(-1, 1, 16)
    (pool_packed(states, texts, "mean") @ weights).square().sum().backward()
    (pool(expected, mask, "mean") @ weights).square().sum().backward()
    theirs = {name: weight.grad for name, weight in padded.named_parameters() if weight.grad is not None}
    ours = {name: weight.grad for name, weight in packed.named_parameters() if weight.grad is not None}
    assert theirs.keys() == ours.keys() and len(theirs) >= 20
    for name, gradient in theirs.items():
        assert torch.allclose(ours[name], gradient, rtol=1e-4, atol=1e-5 * float(gradient.abs().max()) + 1e-7), name


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


def test_other_architectures_keep_their_padding():
    assert not reads_packed_texts("mpnet") and reads_packed_texts("xlm-roberta")
    assert [first_position(encoders(model_type)[1].config) for model_type in ("bert", "xlm-roberta")] == [0, 2]
