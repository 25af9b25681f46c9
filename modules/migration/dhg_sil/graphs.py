"""The two graphs over cities: who lies near whom, and who exchanges people with whom."""

import torch
from torch import Tensor

NEIGHBOURS = 10
PARTNERS = 20


def geographic_graph(log_km: Tensor) -> Tensor:
    """Nearness: A_ij = exp(-(d_ij / s)^2) if j is among the NEIGHBOURS nearest of i, or i of j; N x N.

    s is the mean distance to these neighbours, so the same rule fits provinces and continents.

    Args:
        log_km: N x N, log((km + 1) / 500).
    """
    km = 500 * torch.exp(log_km.double()) - 1
    km = (km + km.T) / 2
    km.fill_diagonal_(torch.inf)
    count = min(NEIGHBOURS, len(km) - 1)
    nearest = km.topk(count, largest=False)
    near = torch.zeros_like(km, dtype=torch.bool).scatter_(1, nearest.indices, value=True)
    weight = torch.exp(-((km / nearest.values.mean()) ** 2))
    return normalised(torch.where(near | near.T, weight, 0.0)).float()


def mobility_graph(counts: Tensor) -> Tensor:
    """Exchange over the window only: mean flow in both directions, each city's PARTNERS largest; B x N x N.

    Args:
        counts: B x L x N x N, moves.
    """
    mean = counts.mean(1)
    both = mean + mean.transpose(1, 2)
    both = both * (1 - torch.eye(both.shape[-1], dtype=both.dtype, device=both.device))
    count = min(PARTNERS, both.shape[-1] - 1)
    edge = both.topk(count).values[..., -1:]  # B x N x 1
    kept = (both >= edge) | (both >= edge.transpose(1, 2))
    return normalised(torch.where(kept, both, 0.0))


def normalised(adjacency: Tensor) -> Tensor:
    """D^-1/2 A D^-1/2 over the last two axes; a city without neighbours keeps a row of zeros."""
    degree = adjacency.sum(-1).clamp_min(1e-12).rsqrt() * (adjacency.sum(-1) > 0)
    return degree[..., :, None] * adjacency * degree[..., None, :]
