"""The sections of a run that recommends employers to students: source, tables, split, negatives, checks."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from modules.schema import Method, Sampling, Schema, Side
from pipelines.config.extract import known_encoding
from pipelines.config.run import RunConfig
from pipelines.config.section import Section, list_to_tuple

RESERVED = ("id", "cohort", "intent", "part", "label")
"""Columns that a run adds to the fields, so that no field may be called so."""


class SimulatePlacementsSource(Section):
    """Students, employers and placements drawn from a planted two-sided utility."""

    kind: Literal["simulate"]
    students: int = Field(default=8370, ge=200, le=1_000_000)
    """Graduates of five cohorts, 2014 to 2018."""
    employers: int = Field(default=1329, ge=20, le=20_000)
    """Employers, universities that take students on among them."""
    dirt: float = Field(default=1.0, ge=0, le=10)
    """Multiplies the share of rows that are spoilt (1: some 0.2 % a reason); 0 is clean."""


class TablesSource(Section):
    """Tables that the user brings; `recommendation` says which columns of which file hold what."""

    kind: Literal["tables"]
    sep: str = Field(default=",", pattern=r"^[\t -!#-~]$")
    """csv: the character between fields."""
    encoding: str = "utf-8"
    """csv: how letters became bytes, like utf-8, gb18030 or latin-1."""

    _encoding = field_validator("encoding")(known_encoding)


def _label(value: Any) -> Any:
    # YAML reads 2017 and yes as a number and a truth; both are labels here, as the table writes them.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _labels(value: Any) -> Any:
    several = value if isinstance(value, list | tuple) else [value]
    return tuple(_label(each) for each in several)


Names = Annotated[tuple[str, ...], BeforeValidator(list_to_tuple)]
Labels = Annotated[tuple[str, ...], BeforeValidator(_labels)]


class _Table(Section):
    path: str = Field(min_length=1)
    """File under the run's data folder; csv, csv.gz or parquet, told by the ending. Tables may share one."""
    where: dict[str, Labels] = Field(default_factory=dict)
    """Column -> the value or values that a row has to be read; other rows are of another table."""


class _SideTable(_Table):
    id: str
    """Column that tells one from another; several rows of one are one record, the first."""
    categorical: Names = ()
    """Fields of texts."""
    numeric: Names = ()
    """Fields of numbers in no order."""
    sequence: Names = ()
    """Fields of numbers in order of time, like grades by semester."""
    protected: Names = ()
    """Fields among these by which nobody may be ranked; they audit (see use_protected)."""
    changeable: Names = ()
    """Fields among these that one can change; they may stand in a counterfactual."""

    @model_validator(mode="after")
    def _one_role_a_field(self) -> Self:
        seen: dict[str, str] = {}
        for role in ("categorical", "numeric", "sequence"):
            for name in getattr(self, role):
                if name in seen:
                    msg = f"{role}: {name} stands in {seen[name]} already: a field has one role"
                    raise ValueError(msg)
                if name in RESERVED:
                    msg = f"{role}: no field can be called {name}, a column of every run: rename it"
                    raise ValueError(msg)
                seen[name] = role
        if not seen:
            msg = "names no field: list some in categorical, numeric or sequence"
            raise ValueError(msg)
        for role in ("protected", "changeable"):
            for name in getattr(self, role):
                if name not in seen:
                    msg = (
                        f"{role}: {name} is no field: list it in categorical, numeric or sequence, or drop it"
                    )
                    raise ValueError(msg)
        both = sorted(set(self.protected) & set(self.changeable))
        if both:
            msg = f"changeable: {both[0]} is protected; nobody is to be told to change it"
            raise ValueError(msg)
        return self

    @property
    def side(self) -> Side:
        """The fields, as models know them."""
        return Side(self.id, self.categorical, self.numeric, self.sequence, self.protected, self.changeable)


class StudentsTable(_SideTable):
    """Who is to be placed."""

    cohort: str | None = None
    """Column of the year, or wave, by which students are split; none: split.fractions says how."""
    intent: str | None = None
    """Column of what the student did after graduation, the second task; none: not recorded."""
    intents: Labels = ()
    """Classes that the intent has; a student of another is quarantined. None given: those that there are."""

    @model_validator(mode="after")
    def _answers_are_no_inputs(self) -> Self:
        for role in ("id", "cohort", "intent"):
            name = getattr(self, role)
            if name is not None and name in self.side.fields:
                msg = f"{role}: {name} is a field too; a model that sees it has seen the answer or the split"
                raise ValueError(msg)
        roles = [name for name in (self.id, self.cohort, self.intent) if name is not None]
        if len(set(roles)) < len(roles):
            msg = "id, cohort and intent are different columns"
            raise ValueError(msg)
        if self.intents and self.intent is None:
            msg = "intents: lists classes, but intent names no column"
            raise ValueError(msg)
        return self


class EmployersTable(_SideTable):
    """Whom they can be placed with; the id may be a field too, since it is what is recommended."""


class Decisions(Section):
    """Columns of what either side said, 0 or 1, where both sides decide."""

    student: str
    """The student's yes to the employer."""
    employer: str
    """The employer's yes to the student."""


