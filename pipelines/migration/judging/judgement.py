"""Judging the fitted models of a run: back-test for the ranking, test for the claim."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import torch

from modules.migration.arrays import BoolArray, Float64Array
from modules.migration.dhg_sil.dhg_sil import DHGSIL
from modules.migration.dhg_sil.held_out import rank_correlation, said_and_seen, standardised_error
from modules.migration.forecaster import Forecaster
from modules.migration.forecasting import forecast, truth
from modules.migration.intervals import CLASSES, ConformalIntervals
from modules.migration.metrics import inflow, score
from pipelines.bootstrap import draw_resamples, percentile_interval, resampled_means
from pipelines.config.migration import Evaluate
from pipelines.evaluation import Bounds, Slice, Spread
from pipelines.judging import Contender
from pipelines.migration.fitting.data import RunData
from pipelines.migration.judging.evaluation import METRICS, Coverage, FlowRow, Inflow, VariableScore, held
from pipelines.migration.judging.slices import corridor_slices


def _mae(made: Float64Array, actual: Float64Array, scored: BoolArray) -> float:
    return float(np.abs(made - actual)[scored].mean())


class Judgement:
    """All scores of a run's contenders on the same windows and the same bootstrap resamples.

    Shapes:
        forecasts: O x h x N x N a model and seed, on the test; actual and scored alike.
    """

    def __init__(
        self, data: RunData, contenders: Sequence[Contender[Forecaster]], settings: Evaluate, seed: int
    ) -> None:
        self.data, self.settings = data, settings
        actual, scored = truth(data.backtest.judging)
        self.backtest = {
            contender.name: [
                _mae(forecast(network, data.backtest.judging), actual, scored)
                for network in contender.backtest.values()
            ]
            for contender in contenders
        }
        self.ranked = sorted(contenders, key=lambda c: (np.mean(self.backtest[c.name]), c.name))
        self.actual, self.scored = truth(data.final.judging)
        self.forecasts = {
            contender.name: [forecast(network, data.final.judging) for network in contender.final.values()]
            for contender in self.ranked
        }
        # Forecast origins less than a horizon apart share target periods: they stay together.
        block = max(settings.block, self.actual.shape[1])
        self._resamples = draw_resamples(
            len(self.actual), self.actual.shape[-1], block, settings.bootstrap, seed
        )

    @property
    def candidate(self) -> Contender[Forecaster]:
        """First in the back-test, baselines included; a part of our own model is shown and never shipped."""
        return next(contender for contender in self.ranked if contender.role != "part")

    @property
    def best_baseline(self) -> Contender[Forecaster]:
        """First baseline in the back-test."""
        return next(contender for contender in self.ranked if contender.role == "baseline")

    def error(self, name: str) -> Float64Array:
        """Absolute test error of a model, mean over seeds, 0 where not scored: O x h x N x N."""
        mean: Float64Array = np.mean([np.abs(made - self.actual) for made in self.forecasts[name]], axis=0)
        return np.where(self.scored, mean, 0)

    @cached_property
    def _resampled(self) -> dict[str, Float64Array]:
        cells = self.scored.sum(1).astype(np.float64)
        return {
            c.name: resampled_means(self.error(c.name).sum(1), cells, self._resamples) for c in self.ranked
        }

    def _test_mae(self, name: str) -> float:
        return float(self.error(name).sum() / self.scored.sum())

    def leaderboard(self) -> tuple[FlowRow, ...]:
        """Every contender, best back-test first."""
        last = self.data.final.judging
        naive = np.stack(
            [last[i].history[-1:].double().expand(self.actual.shape[1], -1, -1) for i in range(len(last))]
        )
        return tuple(self._row(contender, naive) for contender in self.ranked)

    def _row(self, contender: Contender[Forecaster], naive: Float64Array) -> FlowRow:
        name, base = contender.name, self.best_baseline.name
        scores = [score(made, self.actual, self.scored, naive) for made in self.forecasts[name]]
        gain = self._test_mae(base) - self._test_mae(name)
        by_horizon = self.error(name).sum((0, 2, 3)) / np.maximum(self.scored.sum((0, 2, 3)), 1)
        return FlowRow(
            model=name,
            role=contender.role,
            seeds=len(contender.final),
            parameters=dict(contender.parameters),
            backtest_mae=_spread(self.backtest[name]),
            test={metric: _spread([each[metric] for each in scores]) for metric in METRICS},
            test_mae=Bounds(**percentile_interval(self._test_mae(name), self._resampled[name])),
            improvement=None
            if name == base
            else Bounds(**percentile_interval(gain, self._resampled[base] - self._resampled[name])),
            by_horizon=tuple(float(value) for value in by_horizon),
        )

    def slices(self) -> tuple[Slice, ...]:
        """Test MAE on every slice of the corridors."""
        masks = corridor_slices(self.data, self.scored)
        return tuple(self._slice(name, mask) for name, mask in masks.items())

    def _slice(self, name: str, mask: BoolArray) -> Slice:
        cells = int((self.scored & mask).sum())
        return Slice(
            name=name,
            cells=cells,
            error={c.name: float((self.error(c.name) * mask).sum() / max(cells, 1)) for c in self.ranked},
        )

    @cached_property
    def intervals(self) -> ConformalIntervals:
        """The candidate's intervals, calibrated on the back-test of the first seed."""
        actual, scored = truth(self.data.backtest.judging)
        network = next(iter(self.candidate.backtest.values()))
        intervals = ConformalIntervals(actual.shape[-1], actual.shape[1])
        intervals.fit(
            forecast(network, self.data.backtest.judging),
            actual,
            scored,
            self.data.final.size,
            self.settings.coverage,
        )
        return intervals

    @cached_property
    def variable_error(self) -> dict[str, float]:
        """Of the candidate's city variables, on the back-test of the first seed; those that it shows."""
        network = next(iter(self.candidate.backtest.values()))
        if not isinstance(network, DHGSIL):
            return {}
        said, seen = said_and_seen(network, self.data.backtest.judging)
        return {
            name: standardised_error(said[name], seen[name]) for name in said if np.isfinite(seen[name]).any()
        }

    def variables(self, planted: Mapping[str, Float64Array]) -> tuple[VariableScore, ...]:
        """How DHG-SIL's variables order the cities in the test periods, one step ahead.

        Args:
            planted: what a simulation planted, T x N a variable; empty if nothing.
        """
        targets = [t + 1 for t in self.data.final.judging.origins]
        own = [contender for contender in self.ranked if contender.name == DHGSIL.name]
        found = [
            said_and_seen(network, self.data.final.judging)
            for contender in own
            for network in contender.final.values()
            if isinstance(network, DHGSIL)
        ]
        names = list(found[0][0]) if found else []
        return tuple(
            VariableScore(
                name=name,
                spearman=_spread([rank_correlation(said[name], seen[name]) for said, seen in found]),
                planted=_spread([rank_correlation(said[name], planted[name][targets]) for said, _ in found])
                if name in planted
                else None,
            )
            for name in names
        )

    def bounds(self) -> tuple[Float64Array, Float64Array]:
        """The candidate's test intervals: O x h x N x N each."""
        lower, upper = self.intervals(torch.from_numpy(self.forecasts[self.candidate.name][0]))
        return lower.numpy(), upper.numpy()

    def coverage(self) -> tuple[Coverage, ...]:
        """Coverage of the candidate's intervals on the test, by horizon and corridor size."""
        lower, upper = self.bounds()
        inside = (self.actual >= lower) & (self.actual <= upper)
        classes = self.intervals.size_class.numpy()
        rows = []
        for step in range(self.actual.shape[1]):
            for number, corridors in enumerate(CLASSES):
                cells = self.scored[:, step] & (classes == number)
                if not cells.any():
                    continue
                covered = float(inside[:, step][cells].mean())
                rows.append(
                    Coverage(
                        horizon=step + 1,
                        corridors=corridors,
                        cells=int(cells.sum()),
                        coverage=covered,
                        width=float((upper - lower)[:, step][cells].mean()),
                        held=held(covered, self.settings.coverage),
                    )
                )
        return tuple(rows)

    def inflow(self) -> tuple[Inflow, ...]:
        """Test inflow of each region, one step ahead, busiest first."""
        made, actual, scored = (
            self.forecasts[self.candidate.name][0][:, 0],
            self.actual[:, 0],
            self.scored[:, 0],
        )
        totals = zip(
            self.data.flows.regions, inflow(actual, scored).sum(0), inflow(made, scored).sum(0), strict=True
        )
        rows = [Inflow(region=region, actual=float(m), forecast=float(f)) for region, m, f in totals]
        return tuple(sorted(rows, key=lambda row: (-row.actual, row.region)))


def _spread(values: Sequence[float]) -> Spread:
    return Spread(mean=float(np.mean(values)), sd=float(np.std(values, ddof=1)) if len(values) > 1 else 0.0)
