"""Deep gravity: a multi-layer perceptron in the place of the gravity law."""

import torch
from torch import Tensor, nn

from modules.migration.corrected import CorrectedForecaster
from modules.migration.forecaster import Task

_FEATURES = 5


class DeepGravity(CorrectedForecaster):
    """Corrects the core by an MLP of the masses, the distance and the level of a corridor.

    Features: encoded mean outflow of the origin and inflow of the destination over the window, log distance,
    whether it is the diagonal, and the corridor's own mean. After Simini et al., A deep gravity model for
    mobility flows generation, Nature Communications 12 (2021), without their land-use features.
    """

    name = "deep_gravity"

    def __init__(self, task: Task, hidden: int = 16, dropout: float = 0.1) -> None:
        super().__init__(task, hidden, dropout)
        self.layers = nn.Sequential(
            nn.Linear(_FEATURES + task.cycle, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.output = nn.Linear(hidden, task.horizon)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def correction(self, x: Tensor, season: Tensor) -> Tensor:
        """What is added to the core."""
        batch, _, regions, _ = x.shape
        counts = self.encoder.decode(x).mean(1)
        out, into = (self.encoder.encode(counts.mean(axis)).to(x.dtype) for axis in (2, 1))
        diagonal = torch.eye(regions, dtype=x.dtype, device=x.device)
        parts = [out[:, :, None], into[:, None, :], self.log_km, diagonal, x.mean(1)]
        features = torch.stack([part.expand(batch, regions, regions) for part in parts], dim=-1)
        target = torch.nn.functional.one_hot(season[:, 0], self.task.cycle).to(x.dtype)
        calendar = target[:, None, None].expand(-1, regions, regions, -1)
        corrected: Tensor = self.output(self.layers(torch.cat([features, calendar], dim=-1)))
        return corrected.permute(0, 3, 1, 2)
