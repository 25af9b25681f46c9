"""RCJR: a match needs a student's preference and an employer's requirement."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from modules.recommendation.embedding import PackedEmbedding, second_order_std
from modules.recommendation.features import Features
from modules.recommendation.pair_model import PairModel, Shape
from modules.recommendation.rcjr.aggregation import Aggregation
from modules.recommendation.rcjr.attention import extract
from modules.recommendation.rcjr.employer_bank import EmployerBank
from modules.recommendation.rcjr.intent import IntentHead


class RCJR(PairModel):
    """Reciprocal-constrained, interpretable job recommendation, Zhu et al., J. Computer R&D 58(12), 2021.

    The sum of a student's fields P_m asks an employer's fields Q_n for what it prefers, Pbar; the sum of the
    employer's asks the student's for what it requires, Qbar; both are aggregated to a logit, equations
    (6)-(13). From the same P the intent is told, equations (3)-(5). Loss = BCE(match) + intent_weight *
    CE(intent), once a student, + direction_weight * (BCE(student's yes) + BCE(employer's yes)) where both
    decide. Not the paper's is the affinity, P_s . Q_u, in the logit, as in matrix factorisation: a mean over
    one side's fields, all that an extractor hands on, cannot tell how well the fields of both agree.

    Args:
        shape: sizes of the problem.
        embedding_dim: d.
        hidden_units: of the perceptrons that end in a score.
        aggregation: see `Aggregation`; `preference` and `requirement` leave the other extractor out.
        gate: `vector` or `scalar`.
        affinity: 1 adds P_s . Q_u to the logit; 0 is the paper's model.
        intent_weight: 0 leaves the intent out.
        intent_hidden_units: of the intent's perceptron.
        direction_weight: 0 leaves the two directed losses out.
        net_dropout: of the perceptrons that end in a score.
        unseen: share of codes that training masks.
    """

    name = "rcjr"

    def __init__(
        self,
        shape: Shape,
        *,
        embedding_dim: int = 16,
        hidden_units: str = "64,32",
        aggregation: str = "fuzzy",
        gate: str = "vector",
        affinity: int = 1,
        intent_weight: float = 1.0,
        intent_hidden_units: str = "64",
        direction_weight: float = 1.0,
        net_dropout: float = 0.0,
        unseen: float = 0.02,
    ) -> None:
        super().__init__(
            shape,
            embedding_dim=embedding_dim,
            hidden_units=hidden_units,
            aggregation=aggregation,
            gate=gate,
            affinity=affinity,
            intent_weight=intent_weight,
            intent_hidden_units=intent_hidden_units,
            direction_weight=direction_weight,
            net_dropout=net_dropout,
            unseen=unseen,
        )
        students, employers = shape.students, shape.employers
        self.intent_weight, self.direction_weight, self.affinity = intent_weight, direction_weight, affinity
        products = students.fields * employers.fields
        std = second_order_std(products, embedding_dim) if affinity else embedding_dim**-0.5
        self.student_embedding, self.employer_embedding = (
            PackedEmbedding(side.vocabularies, side.numbers, embedding_dim, unseen, std)
            for side in (students, employers)
        )
        directed = shape.two_sided and direction_weight > 0
        self.aggregation = Aggregation(
            aggregation, embedding_dim, hidden_units, net_dropout, gate, directed=directed
        )
        self.intent = (
            IntentHead(students.fields, students.sequence, embedding_dim, shape.intents, intent_hidden_units)
            if shape.intents and intent_weight > 0
            else None
        )

    def forward(self, students: Features, employers: Features) -> Tensor:
        """Logit of each row with the same row of the other side, B."""
        return self.match(self.student_embedding(students), self.employer_embedding(employers))

    def match(self, p: Tensor, q: Tensor) -> Tensor:
        """Logits B of embedded fields: the students' B x M x d, the employers' B x N x d."""
        logits: Tensor = self.aggregation(*self._extracted(p, q))
        return logits

    def _extracted(self, p: Tensor, q: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        student, employer = p.sum(1), q.sum(1)
        affinity = (student * employer).sum(1) if self.affinity else None
        return extract(student, q)[1], extract(employer, p)[1], affinity

    def attention(self, students: Features, employers: Features) -> tuple[Tensor, Tensor]:
        """Weights on the students' fields, B x M, and on the employers', B x N; each row adds up to 1.

        They say what the model looked at, not what moved its score.
        """
        p, q = self.student_embedding(students), self.employer_embedding(employers)
        return extract(q.sum(1), p)[0], extract(p.sum(1), q)[0]

    def directions(self, students: Features, employers: Features) -> Tensor | None:
        """Logits B x 2 of the student's and the employer's own yes; none where there are no such scores."""
        if not self.aggregation.directed:
            return None
        p, q = self.student_embedding(students), self.employer_embedding(employers)
        return self.aggregation.directions(*self._extracted(p, q))

    def intent_logits(self, students: Features) -> Tensor | None:
        """Logits of each student's intent, n x classes; none where the intent is left out."""
        if self.intent is None:
            return None
        logits: Tensor = self.intent(self.student_embedding(students))
        return logits

    def loss(
        self,
        students: Features,
        employers: Features,
        label: Tensor,
        decisions: Tensor | None = None,
        intent: Tensor | None = None,
    ) -> Tensor:
        """The match's loss, the intent's and, where both sides decide, the two directed ones."""
        p, q = self.student_embedding(students), self.employer_embedding(employers)
        extracted = self._extracted(p, q)
        loss = binary_cross_entropy_with_logits(self.aggregation(*extracted), label)
        if decisions is not None and self.aggregation.directed and self.direction_weight > 0:
            # Twice the mean over both columns: the sum of the two directed losses.
            directed = binary_cross_entropy_with_logits(self.aggregation.directions(*extracted), decisions)
            loss = loss + self.direction_weight * 2 * directed
        if intent is not None and self.intent is not None:
            known = (intent >= 0).nonzero().squeeze(1)
            if len(known):
                told = self.intent(p[known])
                loss = loss + self.intent_weight * cross_entropy(told, intent[known])
        return loss

    @torch.no_grad()
    def score_all(self, students: Features, employers: Features) -> Tensor:
        """Logits of every student with every employer, S x E, over a bank of the employers."""
        bank = self.employer_bank(employers)
        scores = [bank.scores(fields) for fields in self.student_embedding(students)]
        return torch.stack(scores) if scores else torch.zeros(0, len(employers))

    def employer_bank(self, employers: Features) -> EmployerBank:
        """What serving holds to score one student with every employer."""
        return EmployerBank(self.employer_embedding, self.aggregation, employers, affinity=self.affinity > 0)
