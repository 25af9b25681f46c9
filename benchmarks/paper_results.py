"""The kept fits as numbers: means over seeds, and test students resampled alike for every row."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from modules.recommendation.metrics import CHANCE, rela_impr, resampled
from pipelines.bootstrap import draw_counts, percentile_interval
from pipelines.evaluation import Bounds, Spread
from pipelines.recommendation.judging.judgement import spread

Values = NDArray[np.float64]
F1 = ("macro_f1", "micro_f1")


class Results:
    """What was measured of every configuration.

    Args:
        fits: by configuration the fits, each with its metrics of S test students.
        resamples: of the test students, behind every interval.
        seed: of the resamples.
    """

    def __init__(self, fits: Mapping[str, Sequence[Mapping[str, Values]]], resamples: int, seed: int) -> None:
        self.fits = fits
        size = len(next(iter(next(iter(fits.values()))[0].values())))
        self._once = np.ones((1, size))
        self._counts = draw_counts(np.random.default_rng(seed), resamples, size)
        self._known: dict[tuple[str, str], Values] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.fits

    def seeds(self, name: str, metric: str) -> list[float]:
        """The metric of each fit."""
        return [float(_metric(fit, metric, self._once)[0]) for fit in self.fits[name]]

    def mean(self, name: str, metric: str) -> float:
        """Over the seeds."""
        return float(np.mean(self.seeds(name, metric)))

    def spread(self, name: str, metric: str) -> Spread:
        """Mean and standard deviation over the seeds."""
        return spread(self.seeds(name, metric))

    def interval(self, name: str, metric: str) -> Bounds:
        """Of the mean over the seeds."""
        return Bounds(**percentile_interval(self.mean(name, metric), self._resampled(name, metric)))

    def difference(self, name: str, other: str, metric: str) -> Bounds:
        """Of two means over the seeds, the same students resampled."""
        estimate = self.mean(name, metric) - self.mean(other, metric)
        draws = self._resampled(name, metric) - self._resampled(other, metric)
        return Bounds(**percentile_interval(estimate, draws))

    def rela_impr(self, own: str, other: str, metric: str = "auc") -> Bounds | None:
        """Of two means over the seeds; none where the other is no better than chance."""
        theirs = self._resampled(other, metric)
        if theirs.min() <= CHANCE:
            return None
        estimate = rela_impr(self.mean(own, metric), self.mean(other, metric))
        return Bounds(**percentile_interval(estimate, rela_impr(self._resampled(own, metric), theirs)))

    def above(self, name: str, other: str, metric: str) -> str:
        """In how many seeds one is above the other; a fit without a seed meets every seed."""
        left, right = self.seeds(name, metric), self.seeds(other, metric)
        count = max(len(left), len(right))
        pairs = zip(_stretched(left, count), _stretched(right, count), strict=True)
        return f"{sum(one > two for one, two in pairs)} of {count}"

    def _resampled(self, name: str, metric: str) -> Values:
        if (name, metric) not in self._known:
            draws = [_metric(fit, metric, self._counts) for fit in self.fits[name]]
            self._known[name, metric] = np.mean(draws, axis=0)
        return self._known[name, metric]


def _stretched(values: list[float], count: int) -> list[float]:
    return values * count if len(values) == 1 else values


def _metric(fit: Mapping[str, Values], metric: str, counts: Values) -> Values:
    if metric in F1:
        return _f1(fit["told"], fit["intent"], metric, counts)
    return resampled({metric: fit[metric]}, counts)[metric]


def _f1(told: Values, truth: Values, metric: str, counts: Values) -> Values:
    """Equations (16) and (17) under each resample; of one label a student, micro is the share that is right."""
    known, right = truth >= 0, told == truth
    if metric == "micro_f1":
        return np.asarray(counts @ (known & right) / np.maximum(counts @ known, 1e-12), dtype=np.float64)
    scores = []
    for label in np.unique(truth[known]):
        of, said = known & (truth == label), known & (told == label)
        scores.append(2 * (counts @ (of & said)) / np.maximum(counts @ of + counts @ said, 1e-12))
    return np.asarray(np.mean(scores, axis=0), dtype=np.float64)
