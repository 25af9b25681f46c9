"""From what a student prefers and what an employer requires to one logit."""

from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from modules.errors import UserError
from modules.recommendation.mlp import mlp

Kind = Literal["none", "mean", "dot", "fuzzy", "harmonic", "product", "preference", "requirement"]
Gate = Literal["vector", "scalar"]
SCORES = frozenset({"harmonic", "product"})
"""Aggregations of two directed scores; the others join two vectors."""


class Aggregation(nn.Module):
    """Preference Pbar and requirement Qbar to the logit of a match.

    Of vectors, yhat = sigmoid(MLP(R)): `none` R = [Pbar; Qbar], `mean` R = (Pbar + Qbar) / 2, `dot` R =
    Pbar * Qbar, `fuzzy` R = w * Pbar + (1 - w) * Qbar with w = sigmoid(W_p Pbar + W_q Qbar), equations
    (12)-(13), `preference` R = Pbar, `requirement` R = Qbar.

    Of scores y_P = sigmoid(MLP_P(Pbar)) and y_Q = sigmoid(MLP_Q(Qbar)): `harmonic` yhat = 2 y_P y_Q / (y_P +
    y_Q) (Neve and Palomares, RecSys 2019), `product` yhat = y_P y_Q.

    An affinity, where there is one, is added to the logit of each perceptron.

    Args:
        kind: one of the above.
        width: d.
        hidden_units: of each perceptron.
        dropout: of each perceptron.
        gate: whether w is a number for each of the d places or one for all.
        directed: whether the two directed scores exist beside an aggregation of vectors.

    Raises:
        UserError: if there is no such aggregation or gate.
    """

    def __init__(
        self, kind: str, width: int, hidden_units: str, dropout: float, gate: str, *, directed: bool
    ) -> None:
        super().__init__()
        if kind not in get_args(Kind) or gate not in get_args(Gate):
            known = f"there are {', '.join(get_args(Kind))} and the gates {', '.join(get_args(Gate))}"
            raise UserError(f"aggregation: no {kind!r} with a {gate!r} gate; {known}")
        self.kind = kind
        self.w_p, self.w_q = (
            nn.Linear(width, width if gate == "vector" else 1, bias=False) for _ in range(2)
        )
        self.top = mlp(2 * width if kind == "none" else width, hidden_units, dropout=dropout)
        self.student, self.employer = (mlp(width, hidden_units, dropout=dropout) for _ in range(2))
        if kind != "fuzzy":
            del self.w_p, self.w_q
        if kind in SCORES:
            del self.top
        elif not directed:
            del self.student, self.employer
        self.directed = directed or kind in SCORES

    def forward(self, preference: Tensor, requirement: Tensor, affinity: Tensor | None = None) -> Tensor:
        """Logits B of Pbar and Qbar, both B x d, and an affinity, B."""
        if self.kind in SCORES:
            return match_logit(self.directions(preference, requirement, affinity), self.kind)
        logits: Tensor = self.top(self.joined(preference, requirement)).squeeze(-1)
        return logits if affinity is None else logits + affinity

    def joined(self, preference: Tensor, requirement: Tensor) -> Tensor:
        """R."""
        match self.kind:
            case "none":
                return torch.cat([preference, requirement], dim=1)
            case "mean":
                return (preference + requirement) / 2
            case "dot":
                return preference * requirement
            case "preference":
                return preference
            case "requirement":
                return requirement
            case _:
                gate = (self.w_p(preference) + self.w_q(requirement)).sigmoid()
                return torch.lerp(requirement, preference, gate)

    def directions(self, preference: Tensor, requirement: Tensor, affinity: Tensor | None = None) -> Tensor:
        """Logits B x 2 of the student's and the employer's own yes."""
        directed = torch.cat([self.student(preference), self.employer(requirement)], dim=1)
        return directed if affinity is None else directed + affinity.unsqueeze(1)


def match_logit(directed: Tensor, kind: str) -> Tensor:
    """Logit of the harmonic mean or the product of two probabilities that are given as logits, B x 2.

    In logarithms, so that nothing over- or underflows: log yhat = l_P + l_Q for the product, and
    log 2 + l_P + l_Q - log(exp l_P + exp l_Q) for the harmonic mean, with l = log sigmoid.
    """
    student, employer = logsigmoid(directed).unbind(dim=1)
    both = student + employer
    if kind == "harmonic":
        both = both + torch.log(both.new_tensor(2.0)) - torch.logaddexp(student, employer)
    # 1 - yhat is lost to rounding above 1 - 1e-7.
    both = both.clamp_max(-1e-7)
    return both - torch.log(-torch.expm1(both))
