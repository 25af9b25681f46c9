"""Training the adapters of a causal language model."""

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from modules.transfer.causal_lm.batch import AnswerBatch
from modules.transfer.causal_lm.causal_lm import CausalLM

_WARM_UP = 0.1


class CausalLMModule(pl.LightningModule):
    """One of the two steps of tuning: construction (is a move told?), then alignment (the whole strict line).

    Args:
        network: whose adapters learn.
        learning_rate: of AdamW; it rises over the first tenth of the steps, and falls to 0 along a cosine.
        steps: of this phase.
        alignment: weight of the slots' loss; 0 in the first step.
    """

    def __init__(self, network: CausalLM, learning_rate: float, steps: int, alignment: float) -> None:
        super().__init__()
        self.network, self.learning_rate, self.steps, self.alignment = (
            network,
            learning_rate,
            steps,
            alignment,
        )

    def training_step(self, batch: AnswerBatch, _index: int) -> Tensor:
        """The network's loss; its mean over an epoch is logged as `train_loss`."""
        loss = self.network.loss(batch, self.alignment)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch.circulation))
        return loss

    def configure_optimizers(self) -> Any:
        """AdamW (Loshchilov and Hutter, ICLR 2019), warmed up, under a cosine."""
        optimizer = torch.optim.AdamW(
            [each for each in self.network.parameters() if each.requires_grad],
            lr=self.learning_rate,
            weight_decay=0.0,
        )
        total = max(2, self.steps)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=self.learning_rate,
            total_steps=total,
            pct_start=max(_WARM_UP, 2 / total),  # the rise takes a step, or torch divides by none
            cycle_momentum=False,
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
