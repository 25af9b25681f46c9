"""Training a member that tags."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from modules.transfer.tagging.tagger import LabelledBatch, Tagger


class TaggingModule(pl.LightningModule):
    """One of the two steps of tuning: construction (is a move told?), then alignment (who, where, when).

    Args:
        network: what learns.
        learning_rate: of AdamW, falling to 0 over the steps along a cosine.
        steps: of this phase.
        alignment: weight of the tags' loss; 0 in the first step.
    """

    def __init__(self, network: Tagger, learning_rate: float, steps: int, alignment: float) -> None:
        super().__init__()
        self.network, self.learning_rate, self.steps, self.alignment = (
            network,
            learning_rate,
            steps,
            alignment,
        )

    def training_step(self, batch: LabelledBatch, _index: int) -> Tensor:
        """The network's loss; its mean over an epoch is logged as `train_loss`."""
        loss = self.network.loss(batch, self.alignment)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch.circulation))
        return loss

    def configure_optimizers(self) -> Any:
        """AdamW (Loshchilov and Hutter, ICLR 2019) under a cosine."""
        optimizer = torch.optim.AdamW(
            [each for each in self.network.parameters() if each.requires_grad], lr=self.learning_rate
        )
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
