"""A realistic record of an evaluation, for tests to read, bend and render."""

import json
import math
import random
from typing import Any

from modules.period import Calendar
from pipelines.evaluation import Bounds, Spread
from pipelines.migration.judging.evaluation import FlowEvaluation
from pipelines.validation import Check, CheckedTable, Validation

NAMES = {
    "310000": "Shanghai 上海", "110000": "Beijing 北京", "440300": "Shenzhen 深圳",
    "440100": "Guangzhou 广州", "330100": "Hangzhou 杭州", "510100": "Chengdu 成都", "420100": "Wuhan 武汉",
    "320100": "Nanjing 南京",
    "610100": "Xi'an 西安", "500000": "Chongqing 重庆", "320500": "Suzhou 苏州", "210200": "Dalian 大连",
}  # fmt: skip
CODES = list(NAMES)
MODELS = [
    ("gru", True, 41.2), ("calendar_ridge_ar", False, 43.9), ("ridge_ar", False, 47.1),
    ("seasonal_naive", False, 52.6), ("last_value", False, 58.8), ("gravity", False, 171.4),
]  # fmt: skip
MONTHS = Calendar("month")
FIRST = MONTHS.ordinal("2019-01")
HISTORY, TEST, HORIZON = 72, 12, 3


def evaluation(**changes: Any) -> FlowEvaluation:
    """The record; `changes` replace its fields."""
    draw = random.Random(7)  # noqa: S311
    record: dict[str, Any] = {
        "run": "cities",
        "unit": "month",
        "horizon": HORIZON,
        "length": 12,
        "regions": NAMES,
        "geography": True,
        "spans": {
            "train": ("2019-01", "2023-03"),
            "validation": ("2023-04", "2023-12"),
            "test": ("2024-01", "2024-12"),
        },
        "observed_periods": HISTORY,
        "candidate": "gru",
        "best_baseline": "calendar_ridge_ar",
        "sha12": "3f9a1c77e02b",
        "nominal_coverage": 0.9,
        "leaderboard": [_row(*model) for model in MODELS],
        "slices": [
            {"name": name, "cells": cells, "error": {model: mae * scale for model, _, mae in MODELS}}
            for name, cells, scale in [
                ("large corridors", 1440, 3.1), ("small corridors", 3168, 0.21),
                ("near (under 500 km)", 936, 1.74), ("far (over 500 km)", 3672, 0.8),
            ]
        ],
        "coverage": [
            {
                "horizon": step, "corridors": size, "cells": 1536 - 144 * step, "coverage": coverage,
                "width": width * (1 + 0.2 * step), "held": abs(coverage - 0.9) <= 0.05,
            }
            for step in range(1, HORIZON + 1)
            for size, width, coverage in [
                ("small", 31.0, 0.912 - 0.004 * step),
                ("medium", 118.0, 0.893),
                ("large", 402.0, 0.896 - 0.021 * step),
            ]
        ],
        "corridors": [_series(draw, o, d, 4200.0 / (k + 1) ** 0.6) for k, (o, d) in enumerate(_pairs())],
        "inflow": [
            {"region": code, "actual": moves, "forecast": moves * draw.uniform(0.8, 1.25)}
            for code, moves in zip(CODES, [412_345 / k**0.7 for k in range(1, len(CODES) + 1)], strict=True)
        ],
        "extraction": None,
        "variables": [
            {"name": name, "spearman": {"mean": 0.96, "sd": 0.01}, "planted": None}
            for name in ("pull", "push", "stay", "reach")
        ],
    }  # fmt: skip
    return FlowEvaluation.model_validate_json(json.dumps(record | changes), strict=False)


def with_gain(estimate: float, low: float, high: float) -> FlowEvaluation:
    """The record, the candidate's gain over the best baseline replaced."""
    record = evaluation()
    first, *others = record.leaderboard
    gain = Bounds(estimate=estimate, low=low, high=high)
    first = first.model_copy(update={"improvement": gain})
    return record.model_copy(update={"leaderboard": (first, *others)})


