"""DH-GCN: a graph convolution that keeps near cities alike and exchanging cities apart."""

from typing import Literal

import torch
from torch import Tensor, nn

Channel = Literal["low", "high", "none"]
"""Low-pass: a city takes on what its neighbours are. High-pass: it keeps how it differs from them."""
_SIGN: dict[str, float] = {"low": 1.0, "high": -1.0}


class SignedConvolution(nn.Module):
    """One channel: H_i = ReLU(W (h_i + sum_j a_ij A_ij h_j)), a_ij = tanh(b + u.m_i + v.m_j), m = mean_t h.

    a = 1 gives I + A, a low-pass filter; a = -1 gives I - A, the Laplacian, a high-pass one (FAGCN, Bo et
    al., AAAI 2021). b starts at the channel's sign, u and v at 0: the data may soften it, city by city.

    Shapes:
        h: B x L x N x d.
        graph: N x N or B x N x N, normalised.
        output: B x L x N x d.
    """

    def __init__(self, hidden: int, channel: Channel) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.tensor(_SIGN[channel]))
        self.of_city = nn.Linear(hidden, 1, bias=False)
        self.of_neighbour = nn.Linear(hidden, 1, bias=False)
        self.project = nn.Linear(hidden, hidden)
        nn.init.zeros_(self.of_city.weight)
        nn.init.zeros_(self.of_neighbour.weight)

    def forward(self, h: Tensor, graph: Tensor) -> Tensor:
        """Convolve every period of the window over one graph."""
        convolved: Tensor = torch.relu(self.project(h + self.gather(h, graph)))
        return convolved

    def gather(self, h: Tensor, graph: Tensor) -> Tensor:
        """sum_j a_ij A_ij h_j."""
        mean = h.mean(1)  # B x N x d
        sign = torch.tanh(self.bias + self.of_city(mean) + self.of_neighbour(mean).transpose(1, 2))
        return torch.einsum("bij,bljd->blid", sign * graph, h)


class DHGCN(nn.Module):
    """One layer: both channels and the co-preserving gate, with a residual connection.

    g = sigmoid(W_g [H^geo | H^mob]); h <- h + g H^geo + (1 - g) H^mob. With one channel there is no gate.
    The seed's abstract names the layer and gives no equation: this is a reconstruction.

    Shapes:
        h: B x L x N x d.
        geographic: N x N.
        mobility: B x N x N.
        output: B x L x N x d.
    """

    def __init__(self, hidden: int, geography: Channel, mobility: Channel) -> None:
        super().__init__()
        self.geography = None if geography == "none" else SignedConvolution(hidden, geography)
        self.mobility = None if mobility == "none" else SignedConvolution(hidden, mobility)
        self.gate = nn.Linear(2 * hidden, hidden) if self.geography and self.mobility else None

    def forward(self, h: Tensor, geographic: Tensor, mobility: Tensor) -> Tensor:
        """Convolve every period of the window over both graphs."""
        near = None if self.geography is None else self.geography(h, geographic)
        flowing = None if self.mobility is None else self.mobility(h, mobility)
        if near is not None and flowing is not None and self.gate is not None:
            gate: Tensor = torch.sigmoid(self.gate(torch.cat([near, flowing], dim=-1)))
            both: Tensor = h + gate * near + (1 - gate) * flowing
            return both
        only = near if near is not None else flowing
        return h if only is None else h + only
