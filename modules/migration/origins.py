"""Where forecasts start: the chronological split and the forecast origins of each part."""

from dataclasses import dataclass

import numpy as np

from modules.migration.arrays import BoolArray


@dataclass(frozen=True)
class Split:
    """Chronological split of the time axis: targets before `validation` train, before `test` validate.

    Both are steps on the time axis of `Flows`; the test ends with the data.
    """

    validation: int
    test: int


def chronological_split(observed: BoolArray, validation: int, test: int) -> Split:
    """Cut off the last `test` observed periods, and `validation` before them.

    Raises:
        ValueError: if there are not that many observed periods.
    """
    steps = np.flatnonzero(observed)
    if len(steps) <= validation + test:
        msg = f"{len(steps)} observed periods cannot give {validation} for validation and {test} for test"
        raise ValueError(msg)
    return Split(validation=int(steps[-validation - test]), test=int(steps[-test]))


def forecast_origins(
    observed: BoolArray, length: int, horizon: int, start: int, stop: int, *, rolling: bool = False
) -> list[int]:
    """Every step t whose history t-length+1..t is unbroken and that has a target to judge.

    A target is one of t+1..t+horizon that is observed and in [start, stop). With `rolling`, only origins
    from start-1 on, so that horizon k is judged on the same periods as horizon 1, less the first k-1: the
    rolling-origin scheme of Hyndman & Athanasopoulos, Forecasting: Principles and Practice, 5.10.
    """
    first = max(length - 1, start - 1 if rolling else 0)
    return [
        t
        for t in range(first, stop - 1)
        if observed[t - length + 1 : t + 1].all()
        and observed[max(t + 1, start) : min(t + 1 + horizon, stop)].any()
    ]
