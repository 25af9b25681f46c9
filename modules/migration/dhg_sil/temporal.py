"""How much each past period of a corridor adds to its forecast."""

from typing import Literal

import torch
from torch import Tensor, nn

Lags = Literal["signed", "softmax"]
_ROOM = 0.02
"""Bound of what a city's state may add to a lag's weight."""


class LagWeights(nn.Module):
    """Weights of the L lags of every corridor, for every period ahead.

    With z_i the state of city i for a target period and H_i its states over the window,

        s_ij^l = <Q_o z_i, K_o H_i^l> / sqrt(d) + <Q_d z_j, K_d H_j^l> / sqrt(d)
        signed:   b_ij^l = w_ij^l + 0.02 tanh(s_ij^l)
        softmax:  b_ij^l = softmax_l(log(|w_ij^l| + 0.001) + s_ij^l)

    w are the core's weights (`modules.migration.dhg_sil.core`). Signed weights can
    subtract, which a seasonal difference needs; contributions b x add up exactly, as in RETAIN (Choi et al.,
    arXiv:1608.05745).

    Shapes:
        z: B x h x N x c; states: B x L x N x d; core: B x h x L x N x N.
        output: B x h x L x N x N.
    """

    def __init__(self, hidden: int, context: int, form: Lags) -> None:
        super().__init__()
        self.form = form
        self.query = nn.Linear(context, 2 * hidden)
        self.key = nn.Linear(hidden, 2 * hidden, bias=False)
        nn.init.zeros_(self.query.weight)
        nn.init.zeros_(self.query.bias)

    def forward(self, z: Tensor, states: Tensor, core: Tensor) -> Tensor:
        """Weights of every lag."""
        query, key = self.query(z), self.key(states)
        hidden = key.shape[-1] // 2
        scores = [
            torch.einsum("bhnd,blnd->bhln", query[..., part], key[..., part]) / hidden**0.5
            for part in (slice(hidden), slice(hidden, None))
        ]
        score = scores[0][..., :, None] + scores[1][..., None, :]  # B x h x L x N x N
        if self.form == "softmax":
            return torch.softmax(torch.log(core.abs() + 1e-3) + score, dim=2)
        return core + _ROOM * torch.tanh(score)
