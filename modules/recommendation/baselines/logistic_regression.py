"""Logistic regression on the fields."""

import torch
from torch import Tensor, nn

from modules.recommendation.baselines.field_model import FieldModel
from modules.recommendation.pair_model import Shape


class LogisticRegression(FieldModel):
    """logit = b + sum_f w_f, with a weight for each category and each number (Richardson et al., WWW 2007).

    Args:
        shape: sizes of the problem.
        unseen: share of codes that training masks.
    """

    name = "logistic_regression"

    def __init__(self, shape: Shape, unseen: float = 0.0) -> None:
        super().__init__(shape, 0, unseen, linear=True)
        self.hyperparameters = {"unseen": unseen}
        self.bias = nn.Parameter(torch.zeros(()))

    def logit(self, vectors: Tensor) -> Tensor:
        """The sum of the weights."""
        return vectors.sum((1, 2)) + self.bias
