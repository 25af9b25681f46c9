"""Packaged predictors on a run's data as it is now: candidate against champion, and a forecast come true."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from modules.errors import UserError
from modules.migration.arrays import BoolArray, Float64Array
from modules.migration.forecasting import forecast, truth
from modules.migration.predictor import MigrationPredictor
from modules.migration.windows import WindowDataset
from pipelines.bootstrap import draw_resamples, percentile_interval, resampled_means
from pipelines.config.migration import Evaluate, MigrationRun
from pipelines.evaluation import Bounds
from pipelines.migration.fitting.data import RunData, open_data
from pipelines.migration.judging.come_true import come_true, realised
from pipelines.migration.judging.slices import corridor_slices
from pipelines.release.challenge import Challenge, IncomparableError
from pipelines.release.records import Comparison


def challenge(name: str, config: MigrationRun, candidate: Path, champion: Path) -> Challenge:
    """Compare two sealed artefacts on a run's data, and see what became of the champion's last forecast."""
    data = open_data(name, config)
    try:
        old = MigrationPredictor.load(champion)
    except UserError as error:  # of a format that this code no longer reads
        return Challenge(why_not=str(error))
    card = json.loads((champion / "card.json").read_text(encoding="utf-8"))
    come = come_true(data, old)
    what_came = None if come is None else realised(come, card["nominal_coverage"])
    trained_to = [
        json.loads((folder / "lineage.json").read_text(encoding="utf-8"))["training"]["to"]
        for folder in (candidate, champion)
    ]
    try:
        new = MigrationPredictor.load(candidate)
        return Challenge(compare(data, new, old, trained_to, config.evaluate, config.seed), what_came)
    except IncomparableError as error:
        return Challenge(None, what_came, str(error))


def compare(
    data: RunData,
    candidate: MigrationPredictor,
    champion: MigrationPredictor,
    trained_to: Sequence[str],
    settings: Evaluate,
    seed: int,
) -> Comparison:
    """Score both on the test periods that neither was trained on, one bootstrap for both.

    They may differ in window length and horizon: the shorter horizon and the forecast origins of both count.

    Args:
        data: the run's data, whose test set it is.
        candidate: the one that would be promoted.
        champion: the one that it must beat.
        trained_to: last period that each was trained on.
        settings: resamples and block of the bootstrap.
        seed: of the bootstrap.

    Raises:
        IncomparableError: if they know other regions or periods, or no test period is new to both.
    """
    for predictor in (candidate, champion):
        _same_world(data, predictor)
    flows = data.flows
    start = max(data.split.test, *(flows.calendar.ordinal(label) + 1 - flows.first for label in trained_to))
    if not flows.scored[start:].any():
        raise IncomparableError(
            f"no test period comes after {max(trained_to)}, the last that one was trained on"
        )
    horizon = min(predictor.network.task.horizon for predictor in (candidate, champion))
    scores = [_forecasts(data, predictor, start, horizon) for predictor in (candidate, champion)]
    origins = sorted(scores[0].keys() & scores[1].keys())
    if not origins:
        raise IncomparableError("no forecast origin has room for both window lengths after the split")
    actual, scored = _truth(data, candidate, start, horizon, origins)
    block = max(settings.block, horizon)
    if len(origins) <= block or not scored.any():
        raise IncomparableError(
            f"{len(origins)} forecast origins are new to both, one block of time: too few for an interval"
        )
    errors = [np.where(scored, np.abs(np.stack([score[t] for t in origins]) - actual), 0) for score in scores]
    cells = scored.sum(1).astype(np.float64)
    resamples = draw_resamples(len(origins), len(flows.regions), block, settings.bootstrap, seed)
    resampled = [resampled_means(error.sum(1), cells, resamples) for error in errors]
    means = [float(error.sum() / scored.sum()) for error in errors]
    if not np.isfinite(means).all():
        raise IncomparableError("a forecast is not finite")
    slices = {}
    for name, mask in corridor_slices(data, scored).items():
        count = (scored & mask).sum()
        slices[name] = (float((errors[0] * mask).sum() / count), float((errors[1] * mask).sum() / count))
    return Comparison(
        metric="mae",
        candidate=means[0],
        champion=means[1],
        improvement=Bounds(**percentile_interval(means[1] - means[0], resampled[1] - resampled[0])),
        cells=int(scored.sum()),
        blocks=-(-len(origins) // block),
        span=(flows.labels[start], flows.labels[-1]),
        slices=slices,
    )


def _same_world(data: RunData, predictor: MigrationPredictor) -> None:
    flows = data.flows
    if predictor.calendar != flows.calendar:
        raise IncomparableError(
            f"one counts in {predictor.calendar.unit}s, the data in {flows.calendar.unit}s"
        )
    if predictor.regions != flows.regions:
        strange = sorted(set(predictor.regions) ^ set(flows.regions))
        raise IncomparableError(f"the regions are not the same: {', '.join(strange[:5])}")


def _forecasts(
    data: RunData, predictor: MigrationPredictor, start: int, horizon: int
) -> dict[int, Float64Array]:
    windows = _windows(data, predictor, start)
    made = forecast(predictor.network, windows)
    return dict(zip(windows.origins, made[:, :horizon], strict=True))


def _truth(
    data: RunData, predictor: MigrationPredictor, start: int, horizon: int, origins: Sequence[int]
) -> tuple[Float64Array, BoolArray]:
    windows = _windows(data, predictor, start)
    kept = np.isin(windows.origins, origins)
    actual, scored = truth(windows)
    return actual[kept, :horizon], scored[kept, :horizon]


def _windows(data: RunData, predictor: MigrationPredictor, start: int) -> WindowDataset:
    task = predictor.network.task
    return WindowDataset(data.flows, task.length, task.horizon, start, len(data.flows.observed), rolling=True)
