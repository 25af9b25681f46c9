"""DHG-SIL: the track's own forecaster of flows, whose every forecast is a sum that can be read."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from modules.migration.addends import Addends
from modules.migration.dhg_sil.city_encoder import CityEncoder
from modules.migration.dhg_sil.core import DHGSILCore
from modules.migration.dhg_sil.dh_gcn import DHGCN, Channel
from modules.migration.dhg_sil.graphs import mobility_graph
from modules.migration.dhg_sil.statistics import city_statistics, standardised
from modules.migration.dhg_sil.temporal import Lags, LagWeights
from modules.migration.dhg_sil.variables import VARIABLES, CityVariables
from modules.migration.forecaster import LogForecaster, Task

_CALENDAR = 4
"""Width of the embeddings of the season and of the period ahead."""
STATIC = 1
"""What is fixed of a city and known to the encoder: its log population, standardised (0: unknown)."""

ABLATIONS = ("geography", "mobility", "high-pass", "signs", *VARIABLES)
"""What can be left out: a channel, the filter that sets them apart (both low-pass), the signs of the lag
weights (softmax), or a variable."""


@dataclass(frozen=True)
class Cities:
    """What the model says of cities for every period ahead.

    Shapes:
        variables: B x h x N each.
        representations: B x h x N x d each.
    """

    variables: dict[str, Tensor]
    representations: dict[str, Tensor]


class DHGSIL(LogForecaster):
    """Discrepant homophily co-preserved graph-enhanced sequential interpretable learning.

    City encoder -> DH-GCN layers -> GRU over the window -> city states z, from which come the weights of each
    corridor's own lags and the four variables of a gravity-structured decoder:

        x_ij = sum_l b_ij^l x_ij^l + core_ij + push_i + pull_j + reach_i log d_ij + <U z_i, V z_j>
        x_ii = sum_l b_ii^l x_ii^l + core_ii + push_i + stay_i

    with core_ij what `DHGSILCore` adds to a corridor's own lags. Exactly additive in standardised logs.
    What is learned starts at or near 0, so training starts at the core's forecast. Guo et al., Labor
    Migration Modeling through Large-scale Job Query Data, arXiv:2410.02639: its abstract names the graph
    network, the interpretable temporal module, four variables and contrastive losses; the equations are a
    reconstruction.

    Args:
        task: what is forecast.
        hidden: width d of the city states.
        layers: DH-GCN layers.
        rank: of the affinity <U z_i, V z_j>.
        dropout: on the city states.
        without: of ABLATIONS, comma-separated; `geography` goes where distances are not known.
        diagonal: whether moves inside a region are flows (0, 1).

    Shapes:
        log_km: N x N, 0 where distances are not known.
        geographic: N x N, normalised, 0 where distances are not known.
        static: N x 1.
    """

    name = "dhg_sil"
    log_km: Tensor
    geographic: Tensor
    static: Tensor

    def __init__(
        self,
        task: Task,
        hidden: int = 16,
        layers: int = 2,
        rank: int = 4,
        dropout: float = 0.1,
        without: str = "",
        diagonal: int = 0,
    ) -> None:
        super().__init__(task)
        self.options: dict[str, float | int | str] = {
            "hidden": hidden,
            "layers": layers,
            "rank": rank,
            "dropout": dropout,
            "without": without,
            "diagonal": diagonal,
        }
        self.without, self.diagonal = frozenset(without.split(",")), bool(diagonal)
        geography: Channel = "none" if "geography" in self.without else "low"
        passed: Channel = "low" if "high-pass" in self.without else "high"
        mobility: Channel = "none" if "mobility" in self.without else passed
        form: Lags = "softmax" if "signs" in self.without else "signed"
        context = hidden + 2 * _CALENDAR
        convolved = 0 if geography == mobility == "none" else layers
        self.core = DHGSILCore(task)
        self.encode = CityEncoder(task.regions, hidden, STATIC)
        self.convolve = nn.ModuleList(DHGCN(hidden, geography, mobility) for _ in range(convolved))
        self.dropout = nn.Dropout(dropout)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)
        self.season = nn.Embedding(task.cycle, _CALENDAR)
        self.ahead = nn.Embedding(task.horizon, _CALENDAR)
        self.lag_weights = LagWeights(hidden, context, form)
        self.variables = CityVariables(context, hidden, task.horizon)
        self.sends = nn.Linear(context, rank, bias=False)
        self.receives = nn.Linear(context, rank, bias=False)
        nn.init.zeros_(self.receives.weight)
        self.register_buffer("log_km", torch.zeros(task.regions, task.regions))
        self.register_buffer("geographic", torch.zeros(task.regions, task.regions))
        self.register_buffer("static", torch.zeros(task.regions, STATIC))

    @property
    def hyperparameters(self) -> dict[str, float | int | str]:
        """What the constructor takes beside the task."""
        return self.options

    def encoded(self, x: Tensor, season: Tensor) -> Tensor:
        """Forecast in the encoder's space."""
        return self.forecast_and_cities(x, season)[0]

    def forecast_and_cities(self, x: Tensor, season: Tensor) -> tuple[Tensor, Cities]:
        """Forecast in the encoder's space, and what stands behind it of the cities."""
        counts = self.encoder.decode(x)
        z, states = self._states(x, counts, season)
        own = self.lag_weights(z, states, self.core.lag_weight(season))
        cities = self._cities(z, counts)
        forecast = torch.einsum("bhlij,blij->bhij", own, x) + self.core.beside(x, season)
        return forecast + self.core.fixed(season) + sum(self._decoded(z, cities).values()), cities

    def addends(self, x: Tensor, season: Tensor) -> Addends:
        """What `encoded` is the sum of."""
        counts = self.encoder.decode(x)
        z, states = self._states(x, counts, season)
        own = self.lag_weights(z, states, self.core.lag_weight(season)) * x[:, None]
        terms = self.core.terms(season) | self._decoded(z, self._cities(z, counts))
        return Addends({"own": own, **self.core.side_addends(x, season)}, terms)

    def _states(self, x: Tensor, counts: Tensor, season: Tensor) -> tuple[Tensor, Tensor]:
        # Of every target period B x h x N x c, and of every period of the window B x L x N x d.
        batch, length, regions, _ = x.shape
        h = self.encode(x, self.static)
        mobility = mobility_graph(counts.to(x.dtype))
        for layer in self.convolve:
            h = self.dropout(layer(h, self.geographic, mobility))
        states, _ = self.gru(h.transpose(1, 2).reshape(batch * regions, length, -1))
        states = states.reshape(batch, regions, length, -1).transpose(1, 2)
        horizon = season.shape[1]
        ahead = self.ahead(torch.arange(horizon, device=x.device)).expand(batch, -1, -1)
        calendar = torch.cat([self.season(season), ahead], dim=-1)[:, :, None].expand(-1, -1, regions, -1)
        last = self.dropout(states[:, -1])[:, None].expand(-1, horizon, -1, -1)
        return torch.cat([last, calendar], dim=-1), states

    def _cities(self, z: Tensor, counts: Tensor) -> Cities:
        known = torch.ones_like(counts, dtype=torch.bool)
        found = city_statistics(counts, known, self.log_km, diagonal=self.diagonal)
        seen = torch.stack([standardised(each) for each in found.values()], dim=-1).nan_to_num().to(z.dtype)
        return Cities(*self.variables(z, seen))

    def _decoded(self, z: Tensor, cities: Cities) -> dict[str, Tensor]:
        horizon, regions = z.shape[1], self.task.regions
        diagonal = torch.eye(regions, device=z.device, dtype=z.dtype)
        between = 1 - diagonal
        shape = {
            "push": lambda value: value[..., :, None].expand(-1, -1, -1, regions),
            "pull": lambda value: value[..., None, :] * between,
            "stay": lambda value: value[..., :, None] * diagonal,
            "reach": lambda value: value[..., :, None] * self.log_km * between,
        }
        loading = self.variables.loading
        terms = {
            name: shape[name](cities.variables[name] * loading[name][:horizon, None])
            for name in VARIABLES
            if name not in self.without
        }
        return terms | {"affinity": (self.sends(z) @ self.receives(z).transpose(2, 3)) * between}
