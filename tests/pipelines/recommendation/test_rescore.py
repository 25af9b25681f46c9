"""Candidate against champion, on tables as import and split leave them."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modules.artefact import seal
from modules.recommendation.baselines.popularity import Popularity
from modules.recommendation.pair_model import Shape
from modules.recommendation.predictor import Recommender
from pipelines.config.recommendation import RecommendationRun
from pipelines.paths import RunPaths
from pipelines.recommendation.fitting.data import RunData, open_data
from pipelines.recommendation.judging.rescore import challenge, compare
from pipelines.release.challenge import IncomparableError
from tests.modules.recommendation.small import sealed
from tests.pipelines.recommendation.entries import entry, run_of

COHORTS = {"2016": "train", "2017": "validation", "2018": "test"}
TRAINED = {"row_keys": {"2016": "a", "2017": "b"}, "fractions": None}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RecommendationRun:
    """Two in three go to the first of five employers; E4 takes nobody before 2018."""
    monkeypatch.chdir(tmp_path)
    paths = RunPaths("r")
    paths.extracted.mkdir(parents=True)
    paths.split.mkdir(parents=True)
    generator = np.random.default_rng(3)
    cohorts = [cohort for cohort in COHORTS for _ in range(60)]
    ids = [f"s{row:03d}" for row in range(len(cohorts))]
    students = {
        "id": ids,
        "cohort": cohorts,
        "intent": ["abroad"] * len(ids),
        "gender": ["MF"[row % 2] for row in range(len(ids))],
        "college": ["Law", "Arts"] * (len(ids) // 2),
        "grade_1": generator.normal(80, 5, len(ids)),
        "grade_2": generator.normal(80, 5, len(ids)),
    }
    hired = [
        "E0" if row % 3 else "E4" if cohort == "2018" and row % 2 else f"E{1 + row % 3 % 2 + row % 2}"
        for row, cohort in enumerate(cohorts)
    ]
    employers = {"id": [f"E{n}" for n in range(5)], "name": list("abcde"), "city": list("xxyyz")}
    pq.write_table(pa.table(students), paths.extracted / "students.parquet")
    pq.write_table(pa.table(employers), paths.extracted / "employers.parquet")
    pq.write_table(pa.table({"student": ids, "employer": hired}), paths.extracted / "placements.parquet")
    parts = {"id": ids, "part": [COHORTS[cohort] for cohort in cohorts], "label": cohorts}
    pq.write_table(pa.table(parts), paths.split / "parts.parquet")
    return run_of(entry())


def recommender(data: RunData, *, wrong: bool = False) -> Recommender:
    """By popularity, or by the lack of it."""
    fold = data.final
    hires = fold.data.popularity
    network = Popularity.fit(
        Shape.of(fold.data), fold.data.employers, hires.max() - hires if wrong else hires
    )
    table = data.employers.to_pylist()
    return Recommender(network.eval(), data.schema, fold.encoders, tuple(table), fold.data.intents)


def compared(
    config: RecommendationRun, one: Recommender, other: Recommender, *trained: Mapping[str, Any]
) -> Any:
    data = open_data("r", config)
    return compare(data, (one, other), trained or (TRAINED, TRAINED), config.evaluate, 7)


def test_the_better_one_is_better_beyond_doubt_and_the_other_way_round(config: RecommendationRun) -> None:
    data = open_data("r", config)
    knows, guesses = recommender(data), recommender(data, wrong=True)
    found = compared(config, knows, guesses)
    assert found.cells == found.blocks == 60
    assert found.span == ("2018", "2018")
    assert found.improvement.low > 0
    assert found.improvement.estimate == pytest.approx(found.champion - found.candidate)
    back = compared(config, guesses, knows)
    assert (back.candidate, back.champion) == (found.champion, found.candidate)
    assert back.improvement.high < 0
    equal = compared(config, knows, knows).improvement
    assert (equal.low, equal.estimate, equal.high) == (0, 0, 0)


def test_the_span_of_numbered_cohorts_is_in_their_order(config: RecommendationRun) -> None:
    data = open_data("r", config)
    waves = ["14" if row % 2 else "9" for row in range(len(data.students))]
    at = data.students.column_names.index("label")
    numbered = replace(data, students=data.students.set_column(at, "label", pa.array(waves)))
    found = compare(numbered, (recommender(data),) * 2, (TRAINED, TRAINED), config.evaluate, 7)
    assert found.span == ("9", "14")


def test_the_error_is_the_share_of_employers_above_the_ones_own(config: RecommendationRun) -> None:
    data = open_data("r", config)
    pairs, hires = data.final.data.judging, data.final.data.popularity
    naive = [
        float(((hires > hires[own]).sum() + ((hires == hires[own]).sum() - 1) / 2) / 4)
        for own in pairs.employer.tolist()
    ]
    found = compared(config, recommender(data), recommender(data))
    assert found.candidate == pytest.approx(np.mean(naive))
    new = [error for error, own in zip(naive, pairs.employer.tolist(), strict=True) if hires[own] == 0]
    assert found.slices["to an employer that is new"] == pytest.approx((np.mean(new),) * 2)


@pytest.mark.parametrize(
    ("trained", "said"),
    [
        ({**TRAINED, "row_keys": {"2017": "b", "2018": "c"}}, "0 test students are new to both"),
        ({**TRAINED, "fractions": {"validation": 0.1, "test": 0.2}}, "parted in another way"),
    ],
)
def test_nobody_is_judged_on_students_that_one_may_know(
    config: RecommendationRun, trained: dict[str, Any], said: str
) -> None:
    made = recommender(open_data("r", config))
    with pytest.raises(IncomparableError, match=said):
        compared(config, made, made, TRAINED, trained)


def test_other_fields_and_protected_ones_are_left_to_a_person(config: RecommendationRun) -> None:
    made = recommender(open_data("r", config))
    schema = made.schema
    other = replace(made, schema=replace(schema, students=replace(schema.students, categorical=("club",))))
    with pytest.raises(IncomparableError, match="fields that the data do not have: club"):
        compared(config, made, other)
    with pytest.raises(IncomparableError, match="one sees protected fields"):
        compared(config, made, replace(made, schema=replace(schema, use_protected=True)))


def test_sealed_artefacts_are_compared_and_what_cannot_be_is_said(
    config: RecommendationRun, tmp_path: Path
) -> None:
    data = open_data("r", config)
    folders = []
    for name, trained in (
        ("new", TRAINED),
        ("old", TRAINED),
        ("leaky", {**TRAINED, "row_keys": {"2018": "c"}}),
    ):
        folder = sealed(tmp_path / name, recommender(data))
        (folder / "MANIFEST.sha256").unlink()
        (folder / "lineage.json").write_text(json.dumps({"training": trained}))
        seal(folder)
        folders.append(folder)
    found = challenge("r", config, folders[0], folders[1])
    assert found.comparison is not None
    assert found.comparison.improvement.estimate == 0
    assert "are new to both" in challenge("r", config, folders[0], folders[2]).why_not
    (folders[1] / "card.json").write_text("[]")
    assert "card.json" in challenge("r", config, folders[0], folders[1]).why_not
