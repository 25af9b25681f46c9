"""A two-dimensional graph convolution over origins and destinations at once."""

import torch
from torch import Tensor, nn

from modules.migration.corrected import CorrectedForecaster
from modules.migration.dhg_sil.graphs import mobility_graph
from modules.migration.forecaster import Task

_SUPPORTS = 2


class MPGCN(CorrectedForecaster):
    """Corrects the core from corridor states: a GRU for every corridor, then a 2-D GCN.

    H = ReLU(sum over P, Q in {I, A} of P X Q^T W_PQ), X being N x N x d and A the mobility graph of the
    window: a corridor hears of those that share its origin's or its destination's neighbours. After Shi et
    al., Predicting origin-destination flow via multi-perspective graph convolutional network, ICDE 2020.
    """

    name = "mpgcn"

    def __init__(self, task: Task, hidden: int = 8, dropout: float = 0.1) -> None:
        super().__init__(task, hidden, dropout)
        self.gru = nn.GRU(1, hidden, batch_first=True)
        self.convolve = nn.Linear(_SUPPORTS**2 * hidden, hidden)
        self.drop = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, task.horizon)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def correction(self, x: Tensor, season: Tensor) -> Tensor:
        """What is added to the core."""
        batch, length, regions, _ = x.shape
        moved = (x - x.mean(1, keepdim=True)).permute(0, 2, 3, 1).reshape(-1, length, 1)
        _, last = self.gru(moved)
        corridor = last[0].reshape(batch, regions, regions, self.hidden)
        graph = mobility_graph(self.encoder.decode(x).to(x.dtype))
        by_origin = [corridor, torch.einsum("bik,bkjd->bijd", graph, corridor)]
        both = by_origin + [torch.einsum("bjk,bikd->bijd", graph, each) for each in by_origin]
        h = self.drop(torch.relu(self.convolve(torch.cat(both, dim=-1))))
        corrected: Tensor = self.output(h).permute(0, 3, 1, 2)[:, : season.shape[1]]
        return corrected
