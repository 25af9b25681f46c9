"""The busiest corridors drawn out: history, one-step forecasts over the test, and the forecast to come."""

import numpy as np
import torch

from modules.migration.arrays import BoolArray, Float64Array
from modules.migration.forecaster import Forecaster
from modules.migration.predictor import MigrationPredictor
from pipelines.migration.judging.evaluation import Series
from pipelines.migration.judging.judgement import Judgement

CORRIDORS = 8


def busiest_corridors(judgement: Judgement, predictor: MigrationPredictor) -> tuple[Series, ...]:
    """The corridors off the diagonal with the largest test flow, by the candidate and the best baseline."""
    regions = judgement.actual.shape[-1]
    volume = np.where(judgement.scored, judgement.actual, 0)[:, 0].sum(0) * ~np.eye(regions, dtype=np.bool_)
    largest = np.argsort(-volume, axis=None, kind="stable")[:CORRIDORS]
    to_come = _to_come(predictor.network, predictor)
    bounds = [bound.numpy() for bound in predictor.intervals(torch.from_numpy(to_come[None]))]
    baseline = _to_come(next(iter(judgement.best_baseline.final.values())), predictor)
    return tuple(
        _series(
            judgement, predictor, (to_come, bounds[0][0], bounds[1][0], baseline), *divmod(int(flat), regions)
        )
        for flat in largest
    )


def _to_come(network: Forecaster, predictor: MigrationPredictor) -> Float64Array:
    steps = range(1, network.task.horizon + 1)
    season = torch.tensor([[predictor.calendar.season(predictor.as_of + step) for step in steps]])
    with torch.inference_mode():
        made: Float64Array = network(predictor.history[None], season)[0].double().numpy()
    return made


def _series(
    judgement: Judgement,
    predictor: MigrationPredictor,
    to_come: tuple[Float64Array, Float64Array, Float64Array, Float64Array],
    origin: int,
    destination: int,
) -> Series:
    flows, cell = judgement.data.flows, (origin, destination)
    labels = flows.labels
    steps = np.flatnonzero(flows.observed)
    lower, upper = judgement.bounds()
    past = (
        judgement.forecasts[judgement.candidate.name][0],
        lower,
        upper,
        judgement.forecasts[judgement.best_baseline.name][0],
    )
    forecast, low, high, baseline = (
        [*_numbers(over_test[:, 0, *cell]), *_numbers(future[:, *cell])]
        for over_test, future in zip(past, to_come, strict=True)
    )
    future_labels = [predictor.calendar.label(predictor.as_of + step + 1) for step in range(len(to_come[0]))]
    known = flows.scored[steps, *cell]
    return Series(
        origin=flows.regions[origin],
        destination=flows.regions[destination],
        periods=tuple(labels[step] for step in steps),
        actual=tuple(_numbers(flows.values[steps, *cell].astype(np.float64), known)),
        forecast_periods=(*(labels[t + 1] for t in judgement.data.final.judging.origins), *future_labels),
        forecast=tuple(forecast),
        lower=tuple(low),
        upper=tuple(high),
        baseline=tuple(baseline),
    )


def _numbers(values: Float64Array, known: BoolArray | None = None) -> list[float | None]:
    kept = np.ones(len(values), dtype=np.bool_) if known is None else known
    return [float(value) if keep else None for value, keep in zip(values, kept, strict=True)]
