"""Matrix factorisation on sums of features."""

import torch
from torch import Tensor, nn

from modules.recommendation.embedding import PackedEmbedding, second_order_std
from modules.recommendation.features import Features
from modules.recommendation.pair_model import PairModel, Shape


class EXPLORE(PairModel):
    """logit = b + sum_m w_m + sum_n w_n + (sum_m P_m) . (sum_n Q_n).

    EXPLORE (Zheng et al., Information Sciences 474, 2019) factorises a matrix of users and tagged items; with
    one hire a student and no tags, the paper puts sums of the features' vectors in the place of the factors.

    Args:
        shape: sizes of the problem.
        embedding_dim: d.
        unseen: share of codes that training masks.
    """

    name = "explore"

    def __init__(self, shape: Shape, embedding_dim: int = 16, unseen: float = 0.0) -> None:
        super().__init__(shape, embedding_dim=embedding_dim, unseen=unseen)
        std = second_order_std(shape.students.fields * shape.employers.fields, embedding_dim)
        self.student_embedding, self.employer_embedding = (
            PackedEmbedding(side.vocabularies, side.numbers, embedding_dim, unseen, std, linear=True)
            for side in (shape.students, shape.employers)
        )
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, students: Features, employers: Features) -> Tensor:
        """Logit of each row with the same row of the other side, B."""
        p, q = self.student_embedding(students).sum(1), self.employer_embedding(employers).sum(1)
        logits: Tensor = (p[:, :-1] * q[:, :-1]).sum(1) + p[:, -1] + q[:, -1] + self.bias
        return logits

    @torch.no_grad()
    def score_all(self, students: Features, employers: Features) -> Tensor:
        """Logits of every student with every employer, S x E: one product of two matrices."""
        p, q = self.student_embedding(students).sum(1), self.employer_embedding(employers).sum(1)
        logits: Tensor = p[:, :-1] @ q[:, :-1].t() + p[:, -1:] + q[:, -1] + self.bias
        return logits
