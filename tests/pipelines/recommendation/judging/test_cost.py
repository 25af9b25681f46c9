from pathlib import Path

import numpy as np
import pytest

from modules.recommendation.networks import save_network
from pipelines.evaluation import Bounds
from pipelines.paths import RunPaths
from pipelines.recommendation.fitting.data import WITH_PROTECTED, with_protected
from pipelines.recommendation.fitting.fitting import FITTING
from pipelines.recommendation.judging.cost import cost_of_run
from pipelines.recommendation.judging.judgement import Judgement
from tests.pipelines.recommendation import judged_run
from tests.pipelines.recommendation.entries import entry, run_of
from tests.pipelines.recommendation.judged_run import CONFIG, NAME


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def measured(*, apart: bool) -> tuple[Judgement, Bounds]:
    judged_run.write(apart=apart)
    judgement = judged_run.judgement(seeds=1)
    shown = with_protected(NAME, CONFIG)
    assert shown is not None
    folder = RunPaths(NAME).model / "rcjr" / "seed-0" / WITH_PROTECTED
    folder.mkdir(parents=True)
    save_network(judged_run.fitted(shown.data, 0, 60), folder)
    cost = cost_of_run(NAME, CONFIG, judgement)
    assert cost is not None
    return judgement, cost


def test_where_a_protected_field_decides_leaving_it_out_costs_what_the_other_fit_has_more() -> None:
    judgement, cost = measured(apart=True)
    assert cost.low > 0.02
    gender = np.array(judgement.data.students.column("gender").to_pylist())[judgement.test.rows.numpy()]
    assert set(gender) == {"male", "female"}
    with_it = judgement.by_student("rcjr")["auc"].mean() + cost.estimate
    assert with_it > 0.9


def test_where_a_protected_field_has_no_part_leaving_it_out_costs_nothing() -> None:
    _, cost = measured(apart=False)
    assert cost.low < 0.02
    assert abs(cost.estimate) < 0.03


def test_only_our_own_model_is_fitted_again_and_only_where_fields_are_left_out() -> None:
    judged_run.write()
    folds = FITTING.open(NAME, CONFIG)
    more = {spec.name: FITTING.beside(folds, spec) for spec in FITTING.models(folds.final, "all")}
    assert {name for name, each in more.items() if each} == {"rcjr"}
    ((fold, data),) = more["rcjr"].items()
    assert fold == WITH_PROTECTED
    assert data.schema.use_protected
    assert data.students.codes.shape[1] == folds.final.students.codes.shape[1] + 2  # gender and ethnicity
    assert data.judging.student.tolist() == folds.final.judging.student.tolist()
    for section in (entry(students__protected=[]), entry(use_protected=True)):
        assert with_protected(NAME, run_of(section)) is None
