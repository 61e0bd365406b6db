from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.encoders.packed_transformer import PackedTransformer
from workflow_scripts.encoders.packing import PackedTexts
from workflow_scripts.encoders.pooling import pool_packed
from workflow_scripts.training.gradient_cache import _Share, chunks, contrastive_gradients
from workflow_scripts.training.losses import info_nce
from workflow_scripts.training.processes import Processes

CONFIG = {
    "model_type": "xlm-roberta",
    "hidden_act": "gelu",
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 40,
    "pad_token_id": 1,
}


def case(dropout):
    """An encoder in fp64, a batch with hard negatives, and a loss with temperature, masks and the symmetric term."""
    torch.manual_seed(1)
    encoder = PackedTransformer(CONFIG | {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout})
    encoder.initialise()
    encoder.double().train()
    rng = np.random.default_rng(2)
    queries = [rng.integers(5, 50, length) for length in rng.integers(2, 12, 9)]
    passages = [rng.integers(5, 50, length) for length in rng.integers(5, 30, 14)]
    groups = torch.tensor([0, 1, 1, 2, 3, 4, 5, 5, 6])
    passage_groups = torch.cat([groups, torch.tensor([0, 7, 8, 5, 9])])

    def embed(rows):
        texts = PackedTexts.of(rows)
        return pool_packed(encoder(texts), texts, "mean")

    def loss(q, p):
        return info_nce(q, p, groups, passage_groups, 0.05, symmetric=True)

    return encoder, embed, queries, passages, loss


def gradients(encoder):
    found = {name: weight.grad.clone() for name, weight in encoder.named_parameters() if weight.grad is not None}
    encoder.zero_grad()
    return found


def assert_equal(found, expected):
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        assert torch.allclose(found[name], gradient, rtol=1e-8, atol=1e-12), name


@pytest.mark.parametrize("chunk_tokens", [1, 40, 100])
def test_loss_and_gradients_are_those_of_the_whole_batch(chunk_tokens):
    encoder, embed, queries, passages, loss = case(dropout=0.0)
    value = contrastive_gradients(embed, queries, passages, loss, 10**6)
    expected = gradients(encoder)
    again = contrastive_gradients(embed, queries, passages, loss, chunk_tokens)
    assert again.item() == pytest.approx(value.item(), abs=1e-12)
    assert_equal(gradients(encoder), expected)


def test_dropout_is_replayed_and_the_random_stream_goes_on():
    encoder, embed, queries, passages, loss = case(dropout=0.2)
    torch.manual_seed(5)
    value = contrastive_gradients(embed, queries, passages, loss, 60)
    ours, after = gradients(encoder), torch.rand(3)
    # The same chunks with everything kept, in one graph.
    torch.manual_seed(5)
    sides = []
    for rows in (queries, passages):
        places = chunks(rows, 60)
        order = torch.from_numpy(np.argsort(np.concatenate(places)))
        sides.append(torch.cat([embed([rows[i] for i in chunk]) for chunk in places])[order])
    whole = loss(*sides)
    whole.backward()
    assert value.item() == pytest.approx(whole.item(), abs=1e-12)
    assert_equal(ours, gradients(encoder))
    assert torch.equal(torch.rand(3), after)


def computed(lengths, padding):
    """Tokens of texts that go through an encoder together."""
    return len(lengths) * -(-max(lengths) // padding) * padding if padding else sum(lengths)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(1, 60), st.sampled_from([0, 1, 8]))
def test_chunks_hold_each_row_once_within_the_budget(lengths, budget, padding):
    rows = [np.zeros(length, dtype=np.int64) for length in lengths]
    found = chunks(rows, budget, padding)
    assert sorted(np.concatenate(found).tolist()) == list(range(len(rows)))
    for chunk in found:
        assert len(chunk) == 1 or computed([lengths[i] for i in chunk], padding) <= budget
    for chunk, following in pairwise(found):  # none could be longer
        assert computed([lengths[i] for i in [*chunk, following[0]]], padding) > budget


class Together(Processes):
    """One of several processes that already knows what the others give."""

    given = None

    def gather(self, own):
        assert torch.equal(own, self.given[self.rank])
        return torch.stack(self.given)


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=40),
    st.integers(1, 60),
    st.integers(1, 5),
    st.sampled_from([0, 8]),
)
def test_processes_share_the_rows_evenly_and_put_them_together_again(lengths, budget, size, padding):
    rows = [np.full(length, number) for number, length in enumerate(lengths)]
    shares = [_Share.of(rows, budget, Together(rank, size), padding) for rank in range(size)]
    assert set(np.concatenate([share.places for share in shares]).tolist()) == set(range(len(rows)))
    assert len({tuple(map(len, share.chunks)) for share in shares}) == 1  # as many passes, as large
    assert sum(len(share.places) for share in shares) - len(rows) == shares[0].spare < size
    for share in shares:
        assert computed([lengths[place] for place in share.places], padding) <= share.tokens
        for chunk in share.chunks:
            assert len(chunk) == 1 or computed([lengths[place] for place in chunk], padding) <= budget
    Together.given = [torch.tensor([[float(place)] for place in share.places]) for share in shares]
    for share, own in zip(shares, Together.given, strict=True):
        assert share.whole(own).ravel().tolist() == list(range(len(rows)))
