"""How wrong the packaged model was over the test: what the uncertainty of its outlook is made of."""

from dataclasses import dataclass

import numpy as np

from modules.migration.arrays import BoolArray, Float64Array
from modules.migration.flows import Flows
from modules.migration.forecasting import forecast, truth
from modules.migration.predictor import MigrationPredictor
from modules.migration.windows import WindowDataset


@dataclass(frozen=True)
class HeldOut:
    """Forecasts of the test by the packaged weights, which were fitted before it, beside the truth.

    Shapes:
        actual, forecast: O x h x N x N, moves; both NaN where there is no truth to judge by.
    """

    actual: Float64Array
    forecast: Float64Array

    @property
    def judged(self) -> BoolArray:
        """O x h, whether there is any truth."""
        return np.asarray(np.isfinite(self.actual).any((2, 3)))


def held_out(predictor: MigrationPredictor, flows: Flows, test: int) -> HeldOut:
    """Forecast every window of the test that starts at step `test`."""
    task = predictor.network.task
    stop = len(flows.observed)
    windows = WindowDataset(flows, task.length, task.horizon, test, stop, rolling=True)
    actual, scored = truth(windows)
    made = forecast(predictor.network, windows)
    return HeldOut(np.where(scored, actual, np.nan), np.where(scored, made, np.nan))


def listed(forecast: Float64Array, flows: Flows) -> Float64Array:
    """The forecast of the corridors that the data would list: h x N x N, 0 for the others.

    Where small counts are cut off (censored), their sum is not in the observed totals, but the model still
    expects some moves there; a corridor that was listed in under half of the last calendar cycle, and at
    least half a dozen periods, is taken as nobody in both.
    """
    recent = flows.scored[flows.observed][-max(flows.calendar.cycle, 6) :]
    often = recent.mean(0) >= 0.5  # noqa: PLR2004
    return np.where(often, forecast, 0.0)


def log_band(errors: Float64Array, coverage: float) -> tuple[float, float]:
    """Quantiles of log errors with the finite-sample correction of split-conformal prediction.

    Vovk et al., Algorithmic Learning in a Random World (2005). Returns (0, 0) without errors.
    """
    known = errors[np.isfinite(errors)]
    if not known.size:
        return 0.0, 0.0
    level = min(np.ceil((known.size + 1) * (1 + coverage) / 2) / known.size, 1.0)
    low = -np.quantile(-known, level, method="higher")
    return float(low), float(np.quantile(known, level, method="higher"))
