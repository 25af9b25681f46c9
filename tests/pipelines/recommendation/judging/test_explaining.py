from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipelines.recommendation.judging.cards import RARE, shareable
from pipelines.recommendation.judging.evaluation import Explanations, RecommendationEvaluation
from pipelines.recommendation.judging.explaining import explanations
from pipelines.recommendation.judging.judgement import Judgement
from pipelines.recommendation.judging.judging import evaluation_of
from pipelines.recommendation.judging.planted import Planted
from tests.pipelines.recommendation import judged_run
from tests.pipelines.recommendation.entries import run_of


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("run"))
        judged_run.write()
        return judged_run.judgement()


@pytest.fixture(scope="module")
def found(judged: Judgement) -> Explanations:
    explained = explanations(judged, None)
    assert explained is not None
    return explained


def test_leave_one_out_and_gradients_find_what_moves_the_score_and_random_does_not(
    found: Explanations,
) -> None:
    by = {(each.side, each.ranking): each for each in found.faithful}
    assert len(by) == 8
    for ranking in ("leave_one_out", "integrated_gradients"):
        ours, random = by["employer", ranking], by["employer", "random"]
        assert ours.comprehensiveness > random.comprehensiveness + 0.02
        assert ours.sufficiency < random.sufficiency
        assert ours.deletion < random.deletion
        assert ours.insertion > random.insertion
    assert found.completeness_error is not None
    assert found.completeness_error < 0.05


def test_the_margin_is_the_difference_of_the_table_and_is_held_by_its_lower_bound(
    found: Explanations,
) -> None:
    by = {(each.side, each.ranking): each.comprehensiveness for each in found.faithful}
    student, employer = found.margins
    assert (student.side, student.needed, employer.needed) == ("student", 0.04, 0.15)
    expected = by["employer", "leave_one_out"] - by["employer", "random"]
    assert employer.above_random.estimate == pytest.approx(expected, abs=1e-6)
    assert employer.above_random.low < expected < employer.above_random.high
    assert employer.held is (employer.above_random.low >= 0.15)
    assert student.held is None  # three fields, all of them shown


def judged_by(floors: dict[str, float]) -> RecommendationEvaluation:
    evaluate = {"bootstrap": 200, "comprehensiveness": floors}
    config = run_of(judged_run.CONFIG.recommendation.model_dump(mode="json"), evaluate=evaluate)
    judgement = judged_run.judgement(seeds=1, config=config)
    return evaluation_of(judged_run.NAME, config, judgement, "0" * 12)


def test_our_own_is_released_only_if_its_explanations_hold_by_the_floors_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    judged_run.write()
    strict, mild = (judged_by({"employer": floor}) for floor in (0.9, 0.02))
    assert strict.candidate == mild.candidate == "rcjr"
    assert mild.refuses == ()
    (said,) = strict.refuses
    assert strict.explanations is not None
    found = strict.explanations.margins[1].above_random
    assert said == (
        "explanations: the three fields named on the employer's side move the probability by "
        f"{found.estimate:.3f} more than three at random, at least {found.low:.3f}; 0.9 is needed"
    )


def test_seeds_agree_more_than_chance_and_random_weights_explain_otherwise(found: Explanations) -> None:
    for each in found.stability:
        assert each.overlap is not None
        assert each.overlap >= each.chance - 0.01
        assert each.randomised is not None
        assert abs(each.randomised) < 0.5


def test_a_card_shows_no_value_that_fewer_than_ten_share(judged: Judgement, found: Explanations) -> None:
    table = judged.data.students
    assert len(found.cards) == 3
    for card in found.cards:
        assert [told.field for told in card.student] != []
        assert not {told.field for told in card.student} & {"gender", "ethnicity", "id"}
        shown = {told.field: told.value for told in card.student if told.field == "college"}
        for field, value in shown.items():
            assert value == RARE or table.column(field).to_pylist().count(value) >= 10
        assert sum(card.intents.values()) == pytest.approx(1)
        assert list(card.student) == sorted(card.student, key=lambda told: -told.worth)


def test_values_are_counted_together_not_each_alone() -> None:
    students = np.arange(30)
    first = np.array(["a"] * 15 + ["b"] * 15)
    second = np.array(["x", "y"] * 15)  # 15 each, but only 7 or 8 with one of the others
    third = np.array(["one"] * 12 + ["other"] * 18)
    assert shareable(["a", "x", "one"], [first, second, third], students) == ["a", RARE, "one"]
    # the same student ten times is one student
    assert shareable(["a"], [first], np.zeros(30, dtype=np.int64)) == [RARE]


def test_what_was_planted_is_held_against_the_fields_that_a_model_sees(judged: Judgement) -> None:
    data = judged.data
    names = [side.fields for side in data.schema.inputs]
    draw = np.random.default_rng(0)
    columns = {
        f"{side}:{field}": draw.normal(size=len(data.students))
        for side, fields in zip(("students", "employers"), names, strict=True)
        for field in fields
    }
    table = pa.table({"student": data.students.column("id"), **columns})
    planted = Planted(table)
    ids = ["s0007", "s0002"]
    student, employer = planted.of(ids, names)
    assert student[0, 1].item() == pytest.approx(columns[f"students:{names[0][1]}"][7])
    assert employer[1, 2].item() == pytest.approx(columns[f"employers:{names[1][2]}"][2])
    explained = explanations(judged, planted)
    assert explained is not None
    assert [each.side for each in explained.recovered] == ["student", "employer"]
    assert all(abs(each.correlation) < 0.4 for each in explained.recovered)  # noise was planted


def test_a_run_that_is_not_simulated_has_nothing_planted(tmp_path: Path) -> None:
    assert Planted.read(tmp_path) is None