class PlacementsTable(_Table):
    """Who came to whom."""

    student: str
    """Column of the student's id."""
    employer: str
    """Column of the employer's id."""
    decisions: Decisions | None = None
    """None: every row is a placement, and negatives are drawn."""

    @model_validator(mode="after")
    def _one_role_a_column(self) -> Self:
        names = [self.student, self.employer]
        if self.decisions is not None:
            names += [self.decisions.student, self.decisions.employer]
        if len(set(names)) < len(names):
            msg = "student, employer and the decisions are different columns"
            raise ValueError(msg)
        return self


class Fractions(Section):
    """Shares of the students, told by a hash of their id."""

    validation: float = Field(gt=0, lt=1)
    test: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _leaves_training(self) -> Self:
        if self.validation + self.test >= 1:
            msg = f"validation and test take {self.validation + self.test:g} of the students: none are left"
            raise ValueError(msg)
        return self


class CohortSplit(Section):
    """Which students are for choosing and which for the claim; all others are trained on."""

    validation: Labels = ()
    """Cohorts for choosing."""
    test: Labels = ()
    """Cohorts for the claim."""
    fractions: Fractions | None = None
    """Instead of cohorts."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        named = bool(self.validation), bool(self.test)
        if any(named) == (self.fractions is not None) or (any(named) and not all(named)):
            msg = "give cohorts for validation and for test, or fractions of both instead"
            raise ValueError(msg)
        both = sorted(set(self.validation) & set(self.test))
        if both:
            msg = f"test: cohort {both[0]} is for validation already"
            raise ValueError(msg)
        return self


class SamplingSettings(Section):
    """How negatives are drawn, where not both sides decide."""

    method: Method = "similar_u"
    """random: any employer; similar_c: the least similar employers; similar_s: employers of unlike students;
    similar_u: any of the unlike employers; ours: the last two together, the paper's Algorithm 1. similar_s
    and ours draw an employer the more often the more it hires: models learn fit and not how likely it is."""
    threshold: float = Field(default=0.8, gt=0, le=1)
    """Share of students and of employers that count as unlike."""
    negatives: int = Field(default=4, ge=1, le=100)
    """Drawn for every placement."""


class Recommendation(Section):
    """The tables of a run and what they mean."""

    students: StudentsTable
    employers: EmployersTable
    placements: PlacementsTable
    split: CohortSplit
    sampling: SamplingSettings = SamplingSettings()
    use_protected: bool = False
    """Whether models and similarities see the protected fields; to reproduce a paper, not to rank people."""

    @model_validator(mode="after")
    def _cohorts_need_a_column(self) -> Self:
        if self.split.fractions is None and self.students.cohort is None:
            msg = "split names cohorts, but students.cohort names no column: name it, or give split.fractions"
            raise ValueError(msg)
        for name, side in zip(("students", "employers"), self.data_schema.inputs, strict=True):
            if not side.fields:
                msg = f"every field of the {name} is protected, so a model sees none: list another"
                raise ValueError(msg)
        return self

    @property
    def data_schema(self) -> Schema:
        """The fields of both sides, as models know them."""
        return Schema(self.students.side, self.employers.side, self.students.intent, self.use_protected)

    @property
    def negatives(self) -> Sampling | None:
        """How negatives are drawn; none where both sides decide."""
        if self.placements.decisions is not None:
            return None
        return Sampling(self.sampling.method, self.sampling.threshold, self.sampling.negatives)


class RecommendationChecks(Section):
    """Floors and ceilings of the validation suites."""

    min_students: int = Field(default=100, ge=1)
    """Students that there are at least."""
    min_employers: int = Field(default=10, ge=2)
    """Employers that there are at least."""
    min_placements: int = Field(default=100, ge=1)
    """Placements that there are at least."""
    max_quarantined: float = Field(default=0.01, ge=0, le=1)
    """Share of a table's rows that one reason may send to quarantine."""
    max_missing: float = Field(default=0.2, ge=0, le=1)
    """Share of a field's values that may be missing."""
    max_unique: float = Field(default=0.9, gt=0, le=1)
    """Distinct values over students, from which on a field is an identifier and no feature."""
    max_separation: float = Field(default=0.9, gt=0, le=1)
    """How well one field may tell test students from training ones: 0 not at all, 1 always."""
    max_unseen: float = Field(default=0.5, ge=0, le=1)
    """Share of the test placements whose employer has none in training."""
    min_class: int = Field(default=20, ge=1)
    """Training students that every class of intent has at least."""


class Comprehensiveness(Section):
    """What a shown explanation has to be worth: a probability, lost without its first three fields."""

    student: float = Field(default=0.04, ge=0, le=1)
    """Of the student's fields, above a random order, by the lower bound of the interval."""
    employer: float = Field(default=0.15, ge=0, le=1)
    """The same of the employer's fields."""


class RecommendationEvaluate(Section):
    """The judgement."""

    bootstrap: int = Field(default=1000, ge=100)
    """Resamples of students behind every interval."""
    top: int = Field(default=10, ge=1)
    """Length of the lists that HR and NDCG look at."""
    similar_negatives: int = Field(default=20, ge=1)
    """Negatives a test placement under the similarity-drawn protocol."""
    comprehensiveness: Comprehensiveness = Comprehensiveness()
    """Floors under which our own model is not released; 0 asks no more than chance."""


class RecommendationRun(RunConfig):
    """A run that recommends employers to students."""

    track: Literal["recommendation"]
    source: Annotated[SimulatePlacementsSource | TablesSource, Field(discriminator="kind")]
    recommendation: Recommendation
    checks: RecommendationChecks = RecommendationChecks()
    evaluate: RecommendationEvaluate = RecommendationEvaluate()
