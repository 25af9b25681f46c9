"""Forecasts of many corridors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from modules.errors import RequestError
from modules.migration.predictor import MigrationPredictor
from modules.migration.request import ForecastRequest


class Forecasts:
    """A row asks as `POST /forecast` does; a null, or a column that is not there, leaves a field out."""

    asked = ("origin", "destination", "horizon")
    passed = ()
    answer = pa.schema(
        [
            ("as_of", pa.string()),
            ("period", pa.string()),
            ("origin", pa.string()),
            ("destination", pa.string()),
            ("count", pa.float64()),
            ("lower", pa.float64()),
            ("upper", pa.float64()),
        ]
    )

    def __init__(self, artefact: Path) -> None:
        self.predictor = MigrationPredictor.load(artefact)

    def __call__(self, question: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One row a corridor and period.

        Raises:
            RequestError: naming the column that cannot be answered.
        """
        if not isinstance(question.get("horizon"), int | None):
            raise RequestError("horizon", "must be a whole number")
        for end in ("origin", "destination"):
            if not isinstance(question.get(end), str | None):
                raise RequestError(end, "must be a region's code, as text")
        answer = self.predictor.predict(ForecastRequest(**question))
        return [{"as_of": answer["as_of"], **row} for row in answer["forecasts"]]
