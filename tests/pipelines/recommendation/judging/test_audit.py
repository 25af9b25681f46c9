from collections.abc import Callable

import numpy as np
import pytest

from pipelines.recommendation.judging.audit import audit
from pipelines.recommendation.judging.evaluation import Audit
from pipelines.recommendation.judging.judgement import Judgement
from pipelines.recommendation.judging.proxy import told
from tests.pipelines.recommendation import judged_run

Judged = Callable[[bool], tuple[Judgement, Audit]]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    found: dict[bool, tuple[Judgement, Audit]] = {}

    def of(favoured: bool) -> tuple[Judgement, Audit]:
        if favoured not in found:
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(tmp_path_factory.mktemp("run"))
                judged_run.write(favoured)
                judgement = judged_run.judgement(seeds=1)
                audited = audit(judgement)
                assert audited is not None
                found[favoured] = judgement, audited
        return found[favoured]

    return of


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.recommendation.judging.audit.COMPARED_FROM", 50)


def test_a_groups_figures_are_those_of_its_students(judged: Judged) -> None:
    judgement, found = judged(False)
    gender = found.fields[0]
    assert [(group.value, group.students) for group in gender.groups] == [("female", 78), ("male", 114)]
    table = judgement.data.students
    rows = judgement.test.rows.tolist()
    women = np.array([table.column("gender")[row].as_py() == "female" for row in rows])
    values = judgement.by_student(judgement.candidate.name)
    for name in ("auc", "hr"):
        bounds = getattr(gender.groups[0], name)
        assert bounds.estimate == pytest.approx(values[name][women].mean())
        assert bounds.low <= bounds.estimate <= bounds.high
    exposure = gender.groups[0].exposure
    assert exposure is not None
    assert 0 < exposure.estimate < 0.5  # 2 of 16 employers are the largest tenth; ten places each
    assert gender.groups[0].calibration is not None


def test_small_groups_are_hidden_and_counted(judged: Judged) -> None:
    _, found = judged(False)
    ethnicity = found.fields[1]
    assert [group.value for group in ethnicity.groups] == ["Han"]
    assert (ethnicity.hidden, ethnicity.hidden_students) == (1, 4)
    assert ethnicity.gap is None


def test_equal_groups_refuse_nothing_and_a_favoured_one_refuses_the_release(judged: Judged) -> None:
    assert judged(False)[1].refuses == ()
    _, found = judged(True)
    gap = found.fields[0].gap
    assert gap is not None
    assert (gap.better, gap.worse) == ("male", "female")
    (said,) = found.refuses
    assert said.startswith("gender: the AUC of 'male' is above that of 'female' by 0.")
    assert "0.05 is tolerated" in said


def test_the_more_groups_are_compared_the_wider_the_interval(judged: Judged) -> None:
    judgement, found = judged(True)
    assert found.groups == 3  # two of gender, one of ethnicity
    gap = found.fields[0].gap
    assert gap is not None
    values = judgement.by_student(judgement.candidate.name)["auc"]
    table, rows = judgement.data.students, judgement.test.rows.tolist()
    men = np.array([table.column("gender")[row].as_py() == "male" for row in rows])
    counts = judgement.counts
    drawn = counts[:, men] @ values[men] / counts[:, men].sum(1)
    drawn -= counts[:, ~men] @ values[~men] / counts[:, ~men].sum(1)
    expected = np.quantile(drawn, [0.025 / 3, 1 - 0.025 / 3])
    assert (gap.auc.low, gap.auc.high) == pytest.approx(tuple(expected))


def test_a_probe_tells_what_stands_in_its_inputs_and_nothing_else(judged: Judged) -> None:
    draw = np.random.default_rng(0)
    labels = np.array(["a", "b"] * 150)
    inputs = draw.normal(size=(300, 4))
    assert told(inputs, labels) == pytest.approx(0.5, abs=0.1)
    inputs[:, 2] += 3 * (labels == "a")
    assert told(inputs, labels) > 0.95
    proxy = judged(False)[1].fields[0].proxy
    assert proxy is not None
    assert proxy.embedding == pytest.approx(0.5, abs=0.12)  # gender has no part in these tables
    assert proxy.inputs == pytest.approx(0.5, abs=0.12)
