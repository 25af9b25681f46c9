"""Self-attention over the fields."""

import torch
from torch import Tensor, nn

from modules.errors import UserError
from modules.recommendation.baselines.field_model import FieldModel
from modules.recommendation.mlp import mlp
from modules.recommendation.pair_model import Shape

_ROWS = 512
"""Attended at a time: more would not stay in a core's own cache."""


class AutoInt(FieldModel):
    """Fields that attend to fields, beside a deep part (Song et al., CIKM 2019).

    A layer: e_f <- relu([sum_g softmax_g(W_Q e_f . W_K e_g) W_V e_g for each head] + W_R e_f);
    logit = w . [e_1; ...; e_F] + MLP([v_1; ...; v_F]). As in the paper, likeness is not divided by sqrt(d).

    Args:
        shape: sizes of the problem.
        embedding_dim: d.
        attention_layers: number of layers.
        num_heads: in each.
        attention_dim: width of all heads together.
        hidden_units: of the deep part; an empty text leaves it out.
        batch_norm: in the deep part.
        net_dropout: in the deep part.
        unseen: share of codes that training masks.

    Raises:
        UserError: if the heads do not share `attention_dim` evenly.
    """

    name = "autoint"

    def __init__(
        self,
        shape: Shape,
        *,
        embedding_dim: int = 16,
        attention_layers: int = 3,
        num_heads: int = 2,
        attention_dim: int = 16,
        hidden_units: str = "64,32",
        batch_norm: bool = False,
        net_dropout: float = 0.0,
        unseen: float = 0.0,
    ) -> None:
        super().__init__(
            shape,
            embedding_dim,
            unseen,
            attention_layers=attention_layers,
            num_heads=num_heads,
            attention_dim=attention_dim,
            hidden_units=hidden_units,
            batch_norm=batch_norm,
            net_dropout=net_dropout,
        )
        if attention_dim % num_heads:
            raise UserError(f"attention_dim: {attention_dim} is no multiple of num_heads, {num_heads}")
        inputs = [embedding_dim, *[attention_dim] * (attention_layers - 1)]
        self.attention = nn.Sequential(*(AttentionLayer(width, attention_dim, num_heads) for width in inputs))
        self.out = nn.Linear(self.fields * attention_dim, 1)
        self.deep = (
            mlp(self.fields * self.width, hidden_units, dropout=net_dropout, batch_norm=batch_norm)
            if hidden_units
            else None
        )

    def logit(self, vectors: Tensor) -> Tensor:
        """Attended and deep part."""
        parts = torch.split(vectors, _ROWS)
        logit = torch.cat([self.out(self.attention(part).flatten(1)) for part in parts])
        if self.deep is not None:
            logit = logit + self.deep(vectors.flatten(1))
        return logit.squeeze(1)


class AttentionLayer(nn.Module):
    """One layer of interacting fields.

    Args:
        inputs: width of a field.
        width: of all heads together.
        heads: number of heads; each has width / heads.
    """

    def __init__(self, inputs: int, width: int, heads: int) -> None:
        super().__init__()
        self.sizes = [width // heads] * (3 * heads) + [width]
        self.projection = nn.Linear(inputs, 4 * width, bias=False)
        nn.init.xavier_uniform_(self.projection.weight)

    def forward(self, vectors: Tensor) -> Tensor:
        """B x F x inputs to B x F x width."""
        # By head, as views: the batched products take them as they lie, nothing is copied.
        *asked, residual = self.projection(vectors).split(self.sizes, dim=2)
        query, key, value = asked[::3], asked[1::3], asked[2::3]
        heads = [
            torch.bmm(torch.bmm(q, k.transpose(1, 2)).softmax(dim=2), v)
            for q, k, v in zip(query, key, value, strict=True)
        ]
        return torch.cat(heads, dim=2).add_(residual).relu_()
