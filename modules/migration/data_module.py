"""The windows as batches for Lightning."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, WeightedRandomSampler

from modules.migration.flow_data import FlowData
from modules.migration.windows import Window


class FlowDataModule(pl.LightningDataModule):
    """Batches of the windows that every model of the run is fitted on, shuffled, or late ones more often.

    Args:
        data: the windows.
        seed: of the drawing.
        half_life: a window this share of all windows older is drawn half as often (0: all alike).
        batch_size: windows in a batch.
    """

    def __init__(self, data: FlowData, seed: int, half_life: float = 0.0, batch_size: int = 8) -> None:
        super().__init__()
        self.data, self.seed, self.half_life, self.batch_size = data, seed, half_life, batch_size

    def train_dataloader(self) -> DataLoader[Window]:
        """Drawn by the seed, anew each epoch."""
        generator = torch.Generator().manual_seed(self.seed)
        windows = self.data.fitting
        if not self.half_life:
            return DataLoader(windows, self.batch_size, shuffle=True, generator=generator)
        age = torch.arange(len(windows) - 1, -1, -1, dtype=torch.float64) / len(windows)
        drawn = WeightedRandomSampler(
            (0.5 ** (age / self.half_life)).tolist(), len(windows), generator=generator
        )
        return DataLoader(windows, self.batch_size, sampler=drawn)
