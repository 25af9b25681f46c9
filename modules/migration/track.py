"""The migration track's models: the naive, the statistical and the learned, first to last."""

from dataclasses import replace
from typing import Any

from modules.migration.baselines.gravity import Gravity
from modules.migration.baselines.gravity_fit import fit_gravity
from modules.migration.baselines.naive import LastValue, SeasonalNaive
from modules.migration.baselines.ridge_ar import CalendarRidgeAR, RidgeAR
from modules.migration.data_module import FlowDataModule
from modules.migration.flow_data import FlowData
from modules.migration.forecast_module import ForecastModule
from modules.migration.forecaster import Task
from modules.migration.residual_gru import ResidualGRU
from modules.track import Hyperparameters, ModelSpec, Phase

_RIDGE = {
    "alpha": (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0),
    "anchor": ("mean", "last", "seasonal"),
    "size_weight": (0.0, 0.5, 1.0),
}
POOLED = 1e9
"""A penalty under which no season differs from another."""
_CALENDAR = {**_RIDGE, "beta": (1e-3, 1e-2, 1e-1, 1.0)}


def _last_value(data: FlowData, _: Hyperparameters) -> LastValue:
    return LastValue(data.task)


def _seasonal_naive(data: FlowData, _: Hyperparameters) -> SeasonalNaive:
    return SeasonalNaive(data.task)


def _ridge(data: FlowData, chosen: Hyperparameters) -> RidgeAR:
    network = RidgeAR(data.task, **{key: chosen[key] for key in _RIDGE})  # type: ignore[arg-type]
    data.fit_encoder(network.encoder)
    network.fit(data.fitting, data.size)
    return network


def _calendar_ridge(data: FlowData, chosen: Hyperparameters) -> CalendarRidgeAR:
    network = CalendarRidgeAR(data.task, **{key: chosen[key] for key in _CALENDAR})  # type: ignore[arg-type]
    data.fit_encoder(network.encoder)
    network.fit(data.fitting, data.size)
    return network


def _gravity(data: FlowData, chosen: Hyperparameters) -> Gravity:
    network = Gravity(data.task, mass=chosen["mass"])  # type: ignore[arg-type]
    if data.log_km is not None:
        network.log_km.copy_(data.log_km)
    fit_gravity(network, data.fitting)
    return network


def _residual_gru(data: FlowData, chosen: Hyperparameters) -> ResidualGRU:
    network = ResidualGRU(data.task, hidden=int(chosen["hidden"]), dropout=float(chosen["dropout"]))
    network.core = _calendar_ridge(data, {"beta": POOLED, **chosen})
    network.encoder.load_state_dict(network.core.encoder.state_dict())
    if data.log_km is not None:
        network.log_km.copy_(data.log_km)
    return network


def _residual(network: ResidualGRU, data: FlowData, chosen: Hyperparameters, seed: int) -> Phase:
    batches, epochs = FlowDataModule(data, seed), int(chosen["epochs"])
    steps, rate = epochs * len(batches.train_dataloader()), float(chosen["learning_rate"])
    return Phase(ForecastModule(network, data.size, rate, steps, seed=seed), batches, epochs)


MODELS: tuple[ModelSpec[FlowData, Any], ...] = (
    ModelSpec("last_value", _last_value),
    ModelSpec("seasonal_naive", _seasonal_naive),
    ModelSpec("ridge_ar", _ridge, _RIDGE),
    ModelSpec("ridge_ar_calendar", _calendar_ridge, _CALENDAR),
    ModelSpec("gravity", _gravity, {"mass": ("last", "mean")}),
    ModelSpec(
        "residual_gru",
        _residual_gru,
        {
            "hidden": (8, 16, 32),
            "dropout": (0.0, 0.1, 0.3),
            "learning_rate": (1e-4, 5e-4, 2e-3, 5e-3),
            "epochs": (10, 20, 40),
        },
        phases=(_residual,),
        inherits="ridge_ar_calendar",
    ),
)


def models_for(task: Task) -> tuple[ModelSpec[FlowData, Any], ...]:
    """The models that mean something for a task.

    The seasonal-naive forecast needs a whole calendar cycle in the history. Without a cycle there is no
    calendar-aware ridge either, and the residual GRU's core is the pooled one.
    """
    if task.cycle == 1:
        plain = [model for model in MODELS if model.name not in {"seasonal_naive", "ridge_ar_calendar"}]
        return tuple(replace(model, inherits=model.inherits and "ridge_ar") for model in plain)
    return tuple(model for model in MODELS if task.cycle <= task.length or model.name != "seasonal_naive")
