"""Why a pair scores as it does: what each field is worth, and what would have to be otherwise."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from modules.recommendation.encoder import SideEncoder
from modules.recommendation.features import Features
from modules.recommendation.pair_model import PairModel
from modules.recommendation.request import Record
from modules.recommendation.top import rank

STEPS = torch.arange(0.25, 3.01, 0.25)
"""Changes of a number that a counterfactual tries, in standard deviations."""
DIGITS = 2
"""Digits of a standard deviation that the number it comes to keeps."""


def leave_one_out(network: PairModel, student: Features, employer: Features) -> tuple[Tensor, Tensor]:
    """What the logit of one pair loses when a field is not known: M of the student's, N of the employer's.

    Args:
        network: in evaluation mode.
        student: one row.
        employer: one row.
    """
    of_students, of_employers = leave_one_out_pairs(network, student, employer)
    return of_students[0], of_employers[0]


@torch.no_grad()
def leave_one_out_pairs(network: PairModel, students: Features, employers: Features) -> tuple[Tensor, Tensor]:
    """What each logit loses when a field is not known: P x M of the students', P x N of the employers'.

    A field that is not known is what training saw as such: the code of an unseen value, the mean of a number.
    Positive: the field speaks for the pair. (Leave-one-out attribution; Li, Monroe and Jurafsky, 2016,
    arXiv:1612.08220.)

    Args:
        network: in evaluation mode.
        students: P rows.
        employers: P rows.
    """
    whole = network(students, employers)[:, None]
    rows = torch.arange(len(students))
    sides = []
    for own, other, students_first in ((students, employers, True), (employers, students, False)):
        fields = own.codes.shape[1] + own.values.shape[1]
        again = own[rows.repeat_interleave(fields)]
        blanked = only(again, ~torch.eye(fields, dtype=torch.bool).repeat(len(rows), 1))
        same = other[rows.repeat_interleave(fields)]
        pairs = (blanked, same) if students_first else (same, blanked)
        lost = whole - network(*pairs).view(len(rows), fields)
        # Rows of different batches differ in the last bits: a field that is not known is worth 0, not that.
        known = (blanked.codes != again.codes).any(1) | (blanked.values != again.values).any(1)
        sides.append(torch.where(known.view(len(rows), fields), lost, 0.0))
    return sides[0], sides[1]


def only(rows: Features, known: Tensor) -> Features:
    """Rows of which some fields are known (P x F, bool, categories first) and the others are not."""
    categories = rows.codes.shape[1]
    return Features(rows.codes * known[:, :categories], rows.values * known[:, categories:])


@dataclass(frozen=True)
class Counterfactual:
    """The smallest change of one field that brings an employer into a student's list."""

    field: str
    before: str | float | None
    after: str | float
    rank: int
    """Of the employer after the change."""


def counterfactual(
    score: Callable[[Record], Tensor], encoder: SideEncoder, student: Record, wanted: int, k: int
) -> Counterfactual | None:
    """One change to a changeable field that brings the wanted employer among the best k; none if none does.

    Every value of a category and `STEPS` of a number up and down are tried, the least change first, and
    every employer is scored anew; the least change wins, then the best rank. A category counts as one
    standard deviation.

    Args:
        score: the logits of a student's record with every employer, E.
        encoder: of the students.
        student: as known.
        wanted: row of the employer.
        k: length of the list.
    """
    best: tuple[float, Counterfactual] | None = None
    tried = (
        (effort, name, after)
        for name in encoder.side.changeable
        for effort, after in _changes(encoder, student, name)
    )
    for effort, name, after in sorted(tried, key=lambda change: change[0]):
        if best is not None and effort > best[0]:
            break
        place = rank(score({**student, name: after}), wanted)
        if place <= k and (best is None or place < best[1].rank):
            best = effort, Counterfactual(name, student.get(name), after, place)
    return None if best is None else best[1]


def _changes(encoder: SideEncoder, student: Record, name: str) -> list[tuple[float, str | float]]:
    side = encoder.side
    if name in side.categorical:
        words = encoder.vocabularies[side.categorical.index(name)]
        return [(1.0, word) for word in words if word != student.get(name)]
    at = side.numbers.index(name)
    mean, sd = encoder.mean[at], encoder.sd[at]
    now = student.get(name, mean)
    digits = DIGITS - math.floor(math.log10(sd))
    return [(step, round(now + sign * step * sd, digits)) for step in STEPS.tolist() for sign in (1, -1)]
