import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.migration.origins import chronological_split
from modules.migration.windows import WindowDataset
from tests.modules.migration.planted import flows_of


def ramp(steps: int, gap: range = range(0)) -> np.ndarray:
    values = np.repeat(np.arange(steps, dtype=float), 4).reshape(steps, 2, 2)
    values[list(gap)] = np.nan
    return values


def test_a_window_shows_the_past_and_asks_for_what_follows() -> None:
    window = WindowDataset(flows_of(ramp(10)), length=3, horizon=2, start=0, stop=10)[0]
    assert window.history[:, 0, 0].tolist() == [0, 1, 2]
    assert window.target[:, 0, 0].tolist() == [3, 4]
    assert window.season.tolist() == [3, 4]


def test_no_history_crosses_a_gap_and_no_target_lies_in_one() -> None:
    data = WindowDataset(flows_of(ramp(20, gap=range(8, 12))), length=3, horizon=2, start=0, stop=20)
    assert set(data.origins) == {*range(2, 7), *range(14, 19)}
    last_before = data[data.origins.index(6)]
    assert last_before.scored[0].all()
    assert not last_before.scored[1].any()


def test_rolling_origins_judge_horizon_one_on_every_period_of_the_span() -> None:
    data = WindowDataset(flows_of(ramp(20)), length=3, horizon=4, start=12, stop=20, rolling=True)
    judged = [
        {t + k for t, w in zip(data.origins, data, strict=True) if w.scored[k - 1].any()}
        for k in (1, 2, 3, 4)
    ]
    assert judged == [set(range(12, 20)), set(range(13, 20)), set(range(14, 20)), set(range(15, 20))]


@given(steps=st.integers(8, 30), length=st.integers(1, 4), horizon=st.integers(1, 4), data=st.data())
def test_a_scored_target_is_inside_its_span_and_never_in_its_own_history(
    steps: int, length: int, horizon: int, data: st.DataObject
) -> None:
    start = data.draw(st.integers(1, steps - 2))
    stop = data.draw(st.integers(start + 1, steps))
    windows = WindowDataset(flows_of(ramp(steps)), length, horizon, start, stop)
    for window in windows:
        targets = window.target[window.scored]
        assert ((targets >= start) & (targets < stop)).all()
        assert window.history.max() < targets.min()


def test_the_split_counts_observed_periods_only() -> None:
    flows = flows_of(ramp(20, gap=range(10, 15)))
    split = chronological_split(flows.observed, validation=3, test=6)
    assert flows.observed[split.test :].sum() == 6
    assert flows.observed[split.validation : split.test].sum() == 3
    assert split.test == 9


def test_a_split_needs_periods_to_train_on() -> None:
    with pytest.raises(ValueError, match="8 observed periods"):
        chronological_split(flows_of(ramp(8)).observed, validation=4, test=4)
