"""One trial of a sweep: what runs in Ray's workers, and so imports no more than it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from ray import tune

from modules.migration.flow_data import FlowData
from modules.migration.forecaster import Forecaster
from modules.migration.forecasting import mean_absolute_error
from modules.track import ModelSpec
from pipelines.fitting import LossCurve, fit
from pipelines.usage import Usage


@dataclass(frozen=True)
class Trial:
    """One configuration of one model."""

    number: int
    model: str
    parameters: Mapping[str, float | int | str]


@dataclass(frozen=True)
class Outcome:
    """What a trial found. Cost is kept for MLflow and never reaches a DVC output."""

    trial: Trial
    mae: float
    losses: Sequence[float]
    cost: Mapping[str, float]


def run_trial(
    drawn: dict[str, int],
    trials: Sequence[Trial],
    specs: Mapping[str, ModelSpec[Any, Any]],
    data: FlowData,
    seed: int,
) -> None:
    """Fit the drawn trial's model on one thread and report its MAE on the judging windows to Ray Tune."""
    torch.set_num_threads(1)
    trial = trials[drawn["trial"]]
    usage, curve = Usage(), LossCurve()
    network = fit(specs[trial.model], data, trial.parameters, seed, curve=curve)
    if not isinstance(network, Forecaster):
        msg = f"{trial.model} did not build a Forecaster"
        raise TypeError(msg)
    mae = mean_absolute_error(network, data.judging)
    tune.report({"mae": mae, "losses": curve.losses, "cost": usage.metrics()})
