from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.errors import RequestError
from modules.migration.cells import CellRules
from modules.migration.networks import NETWORKS
from modules.migration.newer_flows import LARGEST_COUNT, MOST_PERIODS
from modules.migration.predictor import MigrationPredictor
from modules.migration.request import ExplainRequest, ForecastRequest, Move

GOLDEN = Path(__file__).parents[2] / "golden"
ZERO = CellRules(absent="zero", zero=True, diagonal=True)
PREDICTORS = {name: MigrationPredictor.load(GOLDEN / name) for name in sorted(NETWORKS)}
GRU = PREDICTORS["residual_gru"]


def move(period: str = "2021-01", origin: str = "r00", destination: str = "r01", count: float = 1.0) -> Move:
    return Move(period, origin, destination, count)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(sorted(NETWORKS)),
    sent=st.integers(1, 15).flatmap(
        lambda periods: st.lists(
            st.lists(st.floats(0, 1e6, width=32), min_size=9, max_size=9), min_size=periods, max_size=periods
        )
    ),
    shuffle=st.randoms(),
)
def test_newer_flows_answer_as_a_model_whose_history_was_extended(name, sent, shuffle) -> None:  # type: ignore[no-untyped-def]
    known = PREDICTORS[name]
    newer = torch.tensor(sent).reshape(-1, 3, 3)
    by_hand = replace(known, history=torch.cat([known.history, newer])[-12:], as_of=known.as_of + len(newer))
    rows = [
        Move(
            known.calendar.label(known.as_of + 1 + t),
            known.regions[i],
            known.regions[j],
            float(newer[t, i, j]),
        )
        for t in range(len(newer))
        for i in range(3)
        for j in range(3)
    ]
    shuffle.shuffle(rows)
    assert known.predict(ForecastRequest(flows=tuple(rows))) == by_hand.predict(ForecastRequest())


@pytest.mark.parametrize(("absent", "left_out"), [("zero", 0.0), ("censored", None), ("missing", None)])
def test_a_cell_without_a_row_means_what_the_run_said(absent, left_out) -> None:  # type: ignore[no-untyped-def]
    known = replace(GRU, rules=replace(ZERO, absent=absent))
    moved = known.after([move(count=7), move("2021-02", count=8)])
    assert moved.history[-2:, 0, 1].tolist() == [7, 8]
    expected = float(known.history[-1, 2, 0]) if left_out is None else left_out
    assert moved.history[-2:, 2, 0].tolist() == [expected, expected]
    assert torch.equal(known.history, GRU.history)


def test_a_cell_too_small_to_be_listed_is_half_the_least_that_is() -> None:
    known = replace(GRU, rules=replace(ZERO, absent="censored", zero="censored"))
    rows = [
        move(origin="r02", destination="r00", count=9),
        move(origin="r00", count=4),
        move(destination="r02", count=0),
    ]
    newest = known.after(rows).history[-1]
    assert newest[2, 0] == 9
    assert newest[2, 1] == 4.5
    assert newest[0, 2] == 2


def test_the_answer_is_of_the_periods_after_those_sent() -> None:
    answer = GRU.predict(ForecastRequest("r00", "r01", flows=(move("2021-02"), move("2021-01"))))
    assert answer["as_of"] == "2021-02"
    assert [row["period"] for row in answer["forecasts"]] == ["2021-03", "2021-04"]


def test_an_answer_without_intervals_is_the_same_without_them() -> None:
    full, plain = (GRU.predict(ForecastRequest(intervals=choice))["forecasts"] for choice in (True, False))
    assert plain == [{key: row[key] for key in ("period", "origin", "destination", "count")} for row in full]


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_the_largest_counts_still_have_a_finite_answer(name: str) -> None:
    rows = tuple(
        move(period, origin, destination, LARGEST_COUNT)
        for period in ("2021-01", "2021-02")
        for origin in GRU.regions
        for destination in GRU.regions
    )
    forecast = PREDICTORS[name].after(rows).forecast
    for part in (forecast.count, forecast.lower, forecast.upper):
        assert torch.from_numpy(part).isfinite().all()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([move("2020-12")], r"flows\.0\.period: the model knows 2020-12 already; .* begin with 2021-01"),
        ([move("2021-02")], r"flows\.0\.period: 2021-02 without a row for 2021-01"),
        ([move(), move("2021-03")], r"flows\.1\.period: 2021-03 without a row for 2021-02"),
        ([move("2051-01")], rf"flows\.0\.period: .* too far ahead; a request takes {MOST_PERIODS} periods"),
        ([move("2021Q1")], r"flows\.0\.period: '2021Q1' is not a month \(write it like 2020-01\)"),
        ([move(origin="r0")], r"flows\.0\.origin: 'r0' is not a region .*allowed: r00, r01, r02"),
        ([move(destination="x")], r"flows\.0\.destination: 'x' is not a region"),
        ([move(), move(count=2)], r"flows\.1: 2021-01 r00 to r01 is given twice"),
        ([move(count=-1)], r"flows\.0\.count: -1 is not in 0\.\."),
        ([move(count=float("nan"))], r"flows\.0\.count: nan is not in"),
        ([move(count=float("inf"))], r"flows\.0\.count: inf is not in"),
        ([move(destination="r00")], r"flows\.0: moves inside a region \(r00\) are not part"),
    ],
)
def test_a_wrong_row_is_named(rows: list[Move], message: str) -> None:
    known = replace(GRU, rules=replace(ZERO, diagonal=False))
    with pytest.raises(RequestError, match=message):
        known.predict(ForecastRequest(flows=tuple(rows)))


def test_moves_inside_a_region_are_answered_only_where_they_were_taught() -> None:
    between = replace(GRU, rules=replace(ZERO, diagonal=False))
    whole, others = (each.predict(ForecastRequest(horizon=1))["forecasts"] for each in (GRU, between))
    assert others == [row for row in whole if row["origin"] != row["destination"]]
    assert between.predict(ForecastRequest("r00", "r01", 1)) == GRU.predict(ForecastRequest("r00", "r01", 1))
    for ask in (
        lambda: between.predict(ForecastRequest("r00", "r00")),
        lambda: between.explain(ExplainRequest("r00", "r00")),
    ):
        with pytest.raises(RequestError, match="not part of this model") as caught:
            ask()
        assert caught.value.field == "destination"
