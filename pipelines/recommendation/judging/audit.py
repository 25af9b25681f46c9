"""How the candidate treats groups of students: by the fields that it may not rank them by."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from modules.recommendation.metrics import resampled
from pipelines.bootstrap import percentile_interval
from pipelines.evaluation import Bounds
from pipelines.recommendation.judging.evaluation import Audit, AuditedField, Gap, Group
from pipelines.recommendation.judging.judgement import Judgement
from pipelines.recommendation.judging.proxy import proxy

SHOWN_FROM, COMPARED_FROM = 30, 100
TOLERANCE = 0.05
LEVEL = 0.05
NOT_RECORDED = "not recorded"
_BINS = 15
Float64Array = NDArray[np.float64]
Groups = dict[str, NDArray[np.bool_]]
"""Value -> which of the test students have it."""


def audit(judgement: Judgement, cost: Bounds | None = None) -> Audit | None:
    """The candidate by every protected field of the students; none where the run names no such field.

    Args:
        judgement: of the run.
        cost: of leaving these fields out, where it was measured.
    """
    data = judgement.data
    fields = data.schema.students.protected
    if not fields:
        return None
    measured = _Measured(judgement)
    groups = {field: _groups(data.students, field, judgement.test.rows.numpy()) for field in fields}
    compared = {
        field: [value for value, of in each.items() if measured.comparable(of) >= COMPARED_FROM]
        for field, each in groups.items()
    }
    count = sum(len(values) for values in compared.values())
    return Audit(
        model=judgement.candidate.name,
        learner=judgement.learner.name if judgement.learner else None,
        shown_from=SHOWN_FROM,
        compared_from=COMPARED_FROM,
        tolerance=TOLERANCE,
        groups=count,
        cost=cost,
        fields=tuple(
            AuditedField(
                field=field,
                groups=tuple(
                    measured.group(value, of) for value, of in each.items() if of.sum() >= SHOWN_FROM
                ),
                hidden=sum(1 for of in each.values() if of.sum() < SHOWN_FROM),
                hidden_students=int(sum(of.sum() for of in each.values() if of.sum() < SHOWN_FROM)),
                gap=measured.gap({value: each[value] for value in compared[field]}, count),
                proxy=proxy(judgement, _texts(data.students, field), SHOWN_FROM),
            )
            for field, each in groups.items()
        ),
    )


class _Measured:
    """The candidate's figures of every test student, resampled as those of the leaderboard are."""

    def __init__(self, judgement: Judgement) -> None:
        self._counts = judgement.counts
        found = judgement.by_student(judgement.candidate.name)
        self._values = {"auc": found["auc"], "hr": found["hr"], "exposure": _exposure(judgement)}
        self._intents = _intents(judgement)

    def comparable(self, of: NDArray[np.bool_]) -> int:
        """Students of a group who have an AUC."""
        return int((of & ~np.isnan(self._values["auc"])).sum())

    def group(self, value: str, of: NDArray[np.bool_]) -> Group:
        bounds = {name: self._bounds(name, of) for name in self._values}
        return Group(value=value, students=int(of.sum()), calibration=self._calibration(of), **bounds)

    def gap(self, groups: Groups, count: int) -> Gap | None:
        """Between the group of the largest and the one of the smallest AUC."""
        if len(groups) < 2:  # noqa: PLR2004
            return None
        auc = self._values["auc"]
        means = {value: float(np.nanmean(auc[of])) for value, of in groups.items()}
        better, worse = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
        drawn = self._resampled("auc", groups[better]) - self._resampled("auc", groups[worse])
        low, high = np.quantile(drawn, [LEVEL / 2 / count, 1 - LEVEL / 2 / count])
        auc_gap = Bounds(estimate=means[better] - means[worse], low=float(low), high=float(high))
        return Gap(better=better, worse=worse, auc=auc_gap)

    def _resampled(self, name: str, of: NDArray[np.bool_]) -> Float64Array:
        return resampled({name: np.where(of, self._values[name], np.nan)}, self._counts)[name]

    def _bounds(self, name: str, of: NDArray[np.bool_]) -> Bounds | None:
        values = self._values[name][of]
        if np.isnan(values).all():
            return None
        return Bounds(**percentile_interval(float(np.nanmean(values)), self._resampled(name, of)))

    def _calibration(self, of: NDArray[np.bool_]) -> Bounds | None:
        """Expected calibration error: sum over bins of |sum of (confidence - right)| over students."""
        estimates, drawn = [], []
        for confidence, right in self._intents:
            known = of & ~np.isnan(confidence)
            if not known.any():
                return None
            bins = np.minimum((confidence[known] * _BINS).astype(int), _BINS - 1)
            off = (confidence[known] - right[known])[:, None] * (bins[:, None] == np.arange(_BINS))
            counts = self._counts[:, known]
            estimates.append(np.abs(off.sum(0)).sum() / known.sum())
            drawn.append(np.abs(counts @ off).sum(1) / np.maximum(counts.sum(1), 1))
        if not estimates:
            return None
        return Bounds(**percentile_interval(float(np.mean(estimates)), np.mean(drawn, axis=0)))


def _texts(students: pa.Table, field: str) -> list[str | None]:
    """What a student's group is called; numbers are split at their median."""
    values = students.column(field).to_pylist()
    numbers = [value for value in values if isinstance(value, int | float)]
    if not numbers:
        return [value or None for value in values]
    middle = float(np.median(numbers))
    names = f"up to {middle:g}", f"above {middle:g}"
    return [None if value is None else names[value > middle] for value in values]


def _groups(students: pa.Table, field: str, rows: NDArray[np.int64]) -> Groups:
    texts = _texts(students, field)
    values = np.array([texts[row] or NOT_RECORDED for row in rows.tolist()])
    return {str(value): values == value for value in np.unique(values)}


def _exposure(judgement: Judgement) -> Float64Array:
    """S, share of each student's recommended places that the largest tenth of employers gets."""
    test, top = judgement.test, judgement.settings.top
    shares = []
    for network in judgement.candidate.final.values():
        scores = test.scores(network)
        if test.candidates is not None:
            scores = torch.where(test.candidates, scores, -torch.inf)
        best, rows = scores.topk(min(top, scores.shape[1]))
        shown = best > -torch.inf
        shares.append(((judgement.large[rows] & shown).sum(1) / shown.sum(1)).double().numpy())
    mean: Float64Array = np.mean(shares, axis=0)
    return mean


def _intents(judgement: Judgement) -> Sequence[tuple[Float64Array, Float64Array]]:
    """Confidence in the told intent and whether it is right, S each, NaN where none is known; a seed each."""
    data, rows = judgement.data.final.data, judgement.test.rows
    code = {label: at for at, label in enumerate(data.intents)}
    labels = judgement.data.students.column("intent").to_pylist() if data.intents else []
    truth = np.array([code.get(labels[row], -1) for row in rows.tolist()] if labels else [])
    found = []
    learner = judgement.learner
    for network in learner.final.values() if learner and (truth >= 0).any() else ():
        with torch.no_grad():
            logits = network.intent_logits(data.students[rows])
        if logits is not None:
            chance, told = logits.double().softmax(1).max(1)
            right = (told.numpy() == truth).astype(float)
            found.append(tuple(np.where(truth >= 0, each, np.nan) for each in (chance.numpy(), right)))
    return [(confidence, right) for confidence, right in found]
