"""The factorisation machine."""

import torch
from torch import Tensor, nn

from modules.recommendation.baselines.factorisation import factorised
from modules.recommendation.baselines.field_model import FieldModel
from modules.recommendation.pair_model import Shape


class FM(FieldModel):
    """logit = b + sum_f w_f + sum_{f < g} v_f . v_g (Rendle, ICDM 2010).

    Args:
        shape: sizes of the problem.
        embedding_dim: d.
        unseen: share of codes that training masks.
    """

    name = "fm"

    def __init__(self, shape: Shape, embedding_dim: int = 16, unseen: float = 0.0) -> None:
        super().__init__(shape, embedding_dim, unseen, linear=True)
        self.bias = nn.Parameter(torch.zeros(()))

    def logit(self, vectors: Tensor) -> Tensor:
        """First and second order."""
        return self.bias + factorised(vectors)[0]
