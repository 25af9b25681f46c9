"""A plain deep network on the fields."""

from torch import Tensor

from modules.recommendation.baselines.field_model import FieldModel
from modules.recommendation.mlp import mlp
from modules.recommendation.pair_model import Shape


class Concatenation(FieldModel):
    """logit = MLP([v_1; ...; v_F]): the paper's model without reciprocity (Zhu et al., 2021, section 3.4.4).

    Args:
        shape: sizes of the problem.
        embedding_dim: d.
        hidden_units: of the perceptron.
        net_dropout: in the perceptron.
        unseen: share of codes that training masks.
    """

    name = "concatenation"

    def __init__(
        self,
        shape: Shape,
        embedding_dim: int = 16,
        hidden_units: str = "64,32",
        net_dropout: float = 0.0,
        unseen: float = 0.0,
    ) -> None:
        super().__init__(shape, embedding_dim, unseen, hidden_units=hidden_units, net_dropout=net_dropout)
        self.deep = mlp(self.fields * self.width, hidden_units, dropout=net_dropout)

    def logit(self, vectors: Tensor) -> Tensor:
        """The perceptron's."""
        deep: Tensor = self.deep(vectors.flatten(1))
        return deep.squeeze(1)
