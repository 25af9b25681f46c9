"""The data module that every model of the track is fitted through."""

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from modules.migration.flows import Flows
from modules.migration.forecaster import LogEncoder, Task
from modules.migration.windows import Window, WindowDataset


class FlowDataModule(pl.LightningDataModule):
    """Windows for fitting on every step before `stop`, and for judging on the steps [stop, end).

    Nothing at or after `stop` reaches a fit: not the windows, not the encoder, not the corridor sizes.
    """

    def __init__(
        self,
        flows: Flows,
        length: int,
        horizon: int,
        stop: int,
        end: int,
        *,
        batch_size: int = 8,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.flows = flows
        self.task = Task(
            regions=len(flows.regions),
            length=length,
            horizon=horizon,
            cycle=flows.calendar.cycle,
            geography=flows.log_km is not None,
        )
        self.stop, self.batch_size, self.seed = stop, batch_size, seed
        self.fitting = WindowDataset(flows, length, horizon, 0, stop)
        self.judging = WindowDataset(flows, length, horizon, stop, end, rolling=True)

    def train_dataloader(self) -> DataLoader[Window]:
        """Shuffled by the seed."""
        generator = torch.Generator().manual_seed(self.seed)
        return DataLoader(self.fitting, self.batch_size, shuffle=True, generator=generator)

    def val_dataloader(self) -> DataLoader[Window]:
        """In order of time."""
        return DataLoader(self.judging, self.batch_size)

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

    def fit_encoder(self, encoder: LogEncoder) -> None:
        """Fit the encoder on the scored cells of the fitting steps."""
        seen = self.flows.scored[: self.stop]
        encoder.fit(torch.from_numpy(self.flows.values[: self.stop][seen]))
