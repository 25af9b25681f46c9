"""DHG-SIL: the track's own forecaster of flows, whose every forecast is a sum that can be read."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from modules.migration.baselines.ridge_ar import CalendarRidgeAR
from modules.migration.dhg_sil.city_encoder import CityEncoder
from modules.migration.dhg_sil.dh_gcn import DHGCN, Channel
from modules.migration.dhg_sil.graphs import mobility_graph
from modules.migration.dhg_sil.statistics import city_statistics, standardised
from modules.migration.dhg_sil.temporal import Lags, LagWeights
from modules.migration.dhg_sil.variables import VARIABLES, CityVariables
from modules.migration.forecaster import LogForecaster, Task

_CONTEXT = 4
"""Width of the embeddings of the season and of the period ahead."""
SIDES = ("opposite", "origin", "destination")
"""What beside a corridor's own past is lagged: the opposite corridor, all that left its origin, all that
reached its destination."""
STATIC = 1
"""What is fixed of a city and known to the encoder: its log population, standardised (0: unknown)."""


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

    City encoder -> DH-GCN layers -> GRU over the window -> city states z, from which come weights of each
    corridor's own lags and of the opposite corridor's, and the four variables of a gravity-structured decoder:

        x_ij = sum_l (b_ij^l x_ij^l + r^l x_ji^l + o^l out_i^l + d^l in_j^l)
               + level + push_i + pull_j + reach_i log d_ij + corridor_ij + <U z_i, V z_j>
        x_ii = sum_l b_ii^l x_ii^l + level + push_i + stay_i + corridor_ii

    with out and in the encoded mean outflow of the origin and inflow of the destination. Exactly additive in
    standardised logs. Everything but the autoregressive core starts at 0, so training
    starts at the core's forecast. Guo et al., Labor Migration Modeling through Large-scale Job Query Data,
    arXiv:2410.02639: its abstract names the graph network, the interpretable temporal module, four variables
    and contrastive losses; their equations here are a reconstruction.

    Args:
        task: what is forecast.
        hidden: width d of the city states.
        layers: DH-GCN layers.
        rank: of the affinity <U z_i, V z_j>.
        dropout: on the city states.
        lags: `signed` weights, or `softmax` ones (an ablation).
        geography: filter of the geographic channel; off where distances are not known.
        mobility: filter of the mobility channel.
        variables: those that the decoder uses, comma-separated.
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
        hidden: int = 24,
        layers: int = 2,
        rank: int = 4,
        dropout: float = 0.1,
        lags: Lags = "signed",
        geography: Channel = "low",
        mobility: Channel = "high",
        variables: str = ",".join(VARIABLES),
        diagonal: int = 0,
    ) -> None:
        super().__init__(task)
        self.options: dict[str, float | int | str] = {
            "hidden": hidden,
            "layers": layers,
            "rank": rank,
            "dropout": dropout,
            "lags": lags,
            "geography": geography,
            "mobility": mobility,
            "variables": variables,
            "diagonal": diagonal,
        }
        self.diagonal = bool(diagonal)
        self.used = frozenset(variables.split(","))
        context = hidden + 2 * _CONTEXT
        convolved = 0 if geography == mobility == "none" else layers
        self.core = CalendarRidgeAR(task)
        self.encode = CityEncoder(task.regions, hidden, STATIC)
        self.convolve = nn.ModuleList(DHGCN(hidden, geography, mobility) for _ in range(convolved))
        self.dropout = nn.Dropout(dropout)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)
        self.season = nn.Embedding(task.cycle, _CONTEXT)
        self.ahead = nn.Embedding(task.horizon, _CONTEXT)
        self.lag_weights = LagWeights(hidden, context, task.length, task.horizon, lags)
        self.side_lags = nn.Parameter(torch.zeros(task.horizon, len(SIDES), task.length))
        self.corridor = nn.Parameter(torch.zeros(task.horizon, task.regions, task.regions))
        self.level = nn.Parameter(torch.zeros(task.horizon))
        self.variables = CityVariables(context + len(VARIABLES), hidden, task.horizon)
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

    def of_cities(self) -> Iterator[nn.Parameter]:
        """What makes the cities' states and variables, as against what turns them into flows."""
        for part in (self.encode, self.convolve, self.gru, self.season, self.ahead):
            yield from part.parameters()
        yield from self.variables.represent.parameters()
        yield from self.variables.read.parameters()

    def encoded(self, x: Tensor, season: Tensor) -> Tensor:
        """Forecast in the encoder's space."""
        return self.forecast_and_cities(x, season)[0]

    def forecast_and_cities(self, x: Tensor, season: Tensor) -> tuple[Tensor, Cities]:
        """Forecast in the encoder's space, and what stands behind it of the cities."""
        z, states = self._states(x, season)
        own = self.lag_weights(z, states, self.core.lag_weight(season))
        lagged = torch.einsum("bhlij,blij->bhij", own, x)
        beside = torch.einsum("hsl,bslij->bhij", self.side_lags[: season.shape[1]], self.sides(x))
        terms, cities = self._structure(z, x, season)
        return lagged + beside + sum(terms.values()), cities

    def contributions(self, x: Tensor, season: Tensor) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """The addends of a forecast: own lags B x h x L x N x N, SIDES B x h x 3 x L x N x N, other terms B x h x N x N."""
        z, states = self._states(x, season)
        own = self.lag_weights(z, states, self.core.lag_weight(season)) * x[:, None]
        beside = self.side_lags[: season.shape[1], ..., None, None] * self.sides(x)[:, None]
        return own, beside, self._structure(z, x, season)[0]

    def sides(self, x: Tensor) -> Tensor:
        """What SIDES are, off the diagonal: B x 3 x L x N x N."""
        counts = self.encoder.decode(x)
        out, into = (self.encoder.encode(counts.mean(axis)).to(x.dtype) for axis in (3, 2))
        between = 1 - torch.eye(self.task.regions, device=x.device, dtype=x.dtype)
        opposite, origin, destination = x.transpose(2, 3), out[..., :, None], into[..., None, :]
        return torch.stack([part * between for part in (opposite, origin, destination)], dim=1)

    def _states(self, x: Tensor, season: Tensor) -> tuple[Tensor, Tensor]:
        batch, length, regions, _ = x.shape
        counts = self.encoder.decode(x)
        h = self.encode(x, self.static)
        mobility = mobility_graph(counts.to(x.dtype))
        for layer in self.convolve:
            h = self.dropout(layer(h, self.geographic, mobility))
        states, _ = self.gru(h.transpose(1, 2).reshape(batch * regions, length, -1))
        states = states.reshape(batch, regions, length, -1).transpose(1, 2)  # B x L x N x d
        horizon = season.shape[1]
        ahead = self.ahead(torch.arange(horizon, device=x.device)).expand(batch, -1, -1)
        calendar = torch.cat([self.season(season), ahead], dim=-1)[:, :, None].expand(-1, -1, regions, -1)
        last = self.dropout(states[:, -1])[:, None].expand(-1, horizon, -1, -1)
        return torch.cat([last, calendar], dim=-1), states

    def _statistics(self, x: Tensor) -> Tensor:
        # What the cities' statistics were in the last period of the window: B x 1 x N x 4.
        counts = self.encoder.decode(x[:, -1:])
        known = torch.ones_like(counts, dtype=torch.bool)
        found = city_statistics(counts, known, self.log_km, diagonal=self.diagonal)
        return torch.stack([standardised(each) for each in found.values()], dim=-1).nan_to_num().to(x.dtype)

    def _structure(self, z: Tensor, x: Tensor, season: Tensor) -> tuple[dict[str, Tensor], Cities]:
        horizon, regions = season.shape[1], self.task.regions
        values, representations = self.variables(torch.cat([z, self._statistics(x).expand(-1, horizon, -1, -1)], dim=-1))
        worth = {
            name: values[name] * self.variables.loading[name][:horizon, None] * (name in self.used)
            for name in VARIABLES
        }  # B x h x N each
        diagonal = torch.eye(regions, device=z.device, dtype=z.dtype)
        between = 1 - diagonal
        level = self.core.bias(season) + self.level[:horizon]
        affinity = self.sends(z) @ self.receives(z).transpose(2, 3)
        terms = {
            "level": level[..., None, None].expand(-1, -1, regions, regions),
            "push": worth["push"][..., :, None].expand(-1, -1, -1, regions),
            "pull": worth["pull"][..., None, :] * between,
            "stay": worth["stay"][..., :, None] * diagonal,
            "reach": worth["reach"][..., :, None] * self.log_km * between,
            "corridor": self.corridor[:horizon].expand(len(z), -1, -1, -1),
            "affinity": affinity * between,
        }
        return terms, Cities(values, representations)
