"""Fields to vectors: one table for all categories of a side, or of a pair."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from modules.recommendation.features import Features

_SPREAD = 0.3
"""Standard deviation of a sum of inner products at the start: of a logit that is still open."""


def second_order_std(products: int, width: int) -> float:
    """Standard deviation s of vectors such that a sum of inner products of them starts near 0.

    The products u . v are of independent vectors of `width` places, so the sum has the variance
    products * width * s^4.
    """
    return float((_SPREAD**2 / max(products * width, 1)) ** 0.25)


class PackedEmbedding(nn.Module):
    """Every field of a row as a vector: x = T[offset + code] of a category, x = z * v + b of a number z.

    One table holds the categories of all fields, so a batch is one look-up however many fields there are.
    Code 0 of each field stands for what training never saw; it learns from codes that are masked at random.

    Args:
        vocabularies: number of known values of each categorical field.
        numbers: number of numeric and sequence fields together.
        width: d, length of a vector.
        unseen: share of codes that training masks.
        std: standard deviation of the vectors at the start.
        linear: whether a first-order weight, 0 at the start, is packed behind each vector.

    Shapes:
        output: n x (C + V) x d (d + 1 with first-order weights), categories first.
    """

    offsets: Tensor

    def __init__(
        self,
        vocabularies: Sequence[int],
        numbers: int,
        width: int,
        unseen: float = 0.0,
        std: float = 0.1,
        *,
        linear: bool = False,
    ) -> None:
        super().__init__()
        sizes = torch.tensor([size + 1 for size in vocabularies], dtype=torch.int64)
        self.register_buffer("offsets", sizes.cumsum(0) - sizes, persistent=False)
        self.unseen, self.numbers = unseen, numbers
        start = torch.full((width + linear,), std)
        # Many small weights, drawn at random, would together hide what few rows can teach.
        start[width:] = 0.0
        self.table, self.slope, self.intercept = (
            nn.Parameter(torch.randn(rows, width + linear) * start)
            for rows in (int(sizes.sum()), numbers, numbers)
        )

    def forward(self, features: Features) -> Tensor:
        """Vectors of every field of every row."""
        codes = features.codes
        if self.training and self.unseen > 0:
            masked = torch.empty_like(codes, dtype=torch.bool).bernoulli_(self.unseen)
            codes = codes.masked_fill(masked, 0)
        # Indexed, since the gradient of nn.functional.embedding takes three times as long on a CPU.
        vectors = self.table[codes + self.offsets]
        if self.numbers == 0:
            return vectors
        return torch.cat([vectors, features.values.unsqueeze(-1) * self.slope + self.intercept], dim=1)
