from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.config.recommendation import Recommendation, SimulatePlacementsSource
from pipelines.paths import RunPaths
from pipelines.recommendation.importing import ingest
from pipelines.recommendation.simulating import stage
from pipelines.recommendation.simulating import vocabulary as words
from pipelines.recommendation.simulating.twin import TERMS, Twin, _mean_excess
from tests.pipelines.recommendation.entries import run_of

SECTION: dict[str, Any] = {
    "students": {
        "path": "students.parquet",
        "id": "student_id",
        "cohort": "graduation_year",
        "intent": "intent",
        "intents": ["abroad", "domestic_study", "contract"],
        "categorical": list(words.STUDENT_FIELDS),
        "sequence": list(words.GRADES),
    },
    "employers": {
        "path": "employers.parquet",
        "id": "employer_id",
        "categorical": list(words.EMPLOYER_FIELDS),
    },
    "placements": {"path": "placements.parquet", "student": "student_id", "employer": "employer_id"},
    "split": {"validation": ["2017"], "test": ["2018"]},
}


REASONS = {
    "students": stage.student_reasons("", "", "", ""),
    "employers": stage.EMPLOYER_REASONS,
    "placements": stage.PLACEMENT_REASONS,
}


def source(**changes: Any) -> SimulatePlacementsSource:
    return SimulatePlacementsSource.model_validate(
        {"kind": "simulate", "students": 400, "employers": 60} | changes
    )


@pytest.fixture(scope="module")
def twin() -> Twin:
    return Twin(8370, 1329, 7)


def test_the_twin_has_the_shape_of_the_paper(twin: Twin) -> None:
    cohort = twin.students.codes["graduation_year"]
    assert np.bincount(cohort).tolist() == list(words.COHORTS.values())
    hires = np.bincount(twin.hire, minlength=1329)
    assert np.sort(hires)[::-1][:133].sum() / 8370 == pytest.approx(0.71, abs=0.03)
    seen = np.bincount(twin.hire[cohort < 3], minlength=1329) > 0
    assert 1 - seen.mean() == pytest.approx(0.36, abs=0.04)
    assert 1 - seen[twin.hire[cohort == 4]].mean() == pytest.approx(0.061, abs=0.015)
    assert twin.students.grades.shape == (8370, 6)


def test_intents_are_unbalanced_and_follow_grades_and_their_trend(twin: Twin) -> None:
    nature = np.array([words.INTENT[name] for name in words.NATURES])[twin.employers.codes["nature"]]
    intent = nature[twin.hire]
    share = {name: (intent == name).mean() for name in set(words.INTENT.values())}
    assert 0.6 < share["contract"] < 0.8
    assert 0.03 < share["abroad"] < share["domestic_study"]
    level, trend = twin.students.grades.mean(1), twin.students.grades @ (np.arange(6) - 2.5)
    for grades in (level, trend):
        study, work = grades[intent == "domestic_study"], grades[intent == "contract"]
        assert study.mean() - work.mean() > 3 * grades.std() / np.sqrt(len(study))


def test_contributions_of_a_side_add_up_to_the_utility() -> None:
    twin = Twin(300, 40, 3)
    utility = twin.utility(np.arange(300)).astype(float)
    student, employer = (each.ravel() for each in np.indices(utility.shape))
    added = twin.contributions(student, employer)
    by_side = {side: sum(fields.values()).reshape(utility.shape) for side, fields in added.items()}
    assert by_side["students"] == pytest.approx(utility - utility.mean(0), abs=1e-3)
    assert by_side["employers"] == pytest.approx(utility - utility.mean(1, keepdims=True), abs=1e-3)
    assert not added["students"]["ethnicity"].any()
    assert not added["students"]["residential_college"].any()


