"""Whether raters agree."""

from collections.abc import Callable, Sequence
from itertools import permutations


def krippendorff_alpha(
    units: Sequence[Sequence[float]], distance: Callable[[float, float], float]
) -> float | None:
    """Krippendorff's alpha = 1 - D_observed / D_expected; 1 is agreement, 0 chance; none: nothing to compare.

    D_o = 1/n sum_u sum_{i != j in u} d(v_i, v_j) / (m_u - 1), D_e the same over all pairs of the n values
    (Krippendorff, Content Analysis, 2004, chapter 11). Units that fewer than two rated are left out.

    Args:
        units: of each unit the values that raters gave.
        distance: `interval` or `nominal`.
    """
    rated = [unit for unit in units if len(unit) > 1]
    values = [value for unit in rated for value in unit]
    if not rated:
        return None
    observed = sum(
        sum(distance(*pair) for pair in permutations(unit, 2)) / (len(unit) - 1) for unit in rated
    ) / len(values)
    expected = sum(distance(*pair) for pair in permutations(values, 2)) / (len(values) * (len(values) - 1))
    return None if expected == 0 else 1 - observed / expected


def interval(first: float, second: float) -> float:
    """Squared difference, of scores."""
    return (first - second) ** 2


def nominal(first: float, second: float) -> float:
    """0 if equal, else 1, of choices."""
    return float(first != second)
