import json
from copy import copy
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from pipelines.paths import RunPaths
from pipelines.recommendation.fitting.data import RunData
from pipelines.recommendation.judging.judgement import Judgement
from pipelines.recommendation.judging.judging import evaluation_of, golden, recommender_of
from pipelines.recommendation.reporting.report import report
from tests.pipelines.evaluations import validation
from tests.pipelines.migration.reporting.test_report import words
from tests.pipelines.recommendation.small_run import RUN, config, contenders, imported

SETTINGS = config()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("judged")


@pytest.fixture(autouse=True)
def _there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


@pytest.fixture(scope="module")
def data(folder: Path) -> RunData:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return imported(SETTINGS)


@pytest.fixture(scope="module")
def judgement(data: RunData) -> Judgement:
    return Judgement(data, contenders(data), SETTINGS.evaluate, SETTINGS.seed)


def test_nothing_of_a_judged_student_reaches_a_fit(data: RunData) -> None:
    part = np.array(data.students.column("part").to_pylist())
    for fold, fitted, judged in (
        (data.backtest, {"train"}, "validation"),
        (data.final, {"train", "validation"}, "test"),
    ):
        found = fold.data
        assert set(part[found.hires.student.numpy()]) == fitted
        assert set(part[found.judging.student.numpy()]) == {judged}
        assert set(part[(found.intent >= 0).numpy()]) <= fitted
        assert int(found.popularity.sum()) == len(found.hires)
        known = {
            record["major"]
            for record, its in zip(data.students.to_pylist(), part, strict=True)
            if its in fitted and record["major"] is not None
        }
        at = fold.encoders[0].side.categorical.index("major")
        assert set(fold.encoders[0].vocabularies[at]) == known


def test_protected_fields_are_no_inputs(data: RunData) -> None:
    assert not set(data.final.encoders[0].side.fields) & set(data.schema.students.protected)
    assert data.final.data.students.codes.shape[1] == 5


def test_the_split_is_frozen_in_order(data: RunData) -> None:
    frozen = json.loads((RunPaths(RUN).split / "split.json").read_text())
    assert frozen["labels"] == ["2014", "2015", "2016", "2017", "2018"]
    assert frozen["parts"]["test"]["from"] == "2018"
    assert sum(part["placements"] for part in frozen["parts"].values()) == len(data.final.data.hires) + len(
        data.final.data.judging
    )


def test_popularity_is_scored_as_scikit_learn_scores_it(data: RunData, judgement: Judgement) -> None:
    row = next(row for row in judgement.leaderboard() if row.model == "popularity")
    fold = data.final.data
    aucs = [
        roc_auc_score(np.arange(len(fold.employers)) == int(employer), fold.popularity)
        for employer in fold.judging.employer
    ]
    assert row.test["auc"].mean == pytest.approx(np.mean(aucs))
    assert row.test["auc_popularity"].mean < 0.55 < row.test["auc"].mean
    assert row.test["employer_auc"].mean == 0.5
    assert row.intervals["auc"].low < row.test["auc"].mean < row.intervals["auc"].high


def test_the_order_is_that_of_the_validation_students(judgement: Judgement) -> None:
    rows = judgement.leaderboard()
    means = [row.backtest_auc.mean for row in rows]
    assert means == sorted(means, reverse=True)
    own = next(row for row in rows if row.role == "own")
    assert own.seeds == 2
    assert own.test["auc"].sd > 0
    assert own.rela_impr is None
    gain = judgement.gain("rcjr", "popularity")
    assert own.improvement == gain
    assert gain.estimate == pytest.approx(
        own.test["auc"].mean - next(row.test["auc"].mean for row in rows if row.model == "popularity")
    )


def test_intents_are_judged_on_test_students(data: RunData, judgement: Judgement) -> None:
    intent = judgement.intent()
    assert intent is not None
    true = [sum(row) for row in intent.confusion]
    part = np.array(data.students.column("part").to_pylist())
    said = np.array(data.students.column("intent").to_pylist())[part == "test"]
    assert true == [int((said == label).sum()) for label in intent.classes]


def test_the_same_candidate_has_the_same_golden_requests(judgement: Judgement) -> None:
    recommender = recommender_of(judgement)
    pairs = golden(recommender)
    assert {pair["path"] for pair in pairs} == {"/recommend", "/explain"}
    assert golden(recommender_of(judgement)) == pairs
    assert all(len(pair["response"]["employers"]) == 5 for pair in pairs if pair["path"] == "/recommend")


def test_where_a_baseline_ships_the_explanations_of_our_own_refuse_it_nothing(judgement: Judgement) -> None:
    shipping = copy(judgement)
    shipping.ranked = sorted(judgement.ranked, key=lambda contender: contender.role != "baseline")
    evaluation = evaluation_of(RUN, SETTINGS, shipping, "0" * 12)
    assert evaluation.candidate == "popularity"
    assert recommender_of(shipping).teller is next(iter(shipping.learner.final.values()))  # type: ignore[union-attr]
    assert recommender_of(judgement).teller is None
    assert evaluation.explanations is not None
    assert evaluation.explanations.model == "rcjr"
    assert evaluation.explanations.refuses  # after two epochs
    assert evaluation.refuses == ()


def test_the_page_says_who_won_and_what_was_left_out(judgement: Judgement) -> None:
    evaluation = evaluation_of(RUN, SETTINGS, judgement, "0" * 12)
    imported_record = json.loads((RunPaths(RUN).extracted / "import.json").read_text())
    text = words(report(evaluation, validation(), imported_record, SETTINGS))
    assert "gender, political status, ethnicity, hukou" in text
    assert f"{evaluation.students['test']} test students" in text
    assert "Simulated placements." in text
    marked = "RCJR" if evaluation.candidate == "rcjr" else "A baseline wins"
    assert marked in text
