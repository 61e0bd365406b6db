"""Hard negatives of a batch: whose they are, how many, and for whom they count."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workflow_scripts.training.batches import Batch, SourcePairs
from workflow_scripts.training.losses import info_nce
from workflow_scripts.training.negatives import UNKNOWN_GROUP, HardNegatives


def made(counts):
    """One source in one language: pair i is row i, its passage text i, its group i; negatives are texts 100, 101, …"""
    places = np.arange(len(counts))
    source = SourcePairs("s", places[None], places[None], places, places[None])
    offsets = np.concatenate([[0], np.cumsum(counts)])
    groups = np.full(100 + offsets[-1], UNKNOWN_GROUP)
    groups[: len(counts)] = places
    return [source], HardNegatives(offsets, 100 + np.arange(offsets[-1]), groups)


def batch_of(pairs):
    pairs, zeros = np.array(pairs), np.zeros(len(pairs), dtype=np.int64)
    return Batch(True, zeros, zeros, zeros, pairs, pairs, pairs, pairs)


@given(st.lists(st.integers(0, 5), min_size=2, max_size=12), st.integers(1, 4), st.integers(0, 9), st.data())
def test_each_example_has_its_own_negatives_and_no_more_than_asked_for(counts, asked, k, data):
    sources, negatives = made(counts)
    pairs = data.draw(st.permutations(range(len(counts))))[: max(1, len(counts) - 1)]
    texts, groups = negatives.of(batch_of(pairs), sources, asked, 1, k)
    expected = [set(range(100 + sum(counts[:pair]), 100 + sum(counts[: pair + 1]))) for pair in pairs]
    place = 0
    for own in expected:  # in the order of the examples
        drawn = texts[place : place + min(asked, len(own))].tolist()
        assert len(set(drawn)) == len(drawn) == min(asked, len(own)) and set(drawn) <= own
        place += len(drawn)
    assert place == len(texts) == len(groups)
    again, _ = negatives.of(batch_of(pairs), sources, asked, 1, k)
    assert np.array_equal(texts, again)


def test_every_negative_is_drawn_in_some_batch():
    sources, negatives = made([5, 5])
    seen = {text for k in range(60) for text in negatives.of(batch_of([0, 1]), sources, 1, 1, k)[0].tolist()}
    assert seen == set(range(100, 110))


def test_a_negative_that_is_another_examples_passage_is_masked_for_that_example():
    """Text 1, the passage of pair 1, is a hard negative of pair 0."""
    places = np.arange(3)
    sources = [SourcePairs("s", places[None], places[None], places, places[None])]
    negatives = HardNegatives(np.array([0, 1, 1, 1]), np.array([1]), places)
    batch = batch_of([0, 1, 2])
    texts, groups = negatives.of(batch, sources, 1, 1, 0)
    assert (texts.tolist(), groups.tolist()) == ([1], [1])
    vectors = torch.randn(7, 4, generator=torch.Generator().manual_seed(1))
    queries, passages = vectors[:3], vectors[3:].requires_grad_()
    all_groups = torch.from_numpy(np.concatenate([batch.groups, groups]))
    for query, counts_for_it in ((0, True), (1, False), (2, True)):
        order = [query, *(i for i in range(3) if i != query), 3]
        own_groups = torch.from_numpy(batch.groups)[[query]]
        loss = info_nce(queries[[query]], passages[order], own_groups, all_groups[order], 0.1)
        gradient = torch.autograd.grad(loss, passages)[0]
        assert (gradient[3].abs().sum() > 0) == counts_for_it


@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_equals_sentence_transformers_with_a_negative_for_each_question(temperature):
    losses = pytest.importorskip("sentence_transformers.sentence_transformer.losses")
    generator = torch.Generator().manual_seed(2)
    sides = [torch.randn(16, 8, dtype=torch.float64, generator=generator).requires_grad_() for _ in range(3)]
    groups = torch.arange(16)
    passage_groups = torch.cat([groups, torch.full((16,), UNKNOWN_GROUP)])
    loss = info_nce(sides[0], torch.cat(sides[1:]), groups, passage_groups, temperature)
    theirs = losses.MultipleNegativesRankingLoss(model=None, scale=1 / temperature).compute_loss_from_embeddings(
        sides, labels=None
    )
    assert torch.allclose(loss, theirs, rtol=1e-12)
    for own, other in zip(torch.autograd.grad(loss, sides), torch.autograd.grad(theirs, sides), strict=True):
        assert torch.allclose(own, other, rtol=1e-9, atol=1e-12)
