"""What a city looks like in one period."""

import torch
from torch import Tensor, nn


class CityEncoder(nn.Module):
    """Projects each city's row and column of the matrix, their means and what is fixed of the city.

    h_i = W [ x_i. E / sqrt(N) | x_.i F / sqrt(N) | mean_j x_ij | mean_j x_ji | e_i | static_i ]

    Shapes:
        x: B x L x N x N, standardised logs.
        static: N x S.
        output: B x L x N x d.
    """

    def __init__(self, regions: int, hidden: int, static: int) -> None:
        super().__init__()
        self.destinations = nn.Parameter(torch.randn(regions, hidden) / regions**0.5)
        self.origins = nn.Parameter(torch.randn(regions, hidden) / regions**0.5)
        self.city = nn.Parameter(torch.zeros(regions, hidden))
        self.project = nn.Linear(3 * hidden + 2 + static, hidden)

    def forward(self, x: Tensor, static: Tensor) -> Tensor:
        """Encode every city in every period."""
        batch, length, regions, _ = x.shape
        parts = [
            x @ self.destinations,
            x.transpose(2, 3) @ self.origins,
            x.mean(3, keepdim=True),
            x.mean(2)[..., None],
            self.city.expand(batch, length, -1, -1),
            static.expand(batch, length, regions, -1),
        ]
        encoded: Tensor = self.project(torch.cat(parts, dim=-1))
        return encoded
