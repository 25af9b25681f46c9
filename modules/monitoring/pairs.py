"""What a question about students and employers is counted by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modules.monitoring.feature import Value
from modules.monitoring.reference import Unit
from modules.recommendation.predictor import Recommender
from modules.recommendation.request import (
    CandidatesRequest,
    ExplainRequest,
    RecommendRequest,
    Record,
    ScoreRequest,
)
from modules.schema import Side

PairRequest = RecommendRequest | ExplainRequest | CandidatesRequest | ScoreRequest


@dataclass(frozen=True)
class PairObserver:
    """Fields of students and of the employers that are named; the first score and the likeliest intent.

    Protected fields are never counted, whether the model sees them or not.
    """

    recommender: Recommender

    def __call__(self, request: PairRequest, answer: Mapping[str, Any]) -> Sequence[Unit]:
        """One unit a student, and one an employer that students are ranked for."""
        if isinstance(request, RecommendRequest):
            restricted = bool(request.exclude or request.where)
            return [Unit(self._known(request.student), self.told(answer, restricted=restricted))]
        if isinstance(request, ExplainRequest):
            asked = {**self._known(request.student), **self.employer(request.employer)}
            return [Unit(asked, self.told(answer, restricted=True))]
        if isinstance(request, CandidatesRequest):
            students = [Unit(self._known(each)) for each in request.students]
            return [Unit(self.employer(request.employer)), *students]
        return [
            Unit({**self._known(student), **self.employer(employer)}) for student, employer in request.pairs
        ]

    def _known(self, record: Record) -> dict[str, list[Value]]:
        return self.student(self.recommender.known(record, "student"))

    def student(self, record: Record) -> dict[str, list[Value]]:
        """A student's fields."""
        sides = self.recommender.sides[0], self.recommender.schema.students
        return _fields("student", record, *sides)

    def employer(self, employer: str) -> dict[str, list[Value]]:
        """An employer's fields."""
        record = self.recommender.employers[self.recommender.position[employer]]
        return _fields("employer", record, self.recommender.sides[1], self.recommender.schema.employers)

    def told(self, answer: Mapping[str, Any], *, restricted: bool) -> dict[str, list[Value]]:
        """What was predicted; the first score only where every employer could be first."""
        found: dict[str, list[Value]] = {}
        if answer["intent"]:
            found["intent"] = [max(answer["intent"], key=answer["intent"].__getitem__)]
        if not restricted and answer["employers"]:
            found["first score"] = [float(answer["employers"][0]["score"])]
        return found


def _fields(kind: str, record: Record, seen: Side, whole: Side) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    for name in seen.fields:
        if name in whole.protected:
            continue
        value = record.get(name)
        if value is not None:
            value = float(value) if name in seen.numbers else str(value)
        found[f"{kind}.{name}"] = [value]
    return found
