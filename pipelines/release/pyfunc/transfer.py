"""The artefact as an MLflow pyfunc, by models-from-code: MLflow keeps this file, and no pickle."""

from datetime import date
from pathlib import Path

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from pydantic import BaseModel

from modules.transfer.predictor import TransferExtractor
from modules.transfer.request import AskedText, ExtractRequest


class Asked(BaseModel):
    """A text, as in POST /extract."""

    text: str
    published: str | None = None


class TransferModel(PythonModel):
    """Reads texts as the service does."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the sealed artefact."""
        self.extractor = TransferExtractor.load(Path(context.artifacts["artefact"]))

    def predict(self, model_input: list[Asked]) -> pd.DataFrame:  # type: ignore[override]
        """One row a verdict: the place of its text (0 is the first), its span, what the members agree on."""
        texts = [
            AskedText(asked.text, date.fromisoformat(asked.published) if asked.published else None)
            for asked in model_input
        ]
        columns = ["origin", "destination", "period", "level", "votes", "flow"]
        rows = [
            {"text": place, "start": reading["start"], "end": reading["end"]}
            | {column: reading["verdict"][column] for column in columns}
            for place, passage in enumerate(self.extractor.extract(ExtractRequest(texts))["passages"])
            for reading in passage["readings"]
            if reading["verdict"]
        ]
        return pd.DataFrame(rows, columns=["text", "start", "end", *columns])


set_model(TransferModel())
