"""What `benchmarks/serving.py` measures as plain BentoML: the same model behind `@api`, all settings as they come."""

import os
from pathlib import Path
from typing import Any

import bentoml
import torch
from pydantic import BaseModel

from modules.migration.predictor import MigrationPredictor
from modules.migration.request import ForecastRequest


class Moved(BaseModel):
    """A newer flow."""

    period: str
    origin: str
    destination: str
    count: float


@bentoml.service
class Plain:
    """Forecasts as BentoML's tutorial would serve them."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self.predictor = MigrationPredictor.load(Path(os.environ["ARTEFACT"]))

    @bentoml.api  # type: ignore[untyped-decorator]
    def forecast(
        self,
        origin: str | None = None,
        destination: str | None = None,
        horizon: int | None = None,
        intervals: bool = True,
        flows: list[Moved] = [],  # noqa: B006 - BentoML makes a field of it
    ) -> dict[str, Any]:
        """The forecast."""
        asked = {
            "origin": origin,
            "destination": destination,
            "horizon": horizon,
            "intervals": intervals,
            "flows": [each.model_dump() for each in flows],
        }
        return self.predictor.predict(ForecastRequest.of(asked))
