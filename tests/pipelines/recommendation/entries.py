"""Sections of a recommendation run, to be varied by tests."""

from copy import deepcopy
from typing import Any

from pipelines.config.recommendation import RecommendationRun

STUDENTS: dict[str, Any] = {
    "path": "students.csv",
    "id": "student_id",
    "cohort": "year",
    "intent": "intent",
    "intents": ["abroad", "contract"],
    "categorical": ["gender", "college"],
    "sequence": ["grade_1", "grade_2"],
    "protected": ["gender"],
    "changeable": ["grade_2"],
}
EMPLOYERS: dict[str, Any] = {"path": "employers.csv", "id": "employer_id", "categorical": ["name", "city"]}
PLACEMENTS: dict[str, Any] = {"path": "placements.csv", "student": "student_id", "employer": "employer_id"}
SPLIT: dict[str, Any] = {"validation": [2017], "test": [2018]}


def entry(**changes: Any) -> dict[str, Any]:
    """The section, with keys like students__cohort replaced."""
    section = deepcopy(
        {"students": STUDENTS, "employers": EMPLOYERS, "placements": PLACEMENTS, "split": SPLIT}
    )
    for path, value in changes.items():
        *parents, key = path.split("__")
        at: dict[str, Any] = section
        for parent in parents:
            at = at.setdefault(parent, {})
        at[key] = value
    return section


def run_of(recommendation: dict[str, Any], **changes: Any) -> RecommendationRun:
    """A run with this section; its source is tables unless changed."""
    whole = {
        "track": "recommendation",
        "data": "data",
        "source": {"kind": "tables"},
        "recommendation": recommendation,
    }
    return RecommendationRun.model_validate(whole | changes)
