"""Windows: what a forecaster sees (the last periods) and what it must say (the next ones)."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from modules.migration.flows import Flows
from modules.migration.origins import forecast_origins


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

    A target in a gap, or outside [start, stop), is not scored; `forecast_origins` says what `rolling` does.
    """

    def __init__(
        self, flows: Flows, length: int, horizon: int, start: int, stop: int, *, rolling: bool = False
    ) -> None:
        self.flows, self.length, self.horizon, self.start, self.stop = flows, length, horizon, start, stop
        self._inputs = torch.from_numpy(flows.inputs())
        self.origins = forecast_origins(flows.observed, length, horizon, start, stop, rolling=rolling)

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
