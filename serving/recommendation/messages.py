"""What the recommendation track is sent, and what it answers."""

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, FailFast, Field, WithJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from modules.recommendation.request import (
    CandidatesRequest,
    ExplainRequest,
    RecommendRequest,
    ScoreRequest,
)
from serving.message import STRICT, whole

MOST = 1_000
"""Students, pairs or employers in one message."""


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise PydanticCustomError("string_unicode", "Input should be valid Unicode")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise PydanticCustomError("finite_number", "Input should be a finite number")
    elif value is not None and not isinstance(value, int):
        raise PydanticCustomError("scalar", "Input should be a text, a number or null")
    return value


Value = Annotated[
    Any, BeforeValidator(_scalar), WithJsonSchema({"type": ["string", "number", "null"]}, mode="validation")
]
# Named types: the OpenAPI document narrows them to the served model's own fields and employers.
Student = TypeAliasType(
    "Student",
    Annotated[
        dict[str, Value],
        Field(description="What is known of a student by field; what is left out, or null, is not known."),
    ],
)
Employer = TypeAliasType("Employer", Annotated[str, Field(description="An employer's id.")])
Where = TypeAliasType(
    "Where",
    Annotated[
        dict[str, list[str]],
        Field(description="By field of employers the values that are wanted; an employer must meet all."),
    ],
)
Size = TypeAliasType(
    "Size", Annotated[int, Field(description="Length of the list.", ge=1, le=MOST), BeforeValidator(whole)]
)
Share = Annotated[float, Field(ge=0, le=1)]


class Message(BaseModel):
    """A strict record."""

    model_config = STRICT


class RecommendQuestion(Message):
    """Which employers fit a student best."""

    student: Student
    k: Size = 10
    exclude: Annotated[list[Employer], FailFast()] = []
    """Employers that are closed, or full."""
    where: Where = {}

    def request(self) -> RecommendRequest:
        """What the recommender is asked."""
        return RecommendRequest(self.student, self.k, self.exclude, self.where)


class EmployerRow(Message):
    """An employer and its fields."""

    id: Employer
    fields: dict[str, str | float | None]


class RankedEmployer(EmployerRow):
    """An employer in a list, 1 is the best."""

    rank: Annotated[int, Field(ge=1)]
    score: Share
    """It orders; it is no probability."""


class RecommendAnswer(Message):
    """Employers, best first."""

    model: str
    """Tag of the version that answers."""
    unknown: list[str]
    """Fields of the student whose value training never saw; they count as not known."""
    intent: dict[str, Share]
    """Probability of what the student will do after graduation; empty of a model that does not tell."""
    employers: list[RankedEmployer]


class ExplainQuestion(Message):
    """Why an employer fits a student, or is not in the list."""

    student: Student
    employer: Employer
    k: Size = 10
    """Length of the list that the counterfactual is to enter."""

    def request(self) -> ExplainRequest:
        """What the recommender is asked."""
        return ExplainRequest(self.student, self.employer, self.k)


class Contribution(Message):
    """What a field is worth: the logit of the pair less the logit when the field is not known."""

    field: str
    contribution: float


class Change(Message):
    """The least change of one field that can be changed, after which the employer is in the list."""

    field: str
    before: str | float | None
    after: str | float
    rank: Annotated[int, Field(ge=1)]
    """Of the employer after it."""


class ExplainAnswer(Message):
    """A pair taken apart; the weightiest fields first."""

    model: str
    unknown: list[str]
    intent: dict[str, Share]
    employer: EmployerRow
    rank: Annotated[int, Field(ge=1)]
    """Among all employers."""
    score: Share
    student_fields: list[Contribution]
    employer_fields: list[Contribution]
    attention: dict[str, dict[str, Share]]
    """What the model looked at, by side and field, not what moved its score; empty where there is none."""
    counterfactual: Change | None
    """None: the employer is in the list, or no single change brings it there."""


class CandidatesQuestion(Message):
    """Which of some students fit an employer best."""

    employer: Employer
    students: Annotated[list[Student], Field(min_length=1, max_length=MOST), FailFast()]
    k: Size = 10

    def request(self) -> CandidatesRequest:
        """What the recommender is asked."""
        return CandidatesRequest(self.employer, self.students, self.k)


class RankedStudent(Message):
    """A student in a list, 1 is the best."""

    rank: Annotated[int, Field(ge=1)]
    student: Annotated[int, Field(ge=0)]
    """Place in the request, 0 is the first."""
    score: Share
    unknown: list[str]


class CandidatesAnswer(Message):
    """Students, best first."""

    model: str
    employer: EmployerRow
    students: list[RankedStudent]


class PairRow(Message):
    """A student and an employer."""

    student: Student
    employer: Employer


class ScoreQuestion(Message):
    """How well each student fits the employer beside."""

    pairs: Annotated[list[PairRow], Field(min_length=1, max_length=MOST), FailFast()]

    def request(self) -> ScoreRequest:
        """What the recommender is asked."""
        return ScoreRequest([(pair.student, pair.employer) for pair in self.pairs])


class ScoreRow(Message):
    """The score of one pair."""

    score: Share
    unknown: list[str]


class ScoreAnswer(Message):
    """Scores in the order of the request."""

    model: str
    scores: list[ScoreRow]


class ShortlistQuery(Message):
    """How long each student's list is."""

    k: Annotated[int, Field(ge=1, le=MOST)] = 10


class FieldRow(Message):
    """A field that the model sees."""

    name: str
    kind: Literal["categorical", "numeric", "sequence"]
    """Numbers of the sequence are in order of time."""
    values: list[str] = []
    """Of a category of students, those that training saw (another is not known); of employers, all
    that `where` can ask for."""
    least: float | None = None
    """The least number that is taken."""
    largest: float | None = None
    mean: float | None = None
    changeable: bool
    """Whether it may stand in a counterfactual."""
    protected: bool
    """Whether nobody may be ranked by it; the model sees it all the same where `use_protected` is true."""


class SchemaAnswer(Message):
    """What the model can be asked."""

    model: str
    id: str
    """Name of the column with a student's id, in a shortlist."""
    students: list[FieldRow]
    employers: list[FieldRow]
    employer_ids: list[str]
    """Of a model with very many employers: empty."""
    employer_count: int
    intents: list[str]
    use_protected: bool
    """Whether the model sees protected fields."""
