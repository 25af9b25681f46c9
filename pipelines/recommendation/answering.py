"""Employers for many students."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from modules.recommendation.predictor import Recommender
from modules.recommendation.request import RecommendRequest

LENGTH = 10
"""Employers of a list."""


class Shortlists:
    """A row is a student, by the fields that the model sees; a null is not known."""

    answer = pa.schema(
        [
            ("student", pa.string()),
            ("rank", pa.int32()),
            ("employer", pa.string()),
            ("score", pa.float64()),
            ("unknown", pa.list_(pa.string())),
        ]
    )

    def __init__(self, artefact: Path) -> None:
        self.recommender = Recommender.load(artefact)
        schema = self.recommender.schema
        self.asked = tuple(self.recommender.sides[0].fields)
        self.id = schema.students.id
        beside = (self.id, schema.intent, *schema.students.protected)
        self.passed = tuple(name for name in beside if name is not None and name not in self.asked)

    def __call__(self, question: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One row an employer of the list, best first; `student` is the student's id where the table has it.

        Raises:
            RequestError: naming the column that cannot be answered.
        """
        student = {name: question[name] for name in self.asked if question.get(name) is not None}
        found = self.recommender.recommend(RecommendRequest(student, LENGTH))
        named = question.get(self.id)
        return [
            {
                "student": None if named is None else str(named),
                "rank": each["rank"],
                "employer": each["id"],
                "score": each["score"],
                "unknown": found["unknown"],
            }
            for each in found["employers"]
        ]
