"""How well the variables order the cities in periods that the model did not see."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from modules.migration.arrays import Float64Array
from modules.migration.dhg_sil.dhg_sil import DHGSIL
from modules.migration.dhg_sil.outlook import standard
from modules.migration.dhg_sil.statistics import city_statistics
from modules.migration.dhg_sil.variables import VARIABLES
from modules.migration.windows import WindowDataset


def said_and_seen(
    network: DHGSIL, windows: WindowDataset
) -> tuple[dict[str, Float64Array], dict[str, Float64Array]]:
    """The variables of the next period and their statistics in it: O x N a variable, O forecast origins.

    A statistic that the data cannot give (reach without distances) is left out of both.
    """
    said: dict[str, list[NDArray[np.float64]]] = {name: [] for name in VARIABLES}
    seen: dict[str, list[NDArray[np.float64]]] = {name: [] for name in VARIABLES}
    for index in range(len(windows)):
        window = windows[index]
        with torch.inference_mode():
            x = network.encoder.encode(window.history[None])
            cities = network.forecast_and_cities(x, window.season[None])[1]
        found = city_statistics(window.target[0], window.scored[0], network.log_km, diagonal=network.diagonal)
        for name in VARIABLES:
            said[name].append(cities.variables[name][0, 0].double().numpy())
            seen[name].append(found[name].numpy())
    known = [name for name in VARIABLES if name != "reach" or bool(network.log_km.any())]
    return {name: np.stack(said[name]) for name in known}, {name: np.stack(seen[name]) for name in known}


def rank_correlation(said: Float64Array, seen: Float64Array) -> float:
    """Mean over periods of Spearman's correlation over cities (O x N each); 0 where nothing can be ranked."""
    found = []
    for ours, theirs in zip(said, seen, strict=True):
        both = np.isfinite(ours) & np.isfinite(theirs)
        if both.any() and np.ptp(ours[both]) > 0 and np.ptp(theirs[both]) > 0:
            found.append(float(spearmanr(ours[both], theirs[both]).statistic))
    return float(np.mean(found)) if found else 0.0


def standardised_error(said: Float64Array, seen: Float64Array) -> float:
    """Root mean squared error of a variable against its statistic, both standardised over cities."""
    return float(np.sqrt(np.nanmean((standard(said) - standard(seen)) ** 2)))
