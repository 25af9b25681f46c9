"""What is told of a region: what is known, what is forecast, and its busiest corridors."""

from typing import Any

import numpy as np

from modules.migration.arrays import Float64Array
from modules.migration.predictor import MigrationPredictor
from modules.migration.request import ForecastRequest, check_region

BUSIEST = 5


class Regions:
    """Totals of every region, moves inside it left out, from the last known period and the forecast."""

    def __init__(self, predictor: MigrationPredictor) -> None:
        self.predictor = predictor
        self._known = _totals(predictor.history[-1:].double().numpy())
        self._ahead = _totals(predictor.forecast.count)

    def all(self) -> list[dict[str, Any]]:
        """Every region in the model's order."""
        return [self._row(place) for place in range(len(self.predictor.regions))]

    def one(self, region: str) -> dict[str, Any]:
        """One region with its forecast totals and its busiest corridors in the next period.

        Raises:
            RequestError: if the model does not know it.
        """
        check_region("id", region, self.predictor.position)
        place = self.predictor.position[region]
        return {
            "region": self._row(place),
            "forecast": [
                {"period": period, "inflow": float(inflow), "outflow": float(outflow)}
                for period, inflow, outflow in zip(
                    self.predictor.periods, self._ahead[0][:, place], self._ahead[1][:, place], strict=True
                )
            ],
            "origins": self._busiest(ForecastRequest(destination=region, horizon=1)),
            "destinations": self._busiest(ForecastRequest(origin=region, horizon=1)),
            "variables": self._variables(place),
        }

    def _variables(self, place: int) -> dict[str, list[dict[str, Any]]] | None:
        found = self.predictor.cities
        if found is None:
            return None
        return {
            name: [
                {
                    "period": period,
                    "value": float(found.value[name][step, place]),
                    "percentile": float(found.percentile[name][step, place]),
                    "rank": int(found.rank[name][step, place]),
                    "rank_low": int(found.rank_low[name][step, place]),
                    "rank_high": int(found.rank_high[name][step, place]),
                }
                for step, period in enumerate(self.predictor.periods)
            ]
            for name in found.value
        }

    def _row(self, place: int) -> dict[str, Any]:
        return {
            "id": self.predictor.regions[place],
            "name": self.predictor.names[place],
            "inflow": float(self._known[0][0, place]),
            "outflow": float(self._known[1][0, place]),
        }

    def _busiest(self, request: ForecastRequest) -> list[dict[str, Any]]:
        rows = [
            row for row in self.predictor.predict(request)["forecasts"] if row["origin"] != row["destination"]
        ]
        return sorted(rows, key=lambda row: -row["count"])[:BUSIEST]


def _totals(flows: Float64Array) -> tuple[Float64Array, Float64Array]:
    between = flows * ~np.eye(flows.shape[-1], dtype=np.bool_)
    return between.sum(1), between.sum(2)
