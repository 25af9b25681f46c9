"""One trial of a sweep: what runs in Ray's workers, and so imports no more than it needs."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from ray import tune
from torch import nn

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
    error: float
    """Of the fitted model on validation: less is better."""
    losses: Sequence[float]
    cost: Mapping[str, float]


def run_trial(
    drawn: dict[str, int],
    trials: Sequence[Trial],
    specs: Mapping[str, ModelSpec[Any, Any]],
    data: Any,
    error: Callable[[nn.Module, Any], float],
    inherited: Mapping[str, Mapping[str, float | int | str]],
    seed: int,
    accelerator: str,
) -> None:
    """Fit the drawn trial's model on one thread and report its error on what the fold judges to Ray Tune."""
    torch.set_num_threads(1)
    trial = trials[drawn["trial"]]
    spec = specs[trial.model]
    usage, curve = Usage(), LossCurve()
    parameters = {**inherited.get(trial.model, {}), **trial.parameters}
    found = error(fit(spec, data, parameters, seed, accelerator, curve), data)
    found = found if math.isfinite(found) else math.inf
    tune.report({"error": found, "parameters": parameters, "losses": curve.losses, "cost": usage.metrics()})
