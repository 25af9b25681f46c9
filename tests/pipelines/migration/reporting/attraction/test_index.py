import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipelines.migration.reporting.attraction.index import attraction, scaled
from pipelines.migration.reporting.attraction.shares import shares

counts = st.integers(2, 6).flatmap(
    lambda n: arrays(np.float64, (n, n), elements=st.integers(0, 10_000).map(float))
)


def test_shares_and_index_by_hand() -> None:
    #        to A   B   C     from
    moves = [[9.0, 10, 0],  # A
             [30.0, 9, 20],  # B
             [20.0, 20, np.nan]]  # C  # fmt: skip
    share = shares(np.array(moves))
    assert share.total == 100
    assert share.inflow.tolist() == [50, 30, 20]
    assert share.outflow.tolist() == [10, 50, 40]
    assert share.of_inflow.tolist() == [0.5, 0.3, 0.2]
    assert share.of_net == pytest.approx([0.4, -0.2, -0.2])
    # 0.75 x 0.5 + 0.25 x 0.4 = 0.475; 0.225 - 0.05 = 0.175; 0.15 - 0.05 = 0.1
    assert attraction(share) == pytest.approx([0.475, 0.175, 0.1])
    assert scaled(attraction(share)) == pytest.approx([100, 100 * 0.175 / 0.475, 100 * 0.1 / 0.475])


@given(counts)
def test_shares_add_up(moves: np.ndarray) -> None:
    share = shares(moves)
    whole = 1.0 if share.total > 0 else 0.0
    assert share.of_inflow.sum() == pytest.approx(whole)
    assert share.of_outflow.sum() == pytest.approx(whole)
    assert share.of_net.sum() == pytest.approx(0, abs=1e-9)


@given(counts)
def test_the_top_city_has_100_and_none_is_negative(moves: np.ndarray) -> None:
    index = scaled(attraction(shares(moves)))
    assert index.min() >= 0
    assert index.max() == pytest.approx(100 if shares(moves).total > 0 else 0)


@given(counts, st.floats(0.1, 1000))
def test_the_unit_of_the_counts_does_not_matter(moves: np.ndarray, factor: float) -> None:
    assert scaled(attraction(shares(moves * factor))) == pytest.approx(scaled(attraction(shares(moves))))
