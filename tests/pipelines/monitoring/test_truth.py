"""A forecast is broken where its coverage is surely below what was promised, and only there."""

import pytest

from pipelines.evaluation import Bounds
from pipelines.monitoring.truth import Truth
from pipelines.release.records import Realised

COME = Realised(
    as_of="2024-12", periods=("2025-01",), cells=400, mae=31.5, wape=0.2, coverage=0.8, nominal=0.9
)


@pytest.mark.parametrize(
    ("low", "high", "held"), [(0.7, 0.84, False), (0.7, 0.86, True), (0.86, 0.95, True), (0.95, 1.0, True)]
)
def test_five_points_are_forgiven_and_chance_too(low: float, high: float, held: bool) -> None:
    truth = Truth(
        realised=COME,
        coverage=Bounds(estimate=(low + high) / 2, low=low, high=high),
        tested=29.0,
        tolerance=0.05,
    )
    assert truth.held is held
    outcome = "holds" if held else "does not hold"
    assert truth.said.startswith(f"the forecast from 2024-12 {outcome} for 2025-01: ")
    assert "MAE 31.5 (29 on the test)" in truth.said
