"""The packaged forecaster: a folder in, forecasts of corridors out."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from modules.artefact import verify
from modules.errors import UserError
from modules.migration.forecaster import Forecaster
from modules.migration.intervals import ConformalIntervals
from modules.migration.networks import build_network, network_config
from modules.migration.period import Calendar

_NETWORK, _INTERVALS = "network.", "intervals."


@dataclass(frozen=True)
class ForecastRequest:
    """What is asked: one corridor, all from an origin, all to a destination, or the whole matrix."""

    origin: str | None = None
    """Region code (none: every origin)."""
    destination: str | None = None
    """Region code (none: every destination)."""
    horizon: int | None = None
    """Periods ahead (none: as many as the model was trained for)."""


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
        )

    def predict(self, request: ForecastRequest) -> dict[str, Any]:
        """Forecast from the history: `as_of` and, for each period and corridor, count, lower and upper.

        Raises:
            UserError: if a region is unknown or the horizon is beyond what was trained.
        """
        origins = self._positions("origin", request.origin)
        destinations = self._positions("destination", request.destination)
        longest = self.network.task.horizon
        horizon = longest if request.horizon is None else request.horizon
        if not 1 <= horizon <= longest:
            raise UserError(f"horizon: {horizon} is not in 1..{longest}, what this model was trained for")
        season = torch.tensor([[self.calendar.season(self.as_of + step) for step in range(1, longest + 1)]])
        with torch.inference_mode():
            count = self.network(self.history[None], season)
            lower, upper = self.intervals(count)
        rows = [
            {
                "period": self.calendar.label(self.as_of + step + 1),
                "origin": self.regions[i],
                "destination": self.regions[j],
                "count": float(count[0, step, i, j]),
                "lower": float(lower[0, step, i, j]),
                "upper": float(upper[0, step, i, j]),
            }
            for step in range(horizon)
            for i in origins
            for j in destinations
        ]
        return {"as_of": self.calendar.label(self.as_of), "forecasts": rows}

    def _positions(self, field: str, region: str | None) -> range:
        if region is None:
            return range(len(self.regions))
        if region not in self.regions:
            known = ", ".join(self.regions[:20]) + (" ..." if len(self.regions) > 20 else "")  # noqa: PLR2004
            raise UserError(f"{field}: {region!r} is not a region of this model; it knows {known}")
        position = self.regions.index(region)
        return range(position, position + 1)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def golden(predictor: MigrationPredictor) -> list[dict[str, Any]]:
    """Requests with their answers, replayed against whatever serves the artefact."""
    first, last = predictor.regions[0], predictor.regions[-1]
    requests = [
        ForecastRequest(origin=first, destination=last),
        ForecastRequest(origin=last, horizon=1),
        ForecastRequest(destination=first, horizon=1),
    ]
    return [{"request": asdict(request), "response": predictor.predict(request)} for request in requests]
