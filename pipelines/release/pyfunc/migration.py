"""The artefact as an MLflow pyfunc, by models-from-code: MLflow keeps this file, and no pickle."""

from pathlib import Path

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from pydantic import BaseModel

from modules.migration.predictor import MigrationPredictor
from modules.migration.request import ForecastRequest


class Corridor(BaseModel):
    """What is asked, as in POST /forecast."""

    origin: str | None = None
    destination: str | None = None
    horizon: int | None = None


class MigrationModel(PythonModel):
    """Forecasts corridors as the service does."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the sealed artefact."""
        self.predictor = MigrationPredictor.load(Path(context.artifacts["artefact"]))

    def predict(self, model_input: list[Corridor]) -> pd.DataFrame:  # type: ignore[override]
        """One row a corridor and period: as_of, period, origin, destination, count, lower, upper."""
        answers = [self.predictor.predict(ForecastRequest(**asked.model_dump())) for asked in model_input]
        rows = [{"as_of": answer["as_of"], **row} for answer in answers for row in answer["forecasts"]]
        return pd.DataFrame(rows)


set_model(MigrationModel())
