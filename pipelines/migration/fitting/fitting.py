"""What tune and train do with forecasters of flows."""

from pathlib import Path
from typing import Any

from torch import nn

from modules.migration.flow_data import FlowData
from modules.migration.forecaster import Forecaster
from modules.migration.forecasting import mean_absolute_error
from modules.migration.networks import save_network
from modules.migration.track import models_for
from modules.track import ModelSpec
from pipelines.fitting import Fitting, Models
from pipelines.migration.fitting.data import open_data


def models(data: FlowData, named: Models) -> list[ModelSpec[Any, Any]]:
    """The models that mean something for the data."""
    return list(models_for(data.task, named))


def error(network: nn.Module, data: FlowData) -> float:
    """MAE on the judging windows."""
    return mean_absolute_error(_forecaster(network), data.judging)


def save(network: nn.Module, folder: Path) -> None:
    """Write weights and config."""
    save_network(_forecaster(network), folder)


def _forecaster(network: nn.Module) -> Forecaster:
    if not isinstance(network, Forecaster):
        raise TypeError(type(network).__name__)
    return network


FITTING = Fitting(open=open_data, models=models, metric="mae", error=error, save=save)
