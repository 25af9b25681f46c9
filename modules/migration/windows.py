"""Windows: what a forecaster sees (the last periods) and what it must say (the next ones)."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from modules.migration.flows import Flows


@dataclass(frozen=True)
class Split:
    """Chronological split of the time axis: targets before `validation` train, before `test` validate.

    Both are steps on the time axis of `Flows`; the test ends with the data.
    """

    validation: int
    test: int


def chronological_split(flows: Flows, validation: int, test: int) -> Split:
    """Cut off the last `test` observed periods, and `validation` before them.

    Raises:
        ValueError: if there are not that many observed periods.
    """
    steps = np.flatnonzero(flows.observed)
    if len(steps) <= validation + test:
        msg = f"{len(steps)} observed periods cannot give {validation} for validation and {test} for test"
        raise ValueError(msg)
    return Split(validation=int(steps[-validation - test]), test=int(steps[-test]))


class Window(NamedTuple):
    """One forecast origin. L periods seen, h asked for, N regions.

    Shapes:
        history: L x N x N, moves, nothing unknown in it.
        season: h, position of each target in the calendar cycle.
        target: h x N x N, moves, 0 where not scored.
        scored: h x N x N, whether a target counts.
    """

    history: Tensor
    season: Tensor
    target: Tensor
    scored: Tensor


class WindowDataset(Dataset[Window]):
    """Every forecast origin t whose targets t+1..t+h touch the steps [start, stop).

    A history never crosses a gap; a target in a gap, or outside [start, stop), is not scored. With
    `rolling`, only origins from start-1 on count, so that horizon k is judged on the same periods
    as horizon 1, less the first k-1: the rolling-origin scheme of Hyndman & Athanasopoulos,
    Forecasting: Principles and Practice, 5.10.
    """

    def __init__(
        self, flows: Flows, length: int, horizon: int, start: int, stop: int, *, rolling: bool = False
    ) -> None:
        self.flows, self.length, self.horizon, self.start, self.stop = flows, length, horizon, start, stop
        self._inputs = torch.from_numpy(flows.inputs())
        first = max(length - 1, start - 1 if rolling else 0)
        self.origins = [
            t
            for t in range(first, stop - 1)
            if flows.observed[t - length + 1 : t + 1].all()
            and flows.observed[max(t + 1, start) : min(t + horizon + 1, stop)].any()
        ]

    def __len__(self) -> int:
        return len(self.origins)

    def __getitem__(self, index: int) -> Window:
        t = self.origins[index]
        flows, steps = self.flows, np.arange(t + 1, t + self.horizon + 1)
        inside = (steps >= self.start) & (steps < self.stop)
        scored = np.zeros((self.horizon, *flows.values.shape[1:]), dtype=np.bool_)
        scored[inside] = flows.scored[steps[inside]]
        target = np.zeros(scored.shape, dtype=np.float32)
        target[inside] = flows.values[steps[inside]]
        return Window(
            history=self._inputs[t - self.length + 1 : t + 1],
            season=torch.tensor([flows.season(int(step)) for step in steps]),
            target=torch.from_numpy(np.where(scored, target, 0)),
            scored=torch.from_numpy(scored),
        )