def test_students_go_where_utility_is_high_and_below_a_bar_they_seldom_do(twin: Twin) -> None:
    some = np.arange(0, 8370, 40)
    utility = twin.utility(some)
    rank = (utility > utility[np.arange(len(some)), twin.hire[some]][:, None]).mean(1)
    assert np.median(rank) < 0.1
    grades, bar = twin.students.standard.mean(1), twin._bar[twin.hire]
    chance = np.random.default_rng(0).permutation(bar)
    assert (bar > grades).mean() < 0.9 * (chance > grades).mean()
    assert np.corrcoef(bar, grades)[0, 1] > 0.2


def test_importance_ranks_fields_as_they_were_planted(twin: Twin) -> None:
    importance = twin.importance(0)["students"]
    for term in TERMS:
        assert importance[term.student] > 0
    assert importance["major"] > importance["college"] > importance["hukou"] > importance["ethnicity"] == 0
    assert importance["grade_6"] > importance["grade_1"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-9, 9), min_size=1), st.lists(st.floats(-9, 9), min_size=1))
def test_mean_excess_is_the_mean(over: list[float], values: list[float]) -> None:
    plain = np.maximum(0, np.array(values)[None, :] + np.array(over)[:, None]).mean(1)
    assert _mean_excess(np.array(over), np.array(values)) == pytest.approx(plain, abs=1e-5)


def imported(folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> ingest.Imported:
    monkeypatch.chdir(folder)
    drawn = source(**changes)
    stage.run("twin", run_of(SECTION, source=drawn, seed=7))
    return ingest.read(RunPaths("twin").raw, drawn, Recommendation.model_validate(SECTION))


def test_every_spoilt_row_is_quarantined_or_dropped_for_its_reason_and_no_other(tmp_path, monkeypatch):
    found = imported(tmp_path, monkeypatch, dirt=3)
    gold = pq.read_table("runs/twin/gold/dirt.parquet").to_pylist()
    for table in ingest.TABLES:
        planted = [(row["row"], row["reason"]) for row in gold if row["table"] == table]
        aside = found.quarantine[table].select(["row", "reason"]).to_pylist()
        rules = found.record["rows"][table]["dropped"]
        quarantined = [pair for pair in planted if pair[1] not in rules]
        assert [(row["row"], row["reason"]) for row in aside] == quarantined
        for rule in ("same_record", "same_pair"):
            assert rules.get(rule, 0) == sum(reason == rule for _, reason in planted)
        assert len({reason for _, reason in planted}) == len(REASONS[table])
    assert [found.tables[table].num_rows for table in ingest.TABLES] == [400, 60, 400]


def test_what_is_imported_is_what_was_drawn(tmp_path, monkeypatch):
    found = imported(tmp_path, monkeypatch, dirt=0)
    twin = Twin(400, 60, 7)
    assert found.record["rows"]["students"]["read"] == 400
    pairs = found.tables["placements"].to_pylist()
    assert [pair["employer"] for pair in pairs] == [twin.employers.ids[at] for at in twin.hire]
    grades = found.tables["students"].column("grade_4").to_numpy()
    known = ~np.isnan(grades)
    assert 0.98 < known.mean() < 1
    assert grades[known] == pytest.approx(twin.students.grades[known, 3], abs=1e-4)
    contributions = pq.read_table("runs/twin/gold/contributions.parquet")
    assert contributions.num_rows == 400
    assert contributions.num_columns == 2 + 15 + 6


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        stage.run(name, run_of(SECTION, source=source(), seed=seed))
    files = sorted(path.relative_to("runs/a") for path in Path("runs/a").glob("*/*"))
    assert len(files) == 6
    bytes_of = {name: [(Path("runs") / name / path).read_bytes() for path in files] for name in "abc"}
    assert bytes_of["a"] == bytes_of["b"]
    assert all(one != other for one, other in zip(bytes_of["a"], bytes_of["c"], strict=True))


def test_a_run_that_brings_its_data_gets_a_note(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stage.run("own", run_of(SECTION))
    assert [path.name for path in RunPaths("own").raw.iterdir()] == ["empty.json"]
