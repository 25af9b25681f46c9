"""Forecasting many origins with one network."""

import torch

from modules.migration.arrays import BoolArray, Float64Array
from modules.migration.forecaster import Forecaster
from modules.migration.windows import WindowDataset


def forecast(network: Forecaster, windows: WindowDataset) -> Float64Array:
    """Forecast every window, one at a time as serving does: O x h x N x N, moves."""
    with torch.inference_mode():
        made = [network(windows[i].history[None], windows[i].season[None])[0] for i in range(len(windows))]
    return torch.stack(made).double().numpy()


def truth(windows: WindowDataset) -> tuple[Float64Array, BoolArray]:
    """Targets and which of them count: both O x h x N x N."""
    every = [windows[index] for index in range(len(windows))]
    target = torch.stack([window.target for window in every]).double().numpy()
    return target, torch.stack([window.scored for window in every]).numpy()


def mean_absolute_error(network: Forecaster, windows: WindowDataset) -> float:
    """MAE over every scored cell of every horizon, moves: the track's objective."""
    error, cells = 0.0, 0
    with torch.inference_mode():
        for index in range(len(windows)):
            window = windows[index]
            made = network(window.history[None], window.season[None])[0]
            error += float(((made - window.target).abs() * window.scored).sum())
            cells += int(window.scored.sum())
    return error / max(cells, 1)
