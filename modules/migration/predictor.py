"""The packaged forecaster: a folder in, forecasts of corridors out."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from modules.artefact import verify
from modules.errors import RequestError
from modules.migration.arrays import Float64Array, FloatArray
from modules.migration.cells import CellRules
from modules.migration.dhg_sil.dhg_sil import DHGSIL
from modules.migration.dhg_sil.outlook import CityOutlook, city_outlook
from modules.migration.forecaster import Forecaster
from modules.migration.intervals import ConformalIntervals
from modules.migration.networks import build_network, network_config
from modules.migration.newer_flows import moved_on
from modules.migration.request import ExplainRequest, ForecastRequest, Move, check_region
from modules.period import Calendar

_NETWORK, _INTERVALS = "network.", "intervals."


@dataclass(frozen=True)
class Forecast:
    """Counts and their intervals for every period ahead: h x N x N each, moves."""

    count: Float64Array
    lower: Float64Array
    upper: Float64Array


@dataclass(frozen=True)
class Explanation:
    """What log1p of the forecast is the sum of, before it is clipped at 0.

    Shapes:
        lags: whose past -> h x L x N x N.
        terms: name -> h x N x N.
    """

    lags: dict[str, FloatArray]
    terms: dict[str, FloatArray]


@dataclass(frozen=True)
class MigrationPredictor:
    """A forecaster with its intervals and the last periods it knows, from which it forecasts.

    Shapes:
        history: L x N x N, moves.
    """

    network: Forecaster
    intervals: ConformalIntervals
    history: Tensor
    as_of: int
    """Ordinal of the last period of the history."""
    calendar: Calendar
    regions: tuple[str, ...]
    names: tuple[str, ...]
    rules: CellRules
    """What the cells that newer flows leave out mean."""
    variable_error: Mapping[str, float] = field(default_factory=dict)
    """Of every city variable that the data can check: its standardised error on held-out periods."""

    def save(self, folder: Path) -> None:
        """Write `model.safetensors` and `config.json` into an existing folder."""
        tensors = {_NETWORK + key: value for key, value in self.network.state_dict().items()}
        tensors |= {_INTERVALS + key: value for key, value in self.intervals.state_dict().items()}
        tensors["history"] = self.history
        save_file(
            {key: value.contiguous() for key, value in sorted(tensors.items())}, folder / "model.safetensors"
        )
        config = {
            "network": network_config(self.network),
            "unit": self.calendar.unit,
            "as_of": self.calendar.label(self.as_of),
            "cells": asdict(self.rules),
            "variable_error": dict(self.variable_error),
            "regions": [
                {"region": region, "name": name}
                for region, name in zip(self.regions, self.names, strict=True)
            ],
        }
        text = json.dumps(config, indent=1, sort_keys=True, ensure_ascii=False)
        (folder / "config.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a sealed artefact, every hash checked first.

        Raises:
            UserError: if the artefact is torn, changed or of another format.
        """
        verify(folder)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tensors = load_file(folder / "model.safetensors")
        network = build_network(config["network"])
        network.load_state_dict(_under(_NETWORK, tensors))
        intervals = ConformalIntervals(network.task.regions, network.task.horizon)
        intervals.load_state_dict(_under(_INTERVALS, tensors))
        calendar = Calendar(config["unit"])
        return cls(
            network=network.eval(),
            intervals=intervals.eval(),
            history=tensors["history"],
            as_of=calendar.ordinal(config["as_of"]),
            calendar=calendar,
            regions=tuple(row["region"] for row in config["regions"]),
            names=tuple(row["name"] for row in config["regions"]),
            rules=CellRules(**config["cells"]),
            variable_error=config["variable_error"],
        )

    @cached_property
    def position(self) -> dict[str, int]:
        """Place of each region in the matrix."""
        return {region: place for place, region in enumerate(self.regions)}

    @cached_property
    def periods(self) -> tuple[str, ...]:
        """Labels of the periods that are forecast."""
        return tuple(self.calendar.label(self.as_of + step + 1) for step in range(self.network.task.horizon))

    @cached_property
    def forecast(self) -> Forecast:
        """The forecast from the history: the same for every request, so made once."""
        with torch.inference_mode():
            count = self.network(self.history[None], self._season)
            lower, upper = self.intervals(count)
        return Forecast(*(each[0].double().numpy() for each in (count, lower, upper)))

    @cached_property
    def explanation(self) -> Explanation:
        """The forecast from the history taken apart; made once, like the forecast."""
        with torch.inference_mode():
            found = self.network.explain(self.history[None], self._season)
        return Explanation(
            lags={name: each[0].numpy() for name, each in found.lags.items()},
            terms={name: each[0].numpy() for name, each in found.terms.items()},
        )

    @cached_property
    def cities(self) -> CityOutlook | None:
        """The four variables of every city for the periods ahead; none of a model that has no variables."""
        if not isinstance(self.network, DHGSIL):
            return None
        return city_outlook(self.network, self.history, self._season[0], self.variable_error)

    @property
    def _season(self) -> Tensor:
        steps = range(self.as_of + 1, self.as_of + 1 + self.network.task.horizon)
        return torch.tensor([[self.calendar.season(step) for step in steps]])

    def after(self, flows: Sequence[Move]) -> Self:
        """The same model once newer flows are known.

        Raises:
            RequestError: at the first row that is wrong.
        """
        history, as_of = moved_on(
            self.history,
            self.as_of,
            flows,
            calendar=self.calendar,
            position=self.position,
            rules=self.rules,
        )
        return replace(self, history=history, as_of=as_of)

    def predict(self, request: ForecastRequest) -> dict[str, Any]:
        """Forecast: `as_of` and, for each period and corridor, the count and, if asked for, its interval.

        Moves inside a region are left out where the model was not taught them.

        Raises:
            RequestError: if a region is unknown, the horizon beyond what was trained, a newer flow wrong, or
                moves inside a region are asked for and no part of this model.
        """
        origins = self._span("origin", request.origin)
        destinations = self._span("destination", request.destination)
        if request.origin is not None and request.origin == request.destination and not self.rules.diagonal:
            said = f"moves inside a region ({request.origin}) are not part of this model; name another"
            raise RequestError("destination", said)
        longest = self.network.task.horizon
        horizon = longest if request.horizon is None else request.horizon
        if not 1 <= horizon <= longest:
            said = f"{horizon} is not in 1..{longest}, what this model was trained for"
            raise RequestError("horizon", said, range(1, longest + 1))
        known = self.after(request.flows) if request.flows else self
        return {
            "as_of": self.calendar.label(known.as_of),
            "forecasts": known._rows(slice(horizon), origins, destinations, intervals=request.intervals),  # noqa: SLF001
        }

    def explain(self, request: ExplainRequest) -> dict[str, Any]:
        """Why a corridor is forecast so: what each lag and term adds to log1p of the count, and their sum.

        Raises:
            RequestError: if a region is unknown, the horizon beyond what was trained, or a newer flow wrong.
        """
        known = self.after(request.flows) if request.flows else self
        forecast = known.predict(ForecastRequest(request.origin, request.destination, request.horizon))
        cell = (self.position[request.origin], self.position[request.destination])
        seen = [known.calendar.label(known.as_of - back) for back in range(len(known.history))][::-1]
        found = known.explanation
        rows = []
        for step, row in enumerate(forecast["forecasts"]):
            lags = [
                {"of": name, "period": period, "adds": float(adds)}
                for name, each in found.lags.items()
                for period, adds in zip(seen, each[step, :, *cell], strict=True)
            ]
            terms = {name: float(each[step, *cell]) for name, each in found.terms.items()}
            past = (each[step, :, *cell] for each in found.lags.values())
            total = math.fsum([*np.concatenate([*past, list(terms.values())])])
            rows.append({**row, "lags": lags, "terms": terms, "log1p_count": total})
        return {"as_of": forecast["as_of"], "explanations": rows}

    def _span(self, field: str, region: str | None) -> slice:
        if region is None:
            return slice(len(self.regions))
        check_region(field, region, self.position)
        place = self.position[region]
        return slice(place, place + 1)

    def _rows(
        self, steps: slice, origins: slice, destinations: slice, *, intervals: bool
    ) -> list[dict[str, str | float]]:
        # Whole arrays become lists in one step each: an index into a tensor costs more than a row.
        names = ("count", "lower", "upper") if intervals else ("count",)
        parts = [getattr(self.forecast, name)[steps, origins, destinations].tolist() for name in names]
        return [
            {
                "period": period,
                "origin": origin,
                "destination": destination,
                **dict(zip(names, values, strict=True)),
            }
            for period, *of_period in zip(self.periods, *parts, strict=False)
            for origin, *of_origin in zip(self.regions[origins], *of_period, strict=True)
            for destination, *values in zip(self.regions[destinations], *of_origin, strict=True)
            if self.rules.diagonal or origin != destination
        ]


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def golden(predictor: MigrationPredictor) -> list[dict[str, Any]]:
    """Requests with their answers, replayed against whatever serves the artefact."""
    first, last = predictor.regions[0], predictor.regions[-1]
    newer = tuple(
        Move(predictor.periods[0], origin, destination, float(predictor.history[-1, i, j]) + 1)
        for origin, i, destination, j in ((first, 0, last, -1), (last, -1, first, 0))
    )
    requests = [
        ForecastRequest(origin=first, destination=last),
        ForecastRequest(origin=first, destination=last, intervals=False),
        ForecastRequest(origin=first, destination=last, flows=newer),
        ForecastRequest(origin=last, horizon=1),
        ForecastRequest(destination=first, horizon=1),
    ]
    return [{"request": asdict(request), "response": predictor.predict(request)} for request in requests]
