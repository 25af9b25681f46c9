"""What students, employers and placements must look like: Great Expectations suites, declared in code.

No suite names a student: samples show cohorts, fields, parts and counts.
"""

from collections.abc import Iterator

import great_expectations.expectations as gxe
import pandas as pd

from pipelines.config.recommendation import Recommendation, RecommendationChecks, RecommendationRun
from pipelines.paths import RunPaths
from pipelines.recommendation.checking.tables import (
    Tables,
    accounts,
    fields,
    intents,
    parts,
    read_tables,
)
from pipelines.suite import Suite, says
from pipelines.validation import Severity

_MENDS = {
    "no_id": "look whether the column of ids is the right one",
    "no_number": "write digits with a decimal point, or nothing",
    "no_cohort": "fill the cohort in, or set students.cohort: null and split by fractions",
    "unknown_intent": "list the class in students.intents, or mend its spelling",
    "differs": "keep one row an id, or look whether the id is the right column",
    "no_student": "fill the student's id in",
    "no_employer": "fill the employer's id in",
    "unknown_student": "add the student to the table of students; ids are compared as texts",
    "unknown_employer": "add the employer to the table of employers; ids are compared as texts",
    "no_decision": "write decisions as 0 or 1",
}


def suites(name: str, config: RecommendationRun) -> Iterator[list[Suite]]:
    """The suites on a run's tables as they are, then those on what they sum to."""
    tables = read_tables(RunPaths(name).extracted)
    yield table_suites(tables, config.recommendation, config.checks)
    yield summary_suites(tables, config.recommendation, config.checks)


def table_suites(tables: Tables, settings: Recommendation, checks: RecommendationChecks) -> list[Suite]:
    """The suites on the rows of the tables as they are."""
    return [
        _accounts(tables, checks),
        _students(tables.students, settings, checks),
        _employers(tables.employers, settings, checks),
        _placements(tables.placements, settings, checks),
    ]


def summary_suites(tables: Tables, settings: Recommendation, checks: RecommendationChecks) -> list[Suite]:
    """The suites on what the tables sum to; they mean something only once the rows are right."""
    of_all = [_fields(tables, settings, checks), _parts(tables, settings, checks)]
    return [*of_all, _intents(tables, settings, checks)] if settings.students.intent else of_all


def _accounts(tables: Tables, checks: RecommendationChecks) -> Suite:
    frame = accounts(tables)
    expectations = [
        _none(
            "unaccounted", "Every row read is kept, dropped by a named rule or in quarantine.", "report this"
        ),
        _none("repeated", "No student, employer or pair stands twice.", "import the run again"),
        _none("strangers", "Every placement is of a known student and a known employer.", "import it again"),
    ]
    for reason, mend in _MENDS.items():
        if f"{reason}_share" in frame:
            what = f"At most {checks.max_quarantined:.1%} of a table's rows are in quarantine as {reason}."
            expectations.append(_at_most(f"{reason}_share", checks.max_quarantined, what, mend))
    return Suite("accounts", "Rows, what became of them", frame, ("table",), tuple(expectations))


def _students(students: pd.DataFrame, settings: Recommendation, checks: RecommendationChecks) -> Suite:
    section = settings.students
    expectations = [
        _columns(("id", "cohort", "intent", *section.side.fields)),
        _rows(checks.min_students, "students", "min_students"),
        *_numbers(section.side.numbers),
    ]
    if section.cohort:
        text = says("Every student is of a cohort.", "import the run again")
        expectations.append(gxe.ExpectColumnValuesToNotBeNull(column="cohort", **text))
    if section.intents:
        text = says(f"Every known intent is one of {', '.join(section.intents)}.", "import the run again")
        expectations.append(
            gxe.ExpectColumnValuesToBeInSet(column="intent", value_set=list(section.intents), **text)
        )
    return Suite("students", "Students", students, ("cohort",), tuple(expectations))


def _employers(employers: pd.DataFrame, settings: Recommendation, checks: RecommendationChecks) -> Suite:
    side = settings.employers.side
    expectations = (
        _columns(("id", *side.fields)),
        _rows(checks.min_employers, "employers", "min_employers"),
        *_numbers(side.numbers),
    )
    return Suite("employers", "Employers", employers, ("id",), expectations)


