"""The contrastive loss, with groups of rows that are never each other's negatives."""

import torch


def info_nce(
    queries: torch.Tensor,
    passages: torch.Tensor,
    query_groups: torch.Tensor,
    passage_groups: torch.Tensor,
    temperature: float,
    symmetric: bool = False,
) -> torch.Tensor:
    r"""Return the mean InfoNCE loss of n queries, a scalar.

    .. math::
        L = -\frac{1}{n} \sum_i \log \frac{\exp(s_{ii} / T)}{\sum_{j \in N(i)} \exp(s_{ij} / T)},
        \quad N(i) = \{i\} \cup \{j : g_j \ne g_i\}

    with :math:`s_{ij}` the cosine of query i and passage j, T the temperature and g the group: the loss of van den Oord
    et al. (arXiv 1807.03748, equation 4) with in-batch negatives (arXiv 2004.04906, section 3.2), as used by arXiv
    2408.10536. Without shared groups it is sentence-transformers' ``MultipleNegativesRankingLoss`` at scale 1/T.

    ``queries`` are [n, d]; ``passages`` [m, d] with m ≥ n, of which the first n are the positives in the order of
    the queries and the others hard negatives; groups are integers [n] and [m]. Vectors need not be normalised.
    ``symmetric`` averages it with the loss of each positive passage against the batch's queries (arXiv 2103.00020,
    figure 3).
    """
    count = queries.shape[0]
    queries = torch.nn.functional.normalize(queries, dim=1)
    passages = torch.nn.functional.normalize(passages, dim=1)
    scores = queries @ passages.T / temperature
    same_group = query_groups[:, None] == passage_groups[None, :]
    same_group.diagonal().fill_(False)  # the positive itself stays
    scores = scores.masked_fill(same_group, float("-inf"))
    positives = torch.arange(count, device=queries.device)
    loss = torch.nn.functional.cross_entropy(scores, positives)
    if symmetric:
        loss = (loss + torch.nn.functional.cross_entropy(scores[:, :count].T, positives)) / 2
    return loss
