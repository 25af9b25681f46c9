"""What a recommender was made from: fitted students, employers that they went to, answers on the test."""

from collections.abc import Iterator
from contextlib import suppress

from modules.errors import RequestError
from modules.monitoring.pairs import PairObserver
from modules.monitoring.reference import Unit
from modules.recommendation.predictor import Recommender
from modules.recommendation.request import RecommendRequest
from pipelines.recommendation.fitting.data import RunData
from pipelines.recommendation.fitting.judged import judged

_ANSWERS = 2000
"""Test students that are asked for, at most."""


def reference_units(recommender: Recommender, data: RunData) -> Iterator[Unit]:
    """Students and employers of the final fit's matches; predictions for students whom no fit saw."""
    observe, fold = PairObserver(recommender), data.final.data
    fields = recommender.sides[0].fields
    students = data.students.select(fields).to_pylist()
    for row in sorted(set(fold.hires.student.tolist())):
        yield Unit(observe.student(students[row]))
    for row in fold.hires.positive.employer.tolist():
        yield Unit(observe.employer(recommender.employers[row]["id"]))
    for row in judged(fold).rows.tolist()[:_ANSWERS]:
        request = RecommendRequest(_known(students[row]), k=1)
        with suppress(RequestError):  # a number that the service would refuse too
            yield Unit(predicted=observe.told(recommender.recommend(request), restricted=False))


def _known(record: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in record.items() if value is not None}
