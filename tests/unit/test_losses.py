import math

import pytest
import torch

from workflow_scripts.training.losses import info_nce


def vectors(*shape, seed):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def naive(queries, passages, query_groups, passage_groups, temperature):
    total = 0.0
    for i, query in enumerate(queries):
        exponents = []
        for j, passage in enumerate(passages):
            if j == i or query_groups[i] != passage_groups[j]:
                cosine = float(query @ passage / (query.norm() * passage.norm()))
                exponents.append((math.exp(cosine / temperature), j == i))
        total -= math.log(sum(e for e, own in exponents if own) / sum(e for e, _ in exponents))
    return total / len(queries)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("hard", [0, 7])
def test_equals_a_naive_loop_with_groups_and_hard_negatives(seed, hard):
    queries, passages = vectors(12, 6, seed=seed), vectors(12 + hard, 6, seed=seed + 100)
    groups = torch.randint(0, 6, (12 + hard,), generator=torch.Generator().manual_seed(seed))
    loss = info_nce(queries, passages, groups[:12], groups, 0.1)
    assert float(loss) == pytest.approx(naive(queries, passages, groups[:12], groups, 0.1), rel=1e-12)


def test_symmetric_is_the_mean_of_both_directions():
    queries, passages, groups = vectors(9, 5, seed=1), vectors(9, 5, seed=2), torch.tensor([0, 0, 1, 2, 3, 4, 4, 4, 5])
    both = (info_nce(queries, passages, groups, groups, 0.05) + info_nce(passages, queries, groups, groups, 0.05)) / 2
    assert torch.allclose(info_nce(queries, passages, groups, groups, 0.05, symmetric=True), both, rtol=1e-12)


def test_a_row_of_the_same_group_has_no_gradient_as_a_negative():
    queries, passages = vectors(3, 4, seed=1), vectors(3, 4, seed=2).requires_grad_()
    groups = torch.tensor([0, 0, 1])
    info_nce(queries[:1], passages, groups[:1], groups, 0.1).backward()
    assert passages.grad[1].abs().sum() == 0
    assert passages.grad[2].abs().sum() > 0


def test_a_batch_of_one_group_has_nothing_to_learn():
    assert float(info_nce(vectors(4, 3, seed=1), vectors(4, 3, seed=2), torch.zeros(4), torch.zeros(4), 0.05)) == 0


@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_equals_sentence_transformers_without_groups(temperature):
    losses = pytest.importorskip("sentence_transformers.sentence_transformer.losses")
    queries, passages = vectors(16, 8, seed=3).requires_grad_(), vectors(16, 8, seed=4).requires_grad_()
    loss = info_nce(queries, passages, torch.arange(16), torch.arange(16), temperature)
    mine = torch.autograd.grad(loss, [queries, passages])
    peer = losses.MultipleNegativesRankingLoss(model=None, scale=1 / temperature)
    theirs = peer.compute_loss_from_embeddings([queries, passages], labels=None)
    assert torch.allclose(loss, theirs, rtol=1e-12)
    for own, other in zip(mine, torch.autograd.grad(theirs, [queries, passages]), strict=True):
        assert torch.allclose(own, other, rtol=1e-9, atol=1e-12)
