"""Why a pair scores as it does: what each field is worth, and what would have to be otherwise."""

from dataclasses import dataclass

import torch
from torch import Tensor

from modules.recommendation.encoder import SideEncoder
from modules.recommendation.features import Features
from modules.recommendation.pair_model import PairModel

STEPS = torch.arange(0.25, 3.01, 0.25)
"""Changes of a number that a counterfactual tries, in standard deviations."""


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
        blanked = only(
            own[rows.repeat_interleave(fields)], ~torch.eye(fields, dtype=torch.bool).repeat(len(rows), 1)
        )
        same = other[rows.repeat_interleave(fields)]
        pairs = (blanked, same) if students_first else (same, blanked)
        sides.append(whole - network(*pairs).view(len(rows), fields))
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
    network: PairModel,
    encoder: SideEncoder,
    student: Features,
    employers: Features,
    wanted: int,
    k: int,
) -> Counterfactual | None:
    """One change to a changeable field that brings the wanted employer among the best k; none if none does.

    Every value of a category and `STEPS` of a number up and down are tried, and every employer is scored
    anew; the least change of a number wins, then the best rank; a category counts as one standard deviation.

    Args:
        network: in evaluation mode.
        encoder: of the students.
        student: one row.
        employers: all rows.
        wanted: row of the employer.
        k: length of the list.
    """
    best: tuple[float, int, Counterfactual] | None = None
    for name in encoder.side.changeable:
        for effort, after, changed in _changes(encoder, student, name):
            if best is not None and effort > best[0]:
                continue
            scores = network.score_all(changed, employers)[0]
            rank = 1 + int((scores > scores[wanted]).sum())
            if rank <= k and (best is None or (effort, rank) < best[:2]):
                before = _value(encoder, student, name)
                best = (effort, rank, Counterfactual(name, before, after, rank))
    return None if best is None else best[2]


def _changes(encoder: SideEncoder, student: Features, name: str) -> list[tuple[float, str | float, Features]]:
    side = encoder.side
    if name in side.categorical:
        at = side.categorical.index(name)
        found: list[tuple[float, str | float, Features]] = []
        for code, word in enumerate(encoder.vocabularies[at], start=1):
            if code != int(student.codes[0, at]):
                codes = student.codes.clone()
                codes[0, at] = code
                found.append((1.0, word, Features(codes, student.values)))
        return found
    at = side.numbers.index(name)
    found = []
    for step in STEPS.tolist():
        for change in (step, -step):
            values = student.values.clone()
            values[0, at] += change
            changed = Features(student.codes, values)
            found.append((step, _number(encoder, at, values), changed))
    return found


def _value(encoder: SideEncoder, student: Features, name: str) -> str | float | None:
    side = encoder.side
    if name in side.categorical:
        at = side.categorical.index(name)
        code = int(student.codes[0, at])
        return encoder.vocabularies[at][code - 1] if code else None
    return _number(encoder, side.numbers.index(name), student.values)


def _number(encoder: SideEncoder, at: int, values: Tensor) -> float:
    return encoder.mean[at] + encoder.sd[at] * float(values[0, at])
