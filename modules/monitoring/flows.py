"""What a question about flows is counted by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from modules.migration.intervals import CLASSES
from modules.migration.predictor import MigrationPredictor
from modules.migration.request import ExplainRequest, ForecastRequest
from modules.monitoring.reference import Unit

_MOST = 1000
"""Forecasts, and corridors, of one answer that are looked at."""
_MANY = 3
"""Newer periods from which on they are not told apart."""
_REQUESTS = 5000
"""Corridors that a reference asks for."""


@dataclass(frozen=True)
class FlowObserver:
    """Regions, size of the corridors, periods ahead, newer periods; the forecast counts.

    Who asks for every origin asks for each a little.
    """

    predictor: MigrationPredictor

    def __call__(self, request: ForecastRequest | ExplainRequest, answer: Mapping[str, Any]) -> list[Unit]:
        """One unit a request."""
        rows = answer["explanations" if isinstance(request, ExplainRequest) else "forecasts"]
        ahead = len(self.predictor.periods)
        newer = len({move.period for move in request.flows})
        asked = {
            "origin": self._regions(request.origin),
            "destination": self._regions(request.destination),
            "corridors": self._sizes(request.origin, request.destination),
            "periods ahead": [str(step) for step in range(1, 1 + (request.horizon or ahead))],
            "newer periods": [str(newer) if newer < _MANY else f"{_MANY} or more"],
        }
        return [Unit(asked, {"moves": [row["count"] for row in _some(rows)]})]

    def _regions(self, region: str | None) -> Sequence[str]:
        return self.predictor.regions if region is None else (region,)

    def _sizes(self, origin: str | None, destination: str | None) -> Sequence[str]:
        place = self.predictor.position
        rows, columns = (slice(None) if each is None else [place[each]] for each in (origin, destination))
        classes = self.predictor.intervals.size_class.numpy()[rows][:, columns].ravel().tolist()
        return [CLASSES[number] for number in _some(classes)]


def reference_units(predictor: MigrationPredictor, seed: int) -> Iterator[Unit]:
    """Every corridor asked for alike, all periods ahead, or a seeded sample where they are very many.

    Where they are few each counts several times: all are there, so this is no sample that chance has shaped.
    """
    observe = FlowObserver(predictor)
    corridors = [
        (origin, destination)
        for origin in predictor.regions
        for destination in predictor.regions
        if predictor.rules.diagonal or origin != destination
    ]
    if len(corridors) > _REQUESTS:
        drawn = np.random.default_rng(seed).choice(len(corridors), _REQUESTS, replace=False)
        corridors = [corridors[at] for at in sorted(drawn.tolist())]
    for origin, destination in corridors:
        request = ForecastRequest(origin, destination)
        yield from observe(request, predictor.predict(request)) * (_REQUESTS // len(corridors))


def _some(values: Sequence[Any]) -> Sequence[Any]:
    return values[:: -(-len(values) // _MOST) or 1]
