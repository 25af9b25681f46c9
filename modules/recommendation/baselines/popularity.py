"""Employers by how many they hired."""

from typing import Self

import torch
from torch import Tensor

from modules.recommendation.features import Features
from modules.recommendation.pair_model import PairModel, Shape

_PRIME = 1_000_003


class Popularity(PairModel):
    """logit = log(1 + training hires of the employer) - log(1 + their mean), the student plays no part.

    An employer is known by its features, since that is all a model is given; those with the same features
    share a mean, an unknown one has hired nobody.

    Args:
        shape: sizes of the problem.
        employers: how many different ones the table holds.
    """

    name = "popularity"
    keys: Tensor
    hires: Tensor

    def __init__(self, shape: Shape, employers: int) -> None:
        super().__init__(shape, employers=employers)
        self.register_buffer("keys", torch.zeros(employers, dtype=torch.int64))
        self.register_buffer("hires", torch.zeros(employers))

    @classmethod
    def fit(cls, shape: Shape, employers: Features, popularity: Tensor) -> Self:
        """Count hires (E) by employer."""
        keys, same = torch.unique(_key(employers), return_inverse=True)
        total = torch.zeros(len(keys)).index_add_(0, same, popularity.float())
        network = cls(shape, len(keys))
        network.keys.copy_(keys)
        network.hires.copy_(total / same.bincount(minlength=len(keys)))
        return network

    def forward(self, students: Features, employers: Features) -> Tensor:  # noqa: ARG002
        """Logit of each employer."""
        if not len(self.keys):
            return torch.zeros(len(employers))
        key = _key(employers)
        place = torch.searchsorted(self.keys, key).clamp_max(len(self.keys) - 1)
        hires = torch.where(self.keys[place] == key, self.hires[place], 0.0)
        return torch.log1p(hires) - torch.log1p(self.hires.mean())

    @torch.no_grad()
    def score_all(self, students: Features, employers: Features) -> Tensor:
        """Logits of every student with every employer, S x E."""
        scores: Tensor = self(students, employers)
        return scores.expand(len(students), -1)


def _key(employers: Features) -> Tensor:
    # A polynomial hash of codes and of the bits of numbers, in integers that wrap round.
    key = torch.zeros(len(employers), dtype=torch.int64, device=employers.codes.device)
    for column in torch.cat([employers.codes, employers.values.view(torch.int32).long()], dim=1).unbind(1):
        key = (key + column + 1) * (_PRIME**3)
        key = key ^ (key >> 29)
    return key
