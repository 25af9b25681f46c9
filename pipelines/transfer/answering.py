"""Transfers of many texts."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from modules.errors import RequestError
from modules.transfer.predictor import TransferExtractor
from modules.transfer.request import AskedText, ExtractRequest

_VERDICT = ("origin", "destination", "period", "level", "votes", "flow")


class Verdicts:
    """A row is a text and the day on which it appeared, as a date or in ISO 8601."""

    asked = ("text", "published")
    passed = ()
    answer = pa.schema(
        [
            ("start", pa.int32()),
            ("end", pa.int32()),
            ("origin", pa.string()),
            ("destination", pa.string()),
            ("period", pa.string()),
            ("level", pa.string()),
            ("votes", pa.int32()),
            ("flow", pa.bool_()),
        ]
    )

    def __init__(self, artefact: Path) -> None:
        self.extractor = TransferExtractor.load(artefact)

    def __call__(self, question: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One row a sentence on which the members agree; no name, for a name is nobody's answer.

        Raises:
            RequestError: naming the column that cannot be answered.
        """
        text = question.get("text")
        if not isinstance(text, str) or not text.strip():
            raise RequestError("text", "must be a text, and has none")
        asked = ExtractRequest([AskedText(text, _day(question.get("published")))])
        (passage,) = self.extractor.extract(asked)["passages"]
        return [
            {"start": reading["start"], "end": reading["end"]}
            | {column: reading["verdict"][column] for column in _VERDICT}
            for reading in passage["readings"]
            if reading["verdict"]
        ]


def _day(said: Any) -> date | None:
    try:
        return date.fromisoformat(said) if isinstance(said, str) else said
    except ValueError as error:
        raise RequestError("published", "must be a day like 2012-01-15") from error
