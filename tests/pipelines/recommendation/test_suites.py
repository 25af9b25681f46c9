from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.config.recommendation import Recommendation, RecommendationChecks
from pipelines.paths import RunPaths
from pipelines.recommendation.checking.suites import suites, summary_suites, table_suites
from pipelines.recommendation.checking.tables import Tables, read_tables
from pipelines.recommendation.importing import ingest
from pipelines.recommendation.simulating import stage
from pipelines.validate import validate
from pipelines.validation import Severity, Validation
from tests.pipelines.recommendation.entries import run_of
from tests.pipelines.recommendation.test_simulate import SECTION, source


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("twin")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        config = run_of(SECTION, source=source(students=1500, employers=150), seed=7)
        stage.run("twin", config)
        ingest.run("twin", config)
    return folder / RunPaths("twin").extracted


@pytest.fixture
def tables(extracted: Path) -> Tables:
    return read_tables(extracted)


def judge(tables: Tables, section: dict[str, Any] | None = None, **checks: Any) -> Validation:
    settings = Recommendation.model_validate(section or SECTION)
    limits = RecommendationChecks.model_validate(checks)
    groups = (kind(tables, settings, limits) for kind in (table_suites, summary_suites))
    return validate("r", groups)


def failed(validation: Validation, severity: Severity) -> set[tuple[str, str | None]]:
    return {(table.name, check.column) for table, check in validation.failed(severity)}


def with_field(tables: Tables, values: Any) -> tuple[Tables, dict[str, Any]]:
    section = deepcopy(SECTION)
    students = tables.students.assign(extra=values)
    role = "numeric" if pd.api.types.is_numeric_dtype(students["extra"]) else "categorical"
    section["students"][role] = [*section["students"].get(role, []), "extra"]
    return replace(tables, students=students), section


def test_the_twin_passes_every_check(extracted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(extracted.parents[2])
    validation = validate("twin", suites("twin", run_of(SECTION)))
    assert failed(validation, "critical") == set()
    assert failed(validation, "warning") == set()
    assert [table.name for table in validation.tables] == [
        *("accounts", "students", "employers", "placements", "fields", "parts", "intents")
    ]


LEAKS: dict[str, tuple[str, Callable[[pd.DataFrame], Any]]] = {
    "an identifier": ("unique", lambda students: "n" + students["id"]),
    "a running number": ("unique", lambda students: np.arange(len(students)) % 1400 * 1.0),
    "the year as text": ("separation", lambda students: "class of " + students["cohort"]),
    "the year as a number": ("separation", lambda students: students["cohort"].astype(float)),
    "a date": ("separation", lambda students: students["cohort"].astype(float) + 0.1 * (students.index % 7)),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_field_that_leaks_is_critical_and_named(tables: Tables, leak: str) -> None:
    column, values = LEAKS[leak]
    validation = judge(*with_field(tables, values(tables.students)))
    assert ("fields", column) in failed(validation, "critical")
    _, check = validation.failed("critical")[0]
    assert "field extra" in check.samples[0]
    assert "take the field out" in check.mend


def test_protected_fields_that_models_do_not_see_may_leak(tables: Tables) -> None:
    changed, section = with_field(tables, LEAKS["the year as text"][1](tables.students))
    section["students"]["protected"] = ["extra"]
    assert failed(judge(changed, section), "critical") == set()
    section["use_protected"] = True
    assert failed(judge(changed, section), "critical") == {("fields", "separation")}


def broken(tables: Tables, case: str) -> Tables:
    students, placements, record = tables.students, tables.placements, deepcopy(tables.record)
    if case == "repeated":
        students = pd.concat([students, students.head(1)], ignore_index=True)
    if case == "strangers":
        placements = placements.assign(student=["nobody", *placements["student"][1:]])
    if case == "unaccounted":
        record["rows"]["placements"]["read"] += 1
    if case == "column":
        students = students.drop(columns="college")
    if case == "intent":
        students = students.assign(intent=["navy", *students["intent"][1:]])
    if case == "cohort":
        students = students.assign(cohort=[None, *students["cohort"][1:]])
    if case == "few":
        placements = placements.head(50)
    return Tables(students, tables.employers, placements, record)


@pytest.mark.parametrize(
    ("case", "where"),
    [
        ("repeated", ("accounts", "repeated")),
        ("strangers", ("accounts", "strangers")),
        ("unaccounted", ("accounts", "unaccounted")),
        ("column", ("students", None)),
        ("intent", ("students", "intent")),
        ("cohort", ("students", "cohort")),
        ("few", ("placements", None)),
    ],
)
def test_rows_that_are_wrong_are_critical(tables: Tables, case: str, where: tuple[str, str | None]) -> None:
    assert where in failed(judge(broken(tables, case)), "critical")


def test_no_sample_names_a_student(tables: Tables) -> None:
    for case in ("repeated", "strangers", "intent", "cohort"):
        wrong = broken(tables, case)
        text = judge(wrong).model_dump_json()
        assert not any(f'{each}"' in text or f" {each}" in text for each in wrong.students["id"].head(3))


def test_cohorts_out_of_order_employers_unseen_and_dirt_are_warnings(tables: Tables) -> None:
    early = {**SECTION, "split": {"validation": ["2016"], "test": ["2014"]}}
    assert ("parts", "not_after") in failed(judge(tables, early), "warning")
    assert ("parts", "unseen") in failed(judge(tables, max_unseen=0.001), "warning")
    assert ("accounts", "differs_share") in failed(judge(tables, max_quarantined=0.0001), "warning")
    assert ("fields", "missing") in failed(judge(tables, max_missing=0.001), "warning")


def test_a_class_that_training_lacks_is_critical(tables: Tables) -> None:
    late = tables.students["cohort"] == "2018"
    changed = replace(
        tables, students=tables.students.assign(intent=tables.students["intent"].mask(late, "abroad"))
    )
    only_late = changed.students["intent"].mask(~late & (changed.students["intent"] == "abroad"))
    validation = judge(replace(changed, students=changed.students.assign(intent=only_late)))
    assert ("intents", "train") in failed(validation, "critical")
