import math
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.evaluation import Bounds
from pipelines.release.decision import decide
from pipelines.release.records import Comparison, Gate
from pipelines.release.same_model import SameModel

PASSED = [
    Gate(name=name, passed=True, detail="")
    for name in ("clean", "leak", "validation", "audit", "served", "slices")
    for name in ("clean", "leak", "validation", "audit", "served", "slices")
]


def failing(*names: str) -> list[Gate]:
    return [Gate(name=gate.name, passed=gate.name not in names, detail=gate.name) for gate in PASSED]


def compared(low: float, high: float) -> Comparison:
    return Comparison(
        metric="mae",
        candidate=1.0,
        champion=1.0 + (low + high) / 2,
        improvement=Bounds(estimate=(low + high) / 2, low=low, high=high),
        cells=10,
        blocks=4,
        span=("2024-01", "2024-12"),
        slices={},
    )


@pytest.mark.parametrize(
    ("gates", "champion", "comparison", "facts", "outcome", "reason"),
    [
        (PASSED, None, None, {}, "champion", "none"),
        (PASSED, None, None, {"baseline": True}, "champion", "baseline"),
        (PASSED, 1, compared(0.1, 0.2), {}, "champion", "better"),
        (PASSED, 1, compared(0.0, 0.2), {}, "refused", "equal"),
        (PASSED, 1, compared(-0.1, 0.2), {}, "refused", "equal"),
        (PASSED, 1, compared(-0.2, 0.0), {}, "refused", "equal"),
        (PASSED, 1, compared(-0.2, -0.1), {}, "refused", "worse"),
        (PASSED, 1, compared(0.0, 0.0), {"same": "repackaged"}, "champion", "repackaged"),
        (PASSED, 1, compared(0.0, 0.0), {"same": "refreshed"}, "champion", "refreshed"),
        (PASSED, 1, compared(math.nan, math.nan), {}, "refused", "equal"),
        (PASSED, 1, None, {}, "pending", "incomparable"),
        (failing("leak"), 1, compared(0.1, 0.2), {}, "refused", "leaky"),
        (failing("clean"), None, None, {}, "refused", "dirty"),
        (failing("served"), 1, compared(0.0, 0.0), {"same": "repackaged"}, "refused", "served"),
        (failing("validation"), 1, compared(0.0, 0.0), {"same": "refreshed"}, "refused", "validation"),
        (failing("slices", "validation"), None, None, {}, "refused", "validation"),
        (failing("slices"), None, None, {}, "refused", "slices"),
        (failing("slices"), None, compared(0.1, 0.2), {}, "refused", "slices"),
        (failing("slices"), 1, compared(0.1, 0.2), {}, "refused", "slices"),
        (failing("slices"), 1, compared(-0.2, -0.1), {}, "refused", "worse"),
    ],
)
def test_each_row_of_the_rule(
    gates: list[Gate],
    champion: int | None,
    comparison: Comparison | None,
    facts: dict[str, Any],
    outcome: str,
    reason: str,
) -> None:
    found = decide(gates, champion, comparison, **facts)
    assert (found.outcome, found.reason) == (outcome, reason)


bounds = st.floats(-1e6, 1e6, allow_nan=False)


@given(
    failed=st.sets(st.sampled_from([gate.name for gate in PASSED])),
    champion=st.none() | st.integers(1, 99),
    ends=st.tuples(bounds, bounds).map(sorted),
    comparable=st.booleans(),
    baseline=st.booleans(),
    same=st.sampled_from([None, *get_args(SameModel)]),
)
def test_nobody_is_promoted_without_evidence(
    failed: set[str],
    champion: int | None,
    ends: list[float],
    comparable: bool,
    baseline: bool,
    same: SameModel | None,
) -> None:
    comparison = compared(*ends) if comparable else None
    found = decide(failing(*failed), champion, comparison, baseline=baseline, same=same)
    promoted = found.outcome == "champion"
    evidence = champion is None or same is not None or (comparable and ends[0] > 0)
    assert promoted == (not failed and evidence)
