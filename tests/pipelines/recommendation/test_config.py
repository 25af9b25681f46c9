from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.config import Section, one_line
from pipelines.config.recommendation import (
    PlacementsTable,
    Recommendation,
    RecommendationChecks,
    SamplingSettings,
    SimulatePlacementsSource,
    StudentsTable,
    TablesSource,
)
from tests.pipelines.recommendation.entries import entry


def test_an_entry_becomes_the_schema_that_models_see() -> None:
    section = Recommendation.model_validate(entry())
    students, employers = section.data_schema.inputs
    assert students.fields == ("college", "grade_1", "grade_2")
    assert section.data_schema.students.protected == ("gender",)
    assert employers.id == "employer_id"
    assert section.split.test == ("2018",)
    assert section.negatives is not None
    assert section.negatives.method == "similar_u"
    both = Recommendation.model_validate(entry(use_protected=True))
    assert both.data_schema.inputs[0].fields == ("gender", "college", "grade_1", "grade_2")


def test_where_both_sides_decide_no_negatives_are_drawn() -> None:
    decided = entry(placements__decisions={"student": "dec", "employer": "dec_o"})
    assert Recommendation.model_validate(decided).negatives is None


def test_one_value_or_several_keep_rows_and_numbers_are_labels() -> None:
    section = Recommendation.model_validate(entry(students__where={"gender": 0, "wave": [1, "2"]}))
    assert section.students.where == {"gender": ("0",), "wave": ("1", "2")}


def test_the_id_of_an_employer_may_be_a_field() -> None:
    section = Recommendation.model_validate(entry(employers__id="name"))
    assert section.employers.side.fields == ("name", "city")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"students__protected": ["hukou"]}, "students: protected: hukou is no field"),
        ({"students__changeable": ["name"]}, "students: changeable: name is no field"),
        ({"students__changeable": ["gender"]}, "students: changeable: gender is protected"),
        ({"students__numeric": ["college"]}, "students: numeric: college stands in categorical already"),
        ({"employers__categorical": ["city", "city"]}, "city stands in categorical already"),
        ({"students__cohort": "college"}, "students: cohort: college is a field too"),
        ({"students__intent": "gender"}, "students: intent: gender is a field too"),
        ({"students__id": "year"}, "students: id, cohort and intent are different columns"),
        ({"students__intent": None}, "students: intents: lists classes, but intent names no column"),
        ({"employers__numeric": ["cohort"]}, "no field can be called cohort"),
        ({"employers__categorical": []}, "employers: names no field"),
        ({"employers__protected": ["name", "city"]}, "every field of the employers is protected"),
        ({"students__cohort": None}, "split names cohorts, but students.cohort names no column"),
        ({"split": {"fractions": {"validation": 0.0, "test": 0.2}}}, "split.fractions.validation: Input"),
        ({"split": {"fractions": {"validation": 0.5, "test": 0.5}}}, "split.fractions: validation and test"),
        ({"split": {"validation": [2017]}}, "split: give cohorts for validation and for test"),
        ({"split": {"validation": [2017], "test": ["2017"]}}, "split: test: cohort 2017 is for validation"),
        ({"split__fractions": {"validation": 0.1, "test": 0.1}}, "split: give cohorts for validation"),
        ({"sampling": {"method": "ourz"}}, "sampling.method: Input should be 'random', 'similar_c'"),
        ({"sampling": {"threshold": 0.0}}, "sampling.threshold: Input should be greater than 0"),
        ({"sampling": {"threshold": 1.01}}, "sampling.threshold: Input should be less than or equal to 1"),
        ({"sampling": {"negative": 4}}, "sampling.negative: no such key"),
        ({"placements__employer": "student_id"}, "placements: student, employer and the decisions"),
        ({"placements__decisions": {"student": "dec"}}, "placements.decisions.employer: is required"),
    ],
)
def test_a_wrong_entry_is_one_line_that_names_the_key(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Recommendation.model_validate(entry(**changes))
    line = str(one_line(caught.value, "runs.r"))
    assert said in line
    assert "\n" not in line


def test_sources_and_checks_are_strict() -> None:
    assert SimulatePlacementsSource(kind="simulate").students == 8370
    with pytest.raises(ValidationError, match="no such text encoding"):
        TablesSource(kind="tables", encoding="utf-9")
    with pytest.raises(ValidationError, match="extra"):
        RecommendationChecks.model_validate({"max_unsean": 0.1})


@pytest.mark.parametrize(
    "section",
    [
        StudentsTable,
        PlacementsTable,
        SamplingSettings,
        RecommendationChecks,
        SimulatePlacementsSource,
        TablesSource,
    ],
)
def test_every_key_is_documented(section: type[Section]) -> None:
    keys = {name for name, field in section.model_fields.items() if not field.description}
    assert keys <= {"kind"}
