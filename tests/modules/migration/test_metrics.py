import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from modules.migration.metrics import common_part_of_commuters, inflow, score

COUNTS = arrays(np.float64, (2, 1, 3, 3), elements=st.floats(0, 1e6))
EVERY = np.ones((2, 1, 3, 3), dtype=bool)


def test_the_metrics_of_a_worked_example() -> None:
    actual = np.array([[[[0.0, 10.0], [20.0, 0.0]]]])
    made = np.array([[[[0.0, 12.0], [14.0, 0.0]]]])
    last = np.array([[[[0.0, 14.0], [10.0, 0.0]]]])
    scored = ~np.eye(2, dtype=bool)[None, None]
    found = score(made, actual, scored, last)
    assert found["mae"] == pytest.approx(4)
    assert found["rmse"] == pytest.approx(np.sqrt((4 + 36) / 2))
    assert found["wape"] == pytest.approx(8 / 30)
    assert found["cpc"] == pytest.approx(2 * (10 + 14) / (26 + 30))
    assert found["skill_level"] == pytest.approx(1 - 4 / 7)
    explained = (np.log(13 / 11) ** 2 + np.log(15 / 21) ** 2) / (np.log(15 / 11) ** 2 + np.log(11 / 21) ** 2)
    assert found["skill_change"] == pytest.approx(1 - explained)
    assert found["spearman"] == pytest.approx(1)


def test_the_last_value_has_no_skill() -> None:
    generator = np.random.default_rng(0)
    actual, last = generator.uniform(1, 9, (2, 4, 2, 5, 5))
    found = score(last, actual, np.ones(last.shape, dtype=bool), last)
    assert found["skill_level"] == pytest.approx(0)
    assert found["skill_change"] == pytest.approx(0)


def test_unscored_cells_do_not_count() -> None:
    actual, made = np.zeros((2, 1, 3, 3)), np.zeros((2, 1, 3, 3))
    actual[..., 0, 1], made[..., 0, 1] = 5, 7
    made[..., 2, 2] = 1e9
    scored = EVERY.copy()
    scored[..., 2, 2] = False
    assert score(made, actual, scored, actual)["mae"] == pytest.approx(2 / 8)


@given(actual=COUNTS, made=COUNTS)
def test_cpc_is_symmetric_and_between_nothing_and_all(actual: np.ndarray, made: np.ndarray) -> None:
    value = common_part_of_commuters(made, actual)
    assert 0 <= value <= 1
    assert value == pytest.approx(common_part_of_commuters(actual, made))
    assert common_part_of_commuters(actual, actual) == pytest.approx(1)


def test_inflow_is_what_comes_from_elsewhere() -> None:
    flows = np.arange(9, dtype=float).reshape(3, 3)
    assert inflow(flows, np.ones((3, 3), dtype=bool)).tolist() == [3 + 6, 1 + 7, 2 + 5]
