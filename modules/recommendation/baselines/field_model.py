"""What the baselines share: both sides' fields in one list, embedded by one table."""

from abc import abstractmethod

import torch
from torch import Tensor

from modules.recommendation.embedding import PackedEmbedding, second_order_std
from modules.recommendation.features import Features
from modules.recommendation.pair_model import PairModel, Shape


class FieldModel(PairModel):
    """A model to which a pair is the list of its F fields, the student's and the employer's alike.

    Args:
        shape: sizes of the problem.
        embedding_dim: d.
        unseen: share of codes that training masks.
        linear: whether each category and number has a first-order weight too, packed as column d + 1, and the
            vectors are multiplied with each other.
        hyperparameters: the rest.
    """

    def __init__(
        self,
        shape: Shape,
        embedding_dim: int,
        unseen: float = 0.0,
        *,
        linear: bool = False,
        **hyperparameters: float | str,
    ) -> None:
        super().__init__(shape, embedding_dim=embedding_dim, unseen=unseen, **hyperparameters)
        students, employers = shape.students, shape.employers
        self.width, self.fields = embedding_dim, students.fields + employers.fields
        vocabularies = students.vocabularies + employers.vocabularies
        numbers = students.numbers + employers.numbers
        products = self.fields * (self.fields - 1) // 2
        std = second_order_std(products, embedding_dim) if linear else 0.1
        self.embedding = PackedEmbedding(vocabularies, numbers, embedding_dim, unseen, std, linear=linear)

    def forward(self, students: Features, employers: Features) -> Tensor:
        """Logit of each row with the same row of the other side, B."""
        if self.shape.employers.fields == 0:
            return self.logit(self.embedding(students))
        codes = torch.cat([students.codes, employers.codes], dim=1)
        values = torch.cat([students.values, employers.values], dim=1)
        return self.logit(self.embedding(Features(codes, values)))

    @abstractmethod
    def logit(self, vectors: Tensor) -> Tensor:
        """Logit of each of B pairs from its fields, B x F x d (x d + 1 with first-order weights)."""
