"""The factorisation machine beside a deep network."""

from torch import Tensor

from modules.recommendation.baselines.factorisation import factorised
from modules.recommendation.baselines.field_model import FieldModel
from modules.recommendation.mlp import mlp
from modules.recommendation.pair_model import Shape


class DeepFM(FieldModel):
    """logit = sum_f w_f + sum_{f < g} v_f . v_g + MLP([v_1; ...; v_F]) (Guo et al., IJCAI 2017).

    Args:
        shape: sizes of the problem.
        embedding_dim: d.
        hidden_units: of the deep part.
        batch_norm: in the deep part.
        net_dropout: in the deep part.
        unseen: share of codes that training masks.
    """

    name = "deepfm"

    def __init__(
        self,
        shape: Shape,
        *,
        embedding_dim: int = 16,
        hidden_units: str = "64,32",
        batch_norm: bool = False,
        net_dropout: float = 0.0,
        unseen: float = 0.0,
    ) -> None:
        super().__init__(
            shape,
            embedding_dim,
            unseen,
            linear=True,
            hidden_units=hidden_units,
            batch_norm=batch_norm,
            net_dropout=net_dropout,
        )
        self.deep = mlp(self.fields * self.width, hidden_units, dropout=net_dropout, batch_norm=batch_norm)

    def logit(self, vectors: Tensor) -> Tensor:
        """First order, second order and deep part."""
        crossed, factors = factorised(vectors)
        deep: Tensor = self.deep(factors.flatten(1))
        return crossed + deep.squeeze(1)
