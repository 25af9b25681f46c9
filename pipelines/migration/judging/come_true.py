"""What became of a model's last forecast in the periods that have come since."""

from dataclasses import dataclass

import numpy as np

from modules.migration.arrays import BoolArray, Float64Array
from modules.migration.predictor import MigrationPredictor
from pipelines.bootstrap import draw_resamples, percentile_interval, resampled_means
from pipelines.evaluation import Bounds
from pipelines.migration.fitting.data import RunData
from pipelines.release.records import Realised


@dataclass(frozen=True)
class Come:
    """The periods that have come, against the forecast.

    Shapes:
        error, inside, scored: P x N x N; absolute error, inside the interval; both 0 where not scored.
    """

    as_of: str
    periods: tuple[str, ...]
    error: Float64Array
    inside: BoolArray
    scored: BoolArray
    moves: float
    """Over all scored cells."""


def come_true(data: RunData, model: MigrationPredictor) -> Come | None:
    """Hold the last forecast against the data as they are now.

    None if no period with a cell to judge has come, or the regions are not the same.
    """
    flows = data.flows
    steps = [model.as_of + step - flows.first for step in range(1, model.network.task.horizon + 1)]
    if model.regions != flows.regions or model.calendar != flows.calendar:
        return None
    within = range(len(flows.observed))
    come = [index for index, step in enumerate(steps) if step in within and flows.scored[step].any()]
    if not come:
        return None
    made = model.forecast
    scored = flows.scored[[steps[index] for index in come]]
    actual = np.where(scored, flows.values[[steps[index] for index in come]], 0).astype(np.float64)
    return Come(
        as_of=model.calendar.label(model.as_of),
        periods=tuple(flows.labels[steps[index]] for index in come),
        error=np.where(scored, np.abs(made.count[come] - actual), 0),
        inside=scored & (actual >= made.lower[come]) & (actual <= made.upper[come]),
        scored=scored,
        moves=float(actual.sum()),
    )


def realised(come: Come, nominal: float) -> Realised:
    """Error and interval coverage of what has come.

    Args:
        come: the periods.
        nominal: share of cells that the intervals promise.
    """
    cells = int(come.scored.sum())
    return Realised(
        as_of=come.as_of,
        periods=come.periods,
        cells=cells,
        mae=float(come.error.sum() / cells),
        wape=float(come.error.sum() / max(come.moves, 1e-12)),
        coverage=float(come.inside.sum() / cells),
        nominal=nominal,
    )


def coverage_interval(come: Come, resamples: int, seed: int) -> Bounds:
    """95 % interval of the coverage, origins and destinations resampled.

    All periods are of one forecast, so they are one draw.
    """
    inside, cells = (each.sum(0, keepdims=True).astype(np.float64) for each in (come.inside, come.scored))
    drawn = resampled_means(inside, cells, draw_resamples(1, cells.shape[-1], 1, resamples, seed))
    return Bounds(**percentile_interval(float(inside.sum() / cells.sum()), drawn))
