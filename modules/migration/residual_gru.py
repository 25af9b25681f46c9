"""A recurrent network on what the autoregressive core leaves unexplained."""

import torch
from torch import Tensor, nn

from modules.migration.corrected import CorrectedForecaster
from modules.migration.forecaster import Task

_SEQUENCES = 5
_STATIC = 4


class ResidualGRU(CorrectedForecaster):
    """GRU on the residual of a frozen calendar-aware AR core: x^{t+k} = core_k(x) + head_k(GRU(features)).

    One weight-shared sequence per corridor. Its features are the corridor's own log, the reverse
    corridor's, the mean over the origin's row, over the destination's column and over everything, each
    less its window mean (the level is the core's business). The head also sees the corridor's mean
    level, log distance, whether it is the diagonal and how far the destination's column stands above the
    origin's row; each season has an offset. The last layer starts at 0, so training starts at the core's
    forecast.
    GRU: Cho et al., arXiv:1406.1078.
    """

    name = "residual_gru"

    def __init__(self, task: Task, hidden: int = 16, dropout: float = 0.1) -> None:
        super().__init__(task, hidden, dropout)
        self.gru = nn.GRU(_SEQUENCES, hidden, batch_first=True)
        self.head = nn.Sequential(
            nn.Linear(hidden + _STATIC, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.output = nn.Linear(hidden, task.horizon)
        self.season = nn.Embedding(task.cycle, 1)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Make the network equal to its core."""
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)
        nn.init.zeros_(self.season.weight)

    def correction(self, x: Tensor, season: Tensor) -> Tensor:
        """What is added to the core."""
        regions = torch.arange(self.task.regions, device=x.device)
        pairs = torch.cartesian_prod(regions, regions)
        return self._corrected(x, season, pairs[:, 0], pairs[:, 1]).reshape(*season.shape, *x.shape[2:])

    def corridors(self, x: Tensor, season: Tensor, origin: Tensor, destination: Tensor) -> Tensor:
        """Forecast C corridors only: x is B x L x N x N, origin and destination C, the output B x h x C."""
        own = x[:, :, origin, destination]
        return self.core.lags(own, season) + self._corrected(x, season, origin, destination)

    def _corrected(self, x: Tensor, season: Tensor, origin: Tensor, destination: Tensor) -> Tensor:
        own, reverse = x[:, :, origin, destination], x[:, :, destination, origin]
        row, column = x.mean(3)[:, :, origin], x.mean(2)[:, :, destination]
        everything = x.mean((2, 3))[:, :, None].expand_as(own)
        sequences = torch.stack([own, reverse, row, column, everything], dim=-1)  # B x L x C x 5
        level = own.mean(1)  # B x C
        sequences = sequences - sequences.mean(1, keepdim=True)
        batch, length, pairs, _ = sequences.shape
        states, _ = self.gru(sequences.transpose(1, 2).reshape(batch * pairs, length, _SEQUENCES))
        km = self.log_km[origin, destination].expand_as(level)
        diagonal = (origin == destination).to(level.dtype).expand_as(level)
        static = torch.stack([level, km, diagonal, column[:, -1] - row[:, -1]], dim=-1)
        last = states[:, -1].reshape(batch, pairs, -1)
        residual = self.output(self.head(torch.cat([last, static], dim=-1)))  # B x C x h
        corrected: Tensor = residual.transpose(1, 2) + self.season(season)
        return corrected
