import numpy as np
import pytest

from pipelines.transfer.reporting.mining.association import association, changes
from pipelines.transfer.reporting.mining.cross_mapping import SHORTEST, cross_map


def coupled_maps(points: int, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Two logistic maps, the first driving the second (Sugihara et al. 2012, equation 1, one way)."""
    x, y = np.empty(points), np.empty(points)
    x[0], y[0] = 0.4, 0.2
    for t in range(points - 1):
        x[t + 1] = x[t] * (3.8 - 3.8 * x[t])
        y[t + 1] = y[t] * (3.5 - 3.5 * y[t] - strength * x[t])
    return x, y


def test_a_driver_is_told_from_what_it_drives() -> None:
    x, y = coupled_maps(120, 0.1)
    found = cross_map(x, y, seed=0)
    assert found.verdict == "coupled"
    assert found.rho is not None
    assert found.band is not None
    assert found.rho > found.band[1]
    sizes, skills = zip(*found.libraries, strict=True)
    assert sizes[-1] <= 120
    assert skills[-1] > skills[0] + 0.2
    assert cross_map(x, y, seed=0) == found


def test_what_it_does_not_drive_tells_nothing() -> None:
    x, y = coupled_maps(120, 0.0)
    assert cross_map(x, y, seed=0).verdict == "not told apart"


def test_two_trends_that_have_nothing_to_do_with_each_other_fail() -> None:
    verdicts = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        a, b = (np.arange(60) * slope + rng.normal(0, 1, 60) for slope in (0.3, 0.5))
        verdicts.append(cross_map(a, b, seed).verdict)
    assert verdicts.count("coupled") <= 1


def test_too_few_points_are_not_tested() -> None:
    x, y = coupled_maps(SHORTEST - 1, 0.1)
    found = cross_map(x, y, seed=0)
    assert (found.verdict, found.rho, found.libraries) == ("not testable", None, ())
    assert cross_map(np.ones(60), np.arange(60.0), 0).verdict == "not testable"


def test_series_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        cross_map(np.ones(40), np.ones(41), 0)
    with pytest.raises(ValueError, match="no number"):
        cross_map(np.full(40, np.nan), np.ones(40), 0)


def test_matrices_that_share_their_margins_only_are_no_association() -> None:
    rng = np.random.default_rng(0)
    mass = np.exp(rng.normal(0, 1.5, 20))
    margins = np.outer(mass, mass)
    noisy = margins * np.exp(rng.normal(0, 0.5, margins.shape))
    same_order = association(margins, noisy, seed=1, permutations=199)
    assert same_order.p <= 0.01
    ties = np.exp(rng.normal(0, 1, (20, 20)))
    other = rng.permutation(20)
    unrelated = association(margins[np.ix_(other, other)] * ties, noisy, seed=1, permutations=199)
    assert unrelated.p > 0.05
    assert unrelated.cells == 380


def test_changes_leave_out_what_always_was() -> None:
    series = np.cumsum(np.ones((4, 3, 3)), axis=0)
    assert (changes(series) == 1).all()
    with pytest.raises(ValueError, match="square"):
        association(np.ones((2, 3)), np.ones((2, 3)), 0)
