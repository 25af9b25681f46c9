"""The artefact as an MLflow pyfunc, by models-from-code: MLflow keeps this file, and no pickle."""

from pathlib import Path

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from pydantic import BaseModel

from modules.recommendation.predictor import Recommender
from modules.recommendation.request import RecommendRequest


class Asked(BaseModel):
    """What is asked, as in POST /recommend."""

    student: dict[str, str | float | None]
    k: int = 10
    exclude: list[str] = []
    where: dict[str, list[str]] = {}


class RecommendationModel(PythonModel):
    """Recommends employers as the service does."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the sealed artefact."""
        self.recommender = Recommender.load(Path(context.artifacts["artefact"]))

    def predict(self, model_input: list[Asked]) -> pd.DataFrame:  # type: ignore[override]
        """One row a student and employer: student (its place, 0 is the first), rank, employer, score."""
        answers = [
            self.recommender.recommend(RecommendRequest(**asked.model_dump())) for asked in model_input
        ]
        rows = [
            {"student": place, "rank": each["rank"], "employer": each["id"], "score": each["score"]}
            for place, answer in enumerate(answers)
            for each in answer["employers"]
        ]
        return pd.DataFrame(rows)


set_model(RecommendationModel())
