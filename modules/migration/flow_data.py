"""What a model is fitted on and judged on: the same windows for every model."""

import numpy as np
import torch
from torch import Tensor

from modules.migration.flows import Flows
from modules.migration.forecaster import LogEncoder, Task
from modules.migration.windows import WindowDataset


class FlowData:
    """Windows for fitting on every step before `stop`, and for judging on the steps [stop, end).

    Nothing at or after `stop` reaches a fit: not the windows, not the encoder, not the corridor sizes.
    """

    def __init__(self, flows: Flows, length: int, horizon: int, stop: int, end: int) -> None:
        self.flows, self.stop = flows, stop
        self.task = Task(
            regions=len(flows.regions),
            length=length,
            horizon=horizon,
            cycle=flows.calendar.cycle,
        )
        self.fitting = WindowDataset(flows, length, horizon, 0, stop)
        self.judging = WindowDataset(flows, length, horizon, stop, end, rolling=True)

    @property
    def size(self) -> Tensor:
        """N x N, mean flow of each corridor over the fitting steps (0 where nothing is known)."""
        seen = self.flows.scored[: self.stop]
        values = np.where(seen, self.flows.values[: self.stop], 0).sum(0)
        return torch.from_numpy((values / np.maximum(seen.sum(0), 1)).astype(np.float32))

    @property
    def log_km(self) -> Tensor | None:
        """N x N, or none where distances are not known."""
        return None if self.flows.log_km is None else torch.from_numpy(self.flows.log_km)

    @property
    def static(self) -> Tensor:
        """N x 1, standardised log population, 0 where not known."""
        people = self.flows.population
        if people is None:
            return torch.zeros(self.task.regions, 1)
        logs = torch.from_numpy(np.log(np.maximum(people, 1.0)))
        return ((logs - logs.mean()) / logs.std().clamp_min(1e-9)).float()[:, None]

    def fit_encoder(self, encoder: LogEncoder) -> None:
        """Fit the encoder on the scored cells of the fitting steps."""
        seen = self.flows.scored[: self.stop]
        encoder.fit(torch.from_numpy(self.flows.values[: self.stop][seen]))
