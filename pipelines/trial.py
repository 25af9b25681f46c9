"""One trial of a sweep: what runs in Ray's workers, and so imports no more than it needs."""

import math
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
    parameters: Mapping[str, float | int | str]
    """What the trial drew, and what it inherited."""
    mae: float
    losses: Sequence[float]
    cost: Mapping[str, float]


def run_trial(
    drawn: dict[str, int],
    trials: Sequence[Trial],
    specs: Mapping[str, ModelSpec[Any, Any]],
    data: FlowData,
    inherited: Mapping[str, Mapping[str, float | int | str]],
    seed: int,
    accelerator: str,
) -> None:
    """Fit the drawn trial's model on one thread and report its MAE on the judging windows to Ray Tune."""
    torch.set_num_threads(1)
    trial = trials[drawn["trial"]]
    spec = specs[trial.model]
    usage, curve = Usage(), LossCurve()
    parameters = {**inherited.get(trial.model, {}), **trial.parameters}
    mae = _mae(spec, data, parameters, seed, accelerator, curve)
    tune.report({"mae": mae, "parameters": parameters, "losses": curve.losses, "cost": usage.metrics()})


def _mae(
    spec: ModelSpec[Any, Any],
    data: FlowData,
    parameters: Mapping[str, float | int | str],
    seed: int,
    accelerator: str,
    curve: LossCurve,
) -> float:
    network = fit(spec, data, parameters, seed, accelerator, curve)
    if not isinstance(network, Forecaster):
        msg = f"{spec.name} did not build a Forecaster"
        raise TypeError(msg)
    mae = mean_absolute_error(network, data.judging)
    return mae if math.isfinite(mae) else math.inf
