"""Deep & Cross, the paper's DeepCross."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from modules.recommendation.baselines.field_model import FieldModel
from modules.recommendation.mlp import mlp, widths
from modules.recommendation.pair_model import Shape


class DCN(FieldModel):
    """Cross layers beside a deep part, joined by a linear layer (Wang et al., ADKDD 2017).

    x_{l+1} = x_0 (w_l . x_l) + b_l + x_l, with x_0 = [v_1; ...; v_F]. The deep part may be residual, as in
    Deep Crossing (Shan et al., KDD 2016): h_{l+1} = relu(W_l h_l + b_l + h_l), where widths are equal.

    Args:
        shape: sizes of the problem.
        embedding_dim: d.
        cross_layers: number of cross layers.
        hidden_units: of the deep part.
        residual: whether the deep part is.
        batch_norm: in the deep part, where it is not residual.
        net_dropout: in the deep part, where it is not residual.
        unseen: share of codes that training masks.
    """

    name = "dcn"

    def __init__(
        self,
        shape: Shape,
        *,
        embedding_dim: int = 16,
        cross_layers: int = 3,
        hidden_units: str = "64,64",
        residual: bool = True,
        batch_norm: bool = False,
        net_dropout: float = 0.0,
        unseen: float = 0.0,
    ) -> None:
        super().__init__(
            shape,
            embedding_dim,
            unseen,
            cross_layers=cross_layers,
            hidden_units=hidden_units,
            residual=residual,
            batch_norm=batch_norm,
            net_dropout=net_dropout,
        )
        inputs, units = self.fields * self.width, widths(hidden_units)
        self.cross = nn.ModuleList(nn.Linear(inputs, 1, bias=False) for _ in range(cross_layers))
        self.cross_bias = nn.Parameter(torch.zeros(cross_layers, inputs))
        self.deep = (
            nn.Sequential(*(ResidualLayer(*sizes) for sizes in pairwise([inputs, *units])))
            if residual
            else mlp(inputs, hidden_units, 0, dropout=net_dropout, batch_norm=batch_norm)
        )
        self.joint = nn.Linear(inputs + (units or [inputs])[-1], 1)

    def logit(self, vectors: Tensor) -> Tensor:
        """Of the crossed and the deep features."""
        first = crossed = vectors.flatten(1)
        for layer, bias in zip(self.cross, self.cross_bias, strict=True):
            crossed = first * layer(crossed) + bias + crossed
        joint: Tensor = self.joint(torch.cat([crossed, self.deep(first)], dim=1))
        return joint.squeeze(1)


class ResidualLayer(nn.Module):
    """relu(W h + b + h), or relu(W h + b) where the width changes."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear, self.same = nn.Linear(inputs, outputs), inputs == outputs

    def forward(self, hidden: Tensor) -> Tensor:
        """The next layer's input."""
        moved: Tensor = self.linear(hidden)
        return torch.relu(moved + hidden if self.same else moved)
