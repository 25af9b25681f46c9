"""Feature crosses of learnt orders."""

from torch import Tensor, nn

from modules.recommendation.baselines.field_model import FieldModel
from modules.recommendation.mlp import mlp
from modules.recommendation.pair_model import Shape

_SMALLEST = 1e-5


class AFN(FieldModel):
    """Adaptive factorisation network (Cheng et al., AAAI 2020).

    Crosses y_k = exp(sum_f c_kf log|v_f|), element-wise over d, with learnt orders c; logit = MLP([y_1; ...;
    y_K]). |v| is held above 1e-5, and logarithms (by field) and crosses (by k) are batch-normalised.

    Args:
        shape: sizes of the problem.
        embedding_dim: d.
        logarithmic_neurons: K.
        hidden_units: of the perceptron.
        batch_norm: in the perceptron.
        net_dropout: in the perceptron.
        unseen: share of codes that training masks.
    """

    name = "afn"

    def __init__(
        self,
        shape: Shape,
        *,
        embedding_dim: int = 16,
        logarithmic_neurons: int = 64,
        hidden_units: str = "64,32",
        batch_norm: bool = False,
        net_dropout: float = 0.0,
        unseen: float = 0.0,
    ) -> None:
        super().__init__(
            shape,
            embedding_dim,
            unseen,
            logarithmic_neurons=logarithmic_neurons,
            hidden_units=hidden_units,
            batch_norm=batch_norm,
            net_dropout=net_dropout,
        )
        self.log_norm, self.cross_norm = nn.BatchNorm1d(self.fields), nn.BatchNorm1d(logarithmic_neurons)
        self.orders = nn.Linear(self.fields, logarithmic_neurons, bias=False)
        inputs = self.width * logarithmic_neurons
        self.deep = mlp(inputs, hidden_units, dropout=net_dropout, batch_norm=batch_norm)

    def logit(self, vectors: Tensor) -> Tensor:
        """The perceptron's, of the crosses."""
        # Fields last: then all crosses of a batch are one product of two matrices.
        logs = vectors.transpose(1, 2).abs().clamp_min(_SMALLEST).log().reshape(-1, self.fields)
        crosses = self.cross_norm(self.orders(self.log_norm(logs)).exp())
        deep: Tensor = self.deep(crosses.view(len(vectors), -1))
        return deep.squeeze(1)
