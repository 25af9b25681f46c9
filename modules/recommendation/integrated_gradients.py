"""What each field adds to a logit on the way from an unknown side to the known one."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from modules.recommendation.explanation import only
from modules.recommendation.features import Features
from modules.recommendation.rcjr.rcjr import RCJR

STEPS = 50


@dataclass(frozen=True)
class PathAttribution:
    """What each field added, and how much of the change of the logit is not accounted for."""

    fields: Tensor
    """P x F."""
    error: Tensor
    """P, absolute: sum of the fields against logit minus logit of the unknown side. 0 in theory."""


def integrated_gradients(
    network: RCJR, students: Features, employers: Features, steps: int = STEPS
) -> tuple[PathAttribution, PathAttribution]:
    """Of the students' fields and of the employers', each with the other side as it is.

    Over the embedded fields, from those of unseen values and mean numbers (Sundararajan, Taly and Yan, ICML
    2017).

    Args:
        network: in evaluation mode.
        students: P rows.
        employers: P rows.
        steps: points of the path.
    """
    p, q = network.student_embedding(students).detach(), network.employer_embedding(employers).detach()
    unknown_p, unknown_q = (
        embedding(only(rows, torch.zeros(len(rows), fields.shape[1], dtype=torch.bool))).detach()
        for embedding, rows, fields in (
            (network.student_embedding, students, p),
            (network.employer_embedding, employers, q),
        )
    )
    return (
        path_attribution(lambda fields: network.match(fields, q), unknown_p, p, steps),
        path_attribution(lambda fields: network.match(p, fields), unknown_q, q, steps),
    )


def path_attribution(
    score: Callable[[Tensor], Tensor], start: Tensor, end: Tensor, steps: int
) -> PathAttribution:
    """(end - start) times the mean gradient on the straight line between them, summed over each vector.

    The mean is the midpoint rule's: exact where the score is linear, and not thrown off by the kinks of ReLU.

    Args:
        score: P x F x d to P, row by row.
        start: P x F x d.
        end: P x F x d.
        steps: points of the path.
    """
    total = torch.zeros_like(end)
    with torch.enable_grad():
        for step in range(steps):
            point = torch.lerp(start, end, (step + 0.5) / steps).requires_grad_()
            total += torch.autograd.grad(score(point).sum(), point)[0]
    fields = ((end - start) * total / steps).sum(-1)
    with torch.no_grad():
        change = score(end) - score(start)
    return PathAttribution(fields, (fields.sum(1) - change).abs())
