"""Numbers as the record keeps them: short, and the same on the page, in its script and in its tables."""

import math

from modules.migration.arrays import Float64Array


def significant(value: float, digits: int = 6) -> float:
    """The number with so many significant digits."""
    return float(f"{value:.{digits}g}") + 0.0


def known(values: Float64Array, digits: int = 6) -> tuple[float | None, ...]:
    """Significant digits of N values; none for NaN."""
    return tuple(None if math.isnan(value) else significant(value, digits) for value in values.tolist())
