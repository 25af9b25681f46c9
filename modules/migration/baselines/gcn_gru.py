"""A graph convolution over cities, then a recurrent network over time."""

import torch
from torch import Tensor, nn

from modules.migration.corrected import CorrectedForecaster
from modules.migration.dhg_sil.city_encoder import CityEncoder
from modules.migration.dhg_sil.graphs import mobility_graph
from modules.migration.forecaster import Task


class GCNGRU(CorrectedForecaster):
    """Corrects the core from city states: low-pass GCN on the mobility graph, GRU, bilinear decoder.

    h <- ReLU((h + A h) W) in every period (Kipf & Welling, arXiv:1609.02907), a GRU over the window as in
    T-GCN (Zhao et al., IEEE Trans. ITS 21, 2020), and s_ik + r_jk + <U_k z_i, V_k z_j> for period ahead k.
    """

    name = "gcn_gru"

    def __init__(self, task: Task, hidden: int = 16, dropout: float = 0.1) -> None:
        super().__init__(task, hidden, dropout)
        self.encode = CityEncoder(task.regions, hidden, 0)
        self.convolve = nn.Linear(hidden, hidden)
        self.drop = nn.Dropout(dropout)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)
        self.sends = nn.Linear(hidden, task.horizon * hidden)
        self.receives = nn.Linear(hidden, task.horizon * hidden)
        self.city = nn.Linear(hidden, 2 * task.horizon)
        for layer in (self.receives, self.city):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def correction(self, x: Tensor, season: Tensor) -> Tensor:
        """What is added to the core."""
        batch, length, regions, _ = x.shape
        horizon = season.shape[1]
        h = self.encode(x, x.new_zeros(regions, 0))
        graph = mobility_graph(self.encoder.decode(x).to(x.dtype))
        h = self.drop(torch.relu(self.convolve(h + torch.einsum("bij,bljd->blid", graph, h))))
        _, last = self.gru(h.transpose(1, 2).reshape(batch * regions, length, -1))
        z = self.drop(last[0]).reshape(batch, regions, -1)
        u, v = (
            layer(z).reshape(batch, regions, -1, self.hidden).transpose(1, 2)[:, :horizon]
            for layer in (self.sends, self.receives)
        )
        out, into = self.city(z).reshape(batch, regions, 2, -1).permute(2, 0, 3, 1)[:, :, :horizon]
        corrected: Tensor = u @ v.transpose(2, 3) + out[..., :, None] + into[..., None, :]
        return corrected
