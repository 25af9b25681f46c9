"""One feature as a histogram: bins that are fixed once, and how much of the reference lies in each."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

FEWEST = 5
"""Weight that a cell of the reference has at least, else it is written as 0: it may be one person."""
MOST = 100
"""Values of a category that have a bin of their own."""
DECILES = 10
OTHER, ABSENT = "any other", "not given"
Value = str | float | None
"""A category, a number, or nothing."""
Role = Literal["asked", "predicted"]


@dataclass(frozen=True)
class Feature:
    """Bins of one feature, and the reference's weight in each.

    Of a category the bins are its values, any other, not given; of a number the spans up to each cut, above
    the last, not given.
    """

    name: str
    role: Role
    values: tuple[str, ...]
    """Of a category; none of a number."""
    cuts: tuple[float, ...] | None
    """Of a number, ascending; none of a category."""
    counts: tuple[float, ...]
    """Weight of each bin in the reference; less than FEWEST is 0."""

    @classmethod
    def of(cls, name: str, role: Role, units: Sequence[Sequence[Value]]) -> Self:
        """Bins for what some units say, each weighing one, shared among its values.

        A number is cut at its deciles, rounded to a hundredth of its span: a cut is nobody's own number.
        """
        known = [value for unit in units for value in unit if value not in {None, ""}]
        numbers = sorted(value for value in known if not isinstance(value, str) and value is not None)
        if numbers:
            cuts = _deciles(numbers)
            while True:
                weights = cls(name, role, (), cuts, ()).weigh(units)
                small = next((at for at in range(len(cuts)) if weights[at] < FEWEST), None)
                if small is None and cuts and weights[len(cuts)] < FEWEST:
                    small = len(cuts) - 1
                if small is None:
                    return cls(name, role, (), cuts, _kept(weights))
                cuts = (*cuts[:small], *cuts[small + 1 :])
        every = tuple(sorted({str(value) for value in known}))
        weights = cls(name, role, every, None, ()).weigh(units)
        ranked = sorted(zip(every, weights, strict=False), key=lambda pair: (-pair[1], pair[0]))
        often = tuple(sorted(value for value, weight in ranked[:MOST] if weight >= FEWEST))
        return cls(name, role, often, None, _kept(cls(name, role, often, None, ()).weigh(units)))

    @property
    def bins(self) -> int:
        """How many there are."""
        return len(self.values) + 2 if self.cuts is None else len(self.cuts) + 2

    @property
    def labels(self) -> tuple[str, ...]:
        """What each bin holds, in words."""
        if self.cuts is None:
            return (*self.values, OTHER, ABSENT)
        if not self.cuts:
            return ("any", ABSENT)
        spans = (f"{low:g} to {high:g}" for low, high in zip(self.cuts, self.cuts[1:], strict=False))
        return (f"up to {self.cuts[0]:g}", *spans, f"above {self.cuts[-1]:g}", ABSENT)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {value: at for at, value in enumerate(self.values)}

    def bin(self, value: Value) -> int:
        """Where a value lies."""
        if value is None or value == "":
            return self.bins - 1
        if self.cuts is not None:
            return bisect_left(self.cuts, float(value))
        return self._places.get(str(value), len(self.values))

    def weigh(self, units: Sequence[Sequence[Value]]) -> list[float]:
        """Weight of each bin; a unit without a value weighs nothing."""
        found = [0.0] * self.bins
        for unit in units:
            for value in unit:
                found[self.bin(value)] += 1 / len(unit)
        return found


def _deciles(numbers: Sequence[float]) -> tuple[float, ...]:
    span = numbers[-1] - numbers[0]
    if span <= 0:
        return ()
    digits = 2 - math.floor(math.log10(span))
    cuts = {round(numbers[len(numbers) * at // DECILES], digits) for at in range(1, DECILES)}
    return tuple(sorted(cuts))


def _kept(weights: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(weight, 3) if weight >= FEWEST else 0.0 for weight in weights)
