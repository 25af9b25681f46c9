"""Training DHG-SIL: the forecast's loss, and the contrast that gives the variables their meaning."""

from typing import Any

import torch
from torch import Tensor

from modules.migration.dhg_sil.contrast import pair_rank, rank_contrast
from modules.migration.dhg_sil.dhg_sil import DHGSIL, Cities
from modules.migration.dhg_sil.statistics import city_statistics, standardised
from modules.migration.forecast_module import ForecastModule
from modules.migration.windows import Window

_ANCHORS = 48
"""Anchors drawn for every batch: the contrast sorts all cities for each, N^2 log N for all of them."""

_READING_RATE = 2e-2
"""High, so that the variables are learnt in as few steps as the forecast needs."""


class DHGSILModule(ForecastModule):
    """Adds to the forecast's loss contrast x sum over variables of (Rank-N-Contrast + pair order).

    The statistics are those of the target periods; they are a target here and never an input.

    Args:
        network: what learns; its core stays as it is.
        size: N x N, mean flow of each corridor over training.
        contrast: weight of the contrast.
        settings: of the forecast's loss, see `ForecastModule`.
    """

    def __init__(self, network: DHGSIL, size: Tensor, *, contrast: float, **settings: float) -> None:
        super().__init__(network, size, **settings)  # type: ignore[arg-type]
        self.dhg_sil, self.contrast = network, contrast

    def parameter_groups(self) -> list[dict[str, Any]]:
        """What reads the variables off the cities' states has its own rate, whatever the forecast needs."""
        variables = self.dhg_sil.variables
        reading = [*variables.represent.parameters(), *variables.read.parameters()]
        known = {id(parameter) for parameter in reading}
        others = [p for p in self.network.parameters() if id(p) not in known]
        return [{"params": others, "lr": self.learning_rate}, {"params": reading, "lr": _READING_RATE}]

    def loss(self, batch: Window) -> Tensor:
        """The forecast's loss over every corridor, and the contrast."""
        x = self.dhg_sil.encoder.encode(batch.history)
        forecast, cities = self.dhg_sil.forecast_and_cities(x, batch.season)
        loss = self.forecast_loss(forecast, batch.target, batch.scored, self.weight)
        if self.contrast:
            loss = loss + self.contrast * self._contrast(cities, batch)
        return loss

    def _contrast(self, cities: Cities, batch: Window) -> Tensor:
        statistics = city_statistics(
            batch.target, batch.scored, self.dhg_sil.log_km, diagonal=self.dhg_sil.diagonal
        )
        regions = self.dhg_sil.task.regions
        anchors = torch.randperm(regions, generator=self.generator)[:_ANCHORS].to(self.device)
        total = torch.zeros((), device=batch.target.device)
        for name, of_variable in statistics.items():
            if name in self.dhg_sil.without:
                continue
            target = standardised(of_variable.flatten(0, 1).float())  # B h x N
            total = total + rank_contrast(cities.representations[name].flatten(0, 1), target, anchors)
            total = total + pair_rank(cities.variables[name].flatten(0, 1), target)
        return total
