"""The windows as batches for Lightning."""

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from modules.migration.flow_data import FlowData
from modules.migration.windows import Window


class FlowDataModule(pl.LightningDataModule):
    """Shuffled batches of the windows that every model of the run is fitted on.

    Args:
        data: the windows.
        seed: of the shuffling.
        batch_size: windows in a batch.
    """

    def __init__(self, data: FlowData, seed: int, batch_size: int = 8) -> None:
        super().__init__()
        self.data, self.seed, self.batch_size = data, seed, batch_size

    def train_dataloader(self) -> DataLoader[Window]:
        """Shuffled by the seed, anew each epoch."""
        generator = torch.Generator().manual_seed(self.seed)
        return DataLoader(self.data.fitting, self.batch_size, shuffle=True, generator=generator)