def _placements(placements: pd.DataFrame, settings: Recommendation, checks: RecommendationChecks) -> Suite:
    decided = () if settings.placements.decisions is None else ("student_yes", "employer_yes")
    yes_or_no = (
        gxe.ExpectColumnValuesToBeInSet(
            column=name, value_set=[0, 1], **says(f"{name} is 0 or 1.", "import the run again")
        )
        for name in decided
    )
    expectations = (
        _columns(("student", "employer", *decided)),
        _rows(checks.min_placements, "placements", "min_placements"),
        *yes_or_no,
    )
    return Suite("placements", "Placements", placements, ("employer",), expectations)


def _fields(tables: Tables, settings: Recommendation, checks: RecommendationChecks) -> Suite:
    leave_out = "take the field out of categorical, numeric and sequence"
    expectations = (
        _at_most(
            "unique",
            checks.max_unique,
            "No input is an identifier: students share their values (a field has at most "
            f"{checks.max_unique:.2f} distinct values a student).",
            f"{leave_out}, or raise checks.max_unique if the field is no identifier",
            "critical",
        ),
        _at_most(
            "separation",
            checks.max_separation,
            "No input tells test students from training students, as a cohort, a year or a date does "
            f"(at most {checks.max_separation:.2f} of 1): a model cannot have learnt its test values.",
            f"{leave_out}; a year is for students.cohort",
            "critical",
        ),
        _at_most(
            "missing",
            checks.max_missing,
            f"At most {checks.max_missing:.0%} of a field's values are missing.",
            "look whether the column is the right one, or leave the field out",
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="distinct",
            min_value=2,
            **says("Every field varies.", "leave out a field that is the same for all", "warning"),
        ),
    )
    frame = fields(tables, settings)
    return Suite(
        "fields", "What models see of a student and an employer", frame, ("side", "field"), expectations
    )


def _parts(tables: Tables, settings: Recommendation, checks: RecommendationChecks) -> Suite:
    mend = "choose other cohorts or fractions for validation and test"
    kinds = ("positives",) if settings.placements.decisions is None else ("positives", "negatives")
    expectations = (
        *(
            gxe.ExpectColumnValuesToBeBetween(
                column=kind, min_value=1, **says(f"Every part has {kind}.", mend)
            )
            for kind in kinds
        ),
        _none(
            "not_after",
            "Validation and test cohorts come after every training cohort.",
            f"{mend}, unless cohorts have no order in time",
            "warning",
        ),
        _at_most(
            "unseen",
            checks.max_unseen,
            f"At most {checks.max_unseen:.0%} of a part's positives are of employers that training has not.",
            "nothing but fields is known of such employers; look whether ids changed between the cohorts",
        ),
    )
    return Suite("parts", "Training, validation and test", parts(tables, settings), ("part",), expectations)


def _intents(tables: Tables, settings: Recommendation, checks: RecommendationChecks) -> Suite:
    expectations = (
        gxe.ExpectColumnValuesToBeBetween(
            column="train",
            min_value=1,
            **says(
                "Every class of intent has training students.",
                "mend the spelling of the class, or leave its students' intent blank",
            ),
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="train",
            min_value=checks.min_class,
            **says(
                f"Every class of intent has at least {checks.min_class} training students.",
                "merge rare classes in the source, or lower checks.min_class",
                "warning",
            ),
        ),
        gxe.ExpectTableRowCountToBeBetween(
            min_value=2, **says("There are at least two classes of intent.", "set students.intent: null")
        ),
    )
    return Suite("intents", "Intents", intents(tables, settings), ("intent",), expectations)


def _columns(names: tuple[str, ...]) -> gxe.Expectation:
    text = says(f"The columns are exactly {', '.join(names)}.", "import the run again")
    return gxe.ExpectTableColumnsToMatchSet(column_set=list(names), exact_match=True, **text)


def _rows(floor: int, what: str, key: str) -> gxe.Expectation:
    text = says(f"There are at least {floor:,} {what}.", f"look for a cut-off file, or lower checks.{key}")
    return gxe.ExpectTableRowCountToBeBetween(min_value=floor, **text)


def _numbers(names: tuple[str, ...]) -> list[gxe.Expectation]:
    return [
        gxe.ExpectColumnValuesToBeOfType(
            column=name, type_="float64", **says(f"{name} is a number.", "import the run again")
        )
        for name in names
    ]


def _none(column: str, what: str, mend: str, severity: Severity = "critical") -> gxe.Expectation:
    return _at_most(column, 0, what, mend, severity)


def _at_most(
    column: str, limit: float, what: str, mend: str, severity: Severity = "warning"
) -> gxe.Expectation:
    text = says(what, mend, severity)
    return gxe.ExpectColumnValuesToBeBetween(column=column, max_value=limit, **text)
