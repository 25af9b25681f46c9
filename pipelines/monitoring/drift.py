"""Two histograms of every feature held against each other, false alarms kept rare."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, false_discovery_control, kstwobign

from modules.monitoring.feature import Feature, Role
from modules.monitoring.reference import Reference
from pipelines.config import Section
from pipelines.monitoring.logged import Counts

MINIMUM = 100
"""Units on either side below which nothing is said of a feature."""
LEVEL = 0.01
"""False discoveries that are accepted: with nothing shifted, this is the chance of any alarm in one look."""
LARGE = 0.1
"""PSI, or difference of cumulated shares, below which a shift does not matter however sure it is."""
_EXPECTED = 5
"""Weight that a bin has on either side at least, if nothing has shifted; rarer bins are taken together."""
_HALF = 0.5
"""Added to every bin for the PSI, so that an empty one is not infinitely far."""
Array = NDArray[np.float64]
Measure = Literal["PSI", "KS"]


class Shift(Section):
    """One feature by one measure."""

    measure: Measure
    size: float
    p: float
    """Chance of as much or more if nothing has shifted."""
    q: float
    """The same among all that was looked at (Benjamini and Hochberg)."""
    found: bool


class Held(Section):
    """One feature: both histograms, and what is said of them."""

    name: str
    role: Role
    labels: tuple[str, ...]
    reference: tuple[float, ...]
    """Weight of each bin."""
    seen: tuple[float, ...]
    shifts: tuple[Shift, ...]
    """Empty: too few on one of the sides."""

    @property
    def found(self) -> bool:
        """Whether it has shifted."""
        return any(shift.found for shift in self.shifts)


def drift(
    reference: Reference, before: Counts, seen: Counts, *, level: float = LEVEL, minimum: int = MINIMUM
) -> tuple[Held, ...]:
    """Compare what was seen with what is known, feature by feature.

    Population stability index, sum (p - q) ln(p / q), with the chi-square test of the same bins; for numbers
    also the Kolmogorov-Smirnov statistic of the bins, whose p is too large rather than too small. All p of a
    look together go through Benjamini and Hochberg, J. R. Statist. Soc. B 57 (1995): features may depend on
    each other positively. What is surely shifted and small is not found: LARGE.

    Args:
        reference: the features.
        before: weights that they are held against: the reference's own, or of earlier days.
        seen: weights that were logged.
        level: share of false discoveries that is accepted.
        minimum: units that either side of a feature must have.
    """
    measured = {
        feature.name: _measured(feature, before[feature.name], seen[feature.name])
        for feature in reference.features
        if min(before[feature.name].sum(), seen[feature.name].sum()) >= minimum
    }
    every = [p for found in measured.values() for _, _, p in found]
    adjusted = iter(false_discovery_control(every).tolist() if every else ())
    shifts = {
        name: tuple(_shift(measure, size, p, next(adjusted), level) for measure, size, p in found)
        for name, found in measured.items()
    }
    return tuple(
        Held(
            name=feature.name,
            role=feature.role,
            labels=feature.labels,
            reference=tuple(before[feature.name].tolist()),
            seen=tuple(seen[feature.name].tolist()),
            shifts=shifts.get(feature.name, ()),
        )
        for feature in reference.features
    )


def _shift(measure: Measure, size: float, p: float, q: float, level: float) -> Shift:
    return Shift(measure=measure, size=size, p=p, q=q, found=q <= level and size >= LARGE)


def own_counts(reference: Reference) -> Counts:
    """The weights that the card has."""
    return {feature.name: np.array(feature.counts) for feature in reference.features}


def _measured(feature: Feature, before: Array, seen: Array) -> Sequence[tuple[Measure, float, float]]:
    table = _together(np.stack([before, seen]))
    shares = (table + _HALF) / (table + _HALF).sum(1, keepdims=True)
    psi = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    p = float(chi2_contingency(table, correction=False).pvalue) if table.shape[1] > 1 else 1.0
    if feature.cuts is None:
        return [("PSI", psi, p)]
    known = np.stack([before[:-1], seen[:-1]])  # the last bin: not given
    totals = known.sum(1, keepdims=True)
    if not totals.all():
        return [("PSI", psi, p)]
    apart = float(np.abs(np.diff((known / totals).cumsum(1), axis=0)).max())
    size = float(totals.prod() / totals.sum())
    return [("PSI", psi, p), ("KS", apart, float(kstwobign.sf(apart * np.sqrt(size))))]


def _together(table: Array) -> Array:
    """Bins that are rare on either side as one; columns that are left have what chi-square needs."""
    share = table.sum(1, keepdims=True) / table.sum()
    rare = (share * table.sum(0)).min(0) < _EXPECTED
    joined = np.column_stack([table[:, ~rare], table[:, rare].sum(1)])
    kept: Array = joined[:, joined.sum(0) > 0]
    return kept
