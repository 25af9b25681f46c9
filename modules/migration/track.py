"""The migration track's models: the naive, the statistical and the learned, first to last."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from modules.errors import UserError, did_you_mean
from modules.migration.baselines.deep_gravity import DeepGravity
from modules.migration.baselines.gcn_gru import GCNGRU
from modules.migration.baselines.gravity import Gravity
from modules.migration.baselines.gravity_fit import fit_gravity
from modules.migration.baselines.mpgcn import MPGCN
from modules.migration.baselines.naive import HistoricalMean, LastValue, SeasonalNaive
from modules.migration.baselines.ridge_ar import CalendarRidgeAR, RidgeAR
from modules.migration.corrected import CorrectedForecaster
from modules.migration.corridor_module import CorridorModule
from modules.migration.data_module import FlowDataModule
from modules.migration.dhg_sil.core import DHGSILCore
from modules.migration.dhg_sil.dhg_sil import DHGSIL
from modules.migration.dhg_sil.dhg_sil_module import DHGSILModule
from modules.migration.dhg_sil.graphs import geographic_graph
from modules.migration.flow_data import FlowData
from modules.migration.forecast_module import ForecastModule
from modules.migration.forecaster import LogForecaster, Task
from modules.migration.residual_gru import ResidualGRU
from modules.track import Hyperparameters, ModelSpec, Phase

Spec = ModelSpec[FlowData, Any]
SEASONAL, POOLED_CORE, CALENDAR = "seasonal_naive", "ridge_ar", "ridge_ar_calendar"
SEASONS = "season_shrinkage"
Space = Mapping[str, tuple[float | int | str, ...]]

_RIDGE: Space = {
    "alpha": (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0),
    "anchor": ("mean", "last", "seasonal"),
    "size_weight": (0.0, 0.5, 1.0),
}
POOLED = 1e9
"""A penalty under which no season differs from another."""
_CALENDAR: Space = {**_RIDGE, "beta": (1e-3, 1e-2, 1e-1, 1.0)}
_CORE: Space = {
    "half_life": (0.0, 0.5, 0.25),
    "sides": ("none", "all"),
    "shrinkage": (8.0, 32.0, 128.0),
    SEASONS: (0.0, 8.0),
    "lag_shrinkage": (0.0, 128.0, 512.0),
    "loss_weight": (0.0, 0.5, 1.0),
}
_GRADIENT: Space = {
    "hidden": (8, 16, 32),
    "dropout": (0.1, 0.3),
    "learning_rate": (1e-4, 5e-4, 2e-3),
    "steps": (50, 100, 200),
}
_LEARNED: Space = {**_GRADIENT, "loss_weight": (0.0, 0.5, 1.0), "half_life": (0.0, 0.5, 0.25)}
_DHG_SIL: Space = {**_GRADIENT, "steps": (100, 200)}  # in fewer the variables are not learnt
CONTRAST = 0.004
"""Weight of DHG-SIL's contrast: the summed contrast is some hundred times the forecast's loss."""


def _last_value(data: FlowData, _: Hyperparameters) -> LastValue:
    return LastValue(data.task)


def _seasonal_naive(data: FlowData, _: Hyperparameters) -> SeasonalNaive:
    return SeasonalNaive(data.task)


def _historical_mean(data: FlowData, _: Hyperparameters) -> HistoricalMean:
    return HistoricalMean(data.task)


def _ridge(data: FlowData, chosen: Hyperparameters) -> RidgeAR:
    network = RidgeAR(data.task, **{key: chosen[key] for key in _RIDGE})  # type: ignore[arg-type]
    data.fit_encoder(network.encoder)
    network.fit(data.fitting, data.size)
    return network


def _calendar_ridge(data: FlowData, chosen: Hyperparameters) -> CalendarRidgeAR:
    given = {"beta": POOLED, **chosen}
    network = CalendarRidgeAR(data.task, **{key: given[key] for key in _CALENDAR})  # type: ignore[arg-type]
    data.fit_encoder(network.encoder)
    network.fit(data.fitting, data.size)
    return network


def _gravity(data: FlowData, chosen: Hyperparameters) -> Gravity:
    network = Gravity(data.task, mass=chosen["mass"])  # type: ignore[arg-type]
    if data.log_km is not None:
        network.log_km.copy_(data.log_km)
    fit_gravity(network, data.fitting)
    return network


def _corrected(
    network_type: type[CorrectedForecaster],
) -> Callable[[FlowData, Hyperparameters], CorrectedForecaster]:
    def build(data: FlowData, chosen: Hyperparameters) -> CorrectedForecaster:
        network = network_type(data.task, int(chosen["hidden"]), float(chosen["dropout"]))
        network.core = _calendar_ridge(data, chosen)
        network.encoder.load_state_dict(network.core.encoder.state_dict())
        if data.log_km is not None:
            network.log_km.copy_(data.log_km)
        return network

    return build


def _dhg_sil_core(data: FlowData, chosen: Hyperparameters) -> DHGSILCore:
    network = DHGSILCore(data.task, **{key: chosen[key] for key in _CORE})  # type: ignore[arg-type]
    network.core = _calendar_ridge(data, chosen)
    network.encoder.load_state_dict(network.core.encoder.state_dict())
    network.fit(data.fitting, data.size)
    return network


def _dhg_sil(data: FlowData, chosen: Hyperparameters) -> DHGSIL:
    without = [str(chosen.get("without", "")), *(["geography"] if data.log_km is None else [])]
    network = DHGSIL(
        data.task,
        hidden=int(chosen["hidden"]),
        dropout=float(chosen["dropout"]),
        without=",".join(filter(None, without)),
        diagonal=int(data.flows.rules.diagonal),
    )
    network.core = _dhg_sil_core(data, chosen)
    network.encoder.load_state_dict(network.core.encoder.state_dict())
    network.static.copy_(data.static)
    if data.log_km is not None:
        network.log_km.copy_(data.log_km)
        network.geographic.copy_(geographic_graph(data.log_km))
    return network


def _settings(data: FlowData, chosen: Hyperparameters, seed: int) -> tuple[FlowDataModule, dict[str, Any]]:
    batches = FlowDataModule(data, seed, float(chosen["half_life"]))
    rate, power = float(chosen["learning_rate"]), float(chosen["loss_weight"])
    return batches, {"learning_rate": rate, "steps": int(chosen["steps"]), "size_weight": power, "seed": seed}


def _by_forecast(network: LogForecaster, data: FlowData, chosen: Hyperparameters, seed: int) -> Phase:
    batches, settings = _settings(data, chosen, seed)
    return Phase(ForecastModule(network, data.size, **settings), batches, int(chosen["steps"]))


def _by_forecast_and_contrast(network: DHGSIL, data: FlowData, chosen: Hyperparameters, seed: int) -> Phase:
    batches, settings = _settings(data, chosen, seed)
    contrast = float(chosen.get("contrast", CONTRAST))
    module = DHGSILModule(network, data.size, contrast=contrast, **settings)
    return Phase(module, batches, int(chosen["steps"]))


def _by_corridors(network: ResidualGRU, data: FlowData, chosen: Hyperparameters, seed: int) -> Phase:
    batches, settings = _settings(data, chosen, seed)
    return Phase(CorridorModule(network, data.size, **settings), batches, int(chosen["steps"]))


def _learned(network_type: type[CorrectedForecaster], phase: Callable[..., Phase] = _by_forecast) -> Spec:
    return ModelSpec(
        network_type.name,
        _corrected(network_type),
        _LEARNED,
        phases=(phase,),
        inherits="ridge_ar_calendar",
    )


MODELS: tuple[Spec, ...] = (
    ModelSpec("last_value", _last_value),
    ModelSpec("seasonal_naive", _seasonal_naive),
    ModelSpec("historical_mean", _historical_mean),
    ModelSpec("ridge_ar", _ridge, _RIDGE),
    ModelSpec("ridge_ar_calendar", _calendar_ridge, _CALENDAR),
    ModelSpec("gravity", _gravity, {"mass": ("last", "mean")}),
    _learned(DeepGravity),
    _learned(ResidualGRU, _by_corridors),
    _learned(GCNGRU),
    _learned(MPGCN),
    ModelSpec("dhg_sil_core", _dhg_sil_core, _CORE, inherits="ridge_ar_calendar", role="part"),
    ModelSpec(
        "dhg_sil",
        _dhg_sil,
        _DHG_SIL,
        phases=(_by_forecast_and_contrast,),
        inherits="dhg_sil_core",
        role="own",
    ),
)


def models_for(task: Task, chosen: Literal["all"] | Sequence[str] = "all") -> tuple[Spec, ...]:
    """The chosen models, or all that mean something for a task.

    The seasonal-naive forecast needs a whole calendar cycle in the history. Without a cycle there is no
    calendar-aware ridge either, the core of what learns is the pooled one, and no season has an effect.
    A part of our own model is a model of our own where the whole is not chosen.

    Raises:
        UserError: naming a model that is unknown, means nothing here, or is needed and not chosen.
    """
    models: tuple[Spec, ...] = tuple(m for m in MODELS if task.cycle <= task.length or m.name != SEASONAL)
    if task.cycle == 1:
        models = tuple(_without_seasons(m) for m in MODELS if m.name not in {SEASONAL, CALENDAR})
    if chosen == "all":
        return models
    known = {model.name: model for model in models}
    for name in chosen:
        if name not in known:
            said = (
                f"no model {name!r} for these data{did_you_mean(name, known)}; there are {', '.join(known)}"
            )
            raise UserError(f"tune.models: {said}")
        ancestor = known[name].inherits
        if ancestor and ancestor not in chosen:
            raise UserError(f"tune.models: {name} stands on {ancestor}, which is not chosen; add it")
    if not any(known[name].role == "baseline" for name in chosen):
        raise UserError("tune.models: nothing to compare with; add a baseline, last_value at least")
    kept = tuple(model for model in models if model.name in chosen)
    if any(model.role == "own" for model in kept):
        return kept
    return tuple(replace(model, role="own") if model.role == "part" else model for model in kept)


def _without_seasons(spec: Spec) -> Spec:
    space = {**spec.space, **({SEASONS: (0.0,)} if SEASONS in spec.space else {})}
    return replace(spec, space=space, inherits=POOLED_CORE if spec.inherits == CALENDAR else spec.inherits)
