"""Convergent cross mapping, held against surrogates."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import detrend
from scipy.spatial.distance import cdist

Values = NDArray[np.float64]
SHORTEST = 35
"""Points from which on there is anything to say."""
SURROGATES = 200
LEVEL = 0.95
_LARGEST_EMBEDDING = 6
_LIBRARIES = 5
_DRAWS = 20
Verdict = Literal["coupled", "not told apart", "not testable"]


@dataclass(frozen=True)
class CrossMap:
    """Whether an effect's past tells its cause."""

    points: int
    verdict: Verdict
    rho: float | None = None
    """Correlation of the cause with what the effect's shadow manifold says of it, whole library."""
    embedding: int | None = None
    libraries: tuple[tuple[int, float], ...] = ()
    """Library size and mean rho over random libraries of that size."""
    band: tuple[float, float] | None = None
    """Where 95 % of the surrogates' rho lie."""


def cross_map(cause: Values, effect: Values, seed: int) -> CrossMap:
    """Cross-map a cause from its effect (Sugihara et al., Science 338, 2012).

    Both series lose their linear trend first: on two independent trends the method finds what is not there.
    The embedding is the one that forecasts the effect best (simplex). Coupled: rho is above the band in
    which phase-randomised surrogates of the cause (Ebisuzaki, J. Climate 10, 1997) lie, and it grows with
    the library.

    Args:
        cause: n values in order of time.
        effect: n values of the same times.
        seed: of libraries and surrogates.

    Raises:
        ValueError: if the series differ in length or hold what is no number.
    """
    cause, effect = np.asarray(cause, np.float64), np.asarray(effect, np.float64)
    if cause.shape != effect.shape or cause.ndim != 1:
        raise ValueError("two series of the same length are needed")
    if not (np.isfinite(cause).all() and np.isfinite(effect).all()):
        raise ValueError("a value is no number")
    if len(cause) < SHORTEST or np.ptp(cause) == 0 or np.ptp(effect) == 0:
        return CrossMap(len(cause), "not testable")
    rng = np.random.default_rng(seed)
    cause, effect = detrend(cause), detrend(effect)
    size = max(range(1, _LARGEST_EMBEDDING + 1), key=lambda each: _forecast(effect, each))
    manifold, target = _embedded(effect, size), cause[size - 1 :]
    distances = _distances(manifold)
    rho = _skill(distances, target, size)
    surrogates = np.array(
        [_skill(distances, _randomised(cause, rng)[size - 1 :], size) for _ in range(SURROGATES)]
    )
    low, high = np.quantile(surrogates, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    libraries = _libraries(distances, target, size, rng)
    grows = libraries[-1][1] > libraries[0][1]
    verdict: Verdict = "coupled" if rho > high and grows else "not told apart"
    return CrossMap(len(cause), verdict, rho, size, libraries, (float(low), float(high)))


def _embedded(series: Values, size: int) -> Values:
    windows: Values = np.lib.stride_tricks.sliding_window_view(series, size)
    return windows


def _distances(manifold: Values) -> Values:
    distances: Values = cdist(manifold, manifold)
    np.fill_diagonal(distances, np.inf)
    return distances


def _skill(distances: Values, target: Values, size: int) -> float:
    """Correlation of a target with its simplex projection from the size + 1 nearest points."""
    count = min(size + 1, distances.shape[1] - 1)
    nearest = np.argpartition(distances, count - 1, axis=1)[:, :count]
    apart = np.take_along_axis(distances, nearest, axis=1)
    weights = np.exp(-apart / np.maximum(apart.min(1, keepdims=True), 1e-12))
    told = (weights * target[nearest]).sum(1) / weights.sum(1)
    seen = target[: len(told)]
    return float(np.corrcoef(told, seen)[0, 1]) if np.ptp(told) > 0 else 0.0


def _forecast(series: Values, size: int) -> float:
    """Skill of telling the next value from the last `size`."""
    manifold = _embedded(series[:-1], size)
    return _skill(_distances(manifold), series[size:], size)


def _libraries(
    distances: Values, target: Values, size: int, rng: np.random.Generator
) -> tuple[tuple[int, float], ...]:
    points = len(target)
    found = []
    for library in np.unique(np.linspace(size + 3, points, _LIBRARIES).astype(int)).tolist():
        skills = []
        for _ in range(1 if library == points else _DRAWS):
            kept = np.full(points, np.inf)
            kept[rng.choice(points, library, replace=False)] = 0
            skills.append(_skill(distances + kept, target, size))
        found.append((library, float(np.mean(skills))))
    return tuple(found)


def _randomised(series: Values, rng: np.random.Generator) -> Values:
    """A series of the same spectrum with random phases."""
    spectrum = np.fft.rfft(series)
    phases = np.exp(2j * np.pi * rng.random(len(spectrum)))
    phases[0] = 1
    if len(series) % 2 == 0:
        phases[-1] = 1
    surrogate: Values = np.fft.irfft(spectrum * phases, len(series))
    return surrogate