def baseline_first() -> FlowEvaluation:
    """The record of a run whose back-test a baseline wins."""
    rows = {row.model: row for row in evaluation().leaderboard}
    gru = rows["gru"].model_copy(
        update={
            "backtest_mae": Spread(mean=42.9, sd=0.6),
            "test_mae": Bounds(estimate=44.8, low=41.5, high=48.3),
            "improvement": Bounds(estimate=-0.9, low=-2.1, high=0.3),
        }
    )
    order = (rows["calendar_ridge_ar"], gru, *(rows[m] for m, _, _ in MODELS[2:]))
    return evaluation(candidate="calendar_ridge_ar").model_copy(update={"leaderboard": order})


def validation(*, warning: bool = True) -> Validation:
    """Checks that pass, with one warning or none."""
    passed = Check(
        type="expect_column_values_to_not_be_null", column="count", severity="critical", success=True,
        says="Every row has a count.", mend="fill the value", unexpected=0, samples=(),
    )  # fmt: skip
    jump = Check(
        type="expect_column_values_to_be_between", column="jump", severity="warning", success=not warning,
        says="No period's total is over 4 times its neighbour's, or under one over it.",
        mend="look whether the source was counted differently from then on", unexpected=1,
        samples=("jump 5.31 (period 2020-02)",),
    )  # fmt: skip
    flows = CheckedTable(name="flows", title="Flows", rows=41_472, checks=(passed,))
    periods = CheckedTable(name="periods", title="Totals of the periods", rows=72, checks=(passed, jump))
    return Validation(run="cities", tables=(flows, periods))


IMPORT = {
    "rows": {"read": 41_900, "kept": 41_472, "dropped": {"not_kept_region": 300, "outside_period": 128}},
    "total": 71_992_113.0,
}  # fmt: skip


def _row(model: str, learned: bool, mae: float) -> dict[str, Any]:
    def spread(mean: float, sd: float) -> dict[str, float]:
        return {"mean": mean, "sd": sd if learned else 0.0}

    return {
        "model": model,
        "role": "own" if learned else "baseline",
        "seeds": 3 if learned else 1,
        "parameters": {"hidden": 32, "learning_rate": 0.003} if learned else {"alpha": 1.0},
        "backtest_mae": spread(mae * 0.96, 0.42),
        "test": {
            "mae": spread(mae, 0.51), "rmse": spread(mae * 2.7, 1.2), "wape": spread(mae / 380, 0.001),
            "cpc": spread(1 - mae / 760, 0.001), "skill_level": spread(1 - mae / 58.8, 0.008),
            "skill_change": spread(0.9 - mae / 62, 0.012), "spearman": spread(1 - mae / 2000, 0.001),
            "ndcg": spread(1 - mae / 4000, 0.0004),
        },
        "test_mae": {"estimate": mae, "low": mae * 0.93, "high": mae * 1.08},
        "improvement": None if model == "calendar_ridge_ar"
        else {"estimate": 43.9 - mae, "low": (43.9 - mae) - 1.3, "high": (43.9 - mae) + 1.2},
        "by_horizon": [mae * (0.82 + 0.18 * step) if model != "gravity" else mae for step in range(HORIZON)],
    }  # fmt: skip


def _pairs() -> list[tuple[str, str]]:
    return [(o, d) for o in CODES[:3] for d in CODES[:4] if o != d]


def _series(draw: random.Random, origin: str, destination: str, size: float) -> dict[str, Any]:
    level = [
        size * (1 + 0.004 * t + 0.22 * math.sin(2 * math.pi * (t + 2) / 12) + draw.gauss(0, 0.05))
        for t in range(HISTORY + HORIZON)
    ]
    start = HISTORY - TEST
    forecast = [value * (1 + draw.gauss(0, 0.045)) for value in level[start:]]
    half = [size * 0.1 * (1 + 0.25 * max(0, k - TEST + 1)) for k in range(TEST + HORIZON)]
    actual: list[float | None] = list(level[:HISTORY])
    actual[13] = None
    return {
        "origin": origin,
        "destination": destination,
        "periods": [MONTHS.label(FIRST + t) for t in range(HISTORY)],
        "actual": actual,
        "forecast_periods": [MONTHS.label(FIRST + t) for t in range(start, HISTORY + HORIZON)],
        "forecast": forecast,
        "lower": [max(0.0, f - h) for f, h in zip(forecast, half, strict=True)],
        "upper": [f + h for f, h in zip(forecast, half, strict=True)],
        "baseline": [value * (1 + draw.gauss(0.02, 0.07)) for value in level[start:]],
    }
