"""Fitting the gravity law; apart from the network, because serving does without statsmodels."""

import numpy as np
import torch
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM

from modules.migration.baselines.gravity import Gravity
from modules.migration.windows import WindowDataset

MOST_CELLS = 200_000


def fit_gravity(network: Gravity, windows: WindowDataset) -> None:
    """Set the coefficients of each horizon by Poisson maximum likelihood over the training cells.

    Of more than MOST_CELLS cells a sample is taken: so few coefficients need no more. Columns that do
    not vary (no distances, no diagonal) keep coefficient 0; a season never seen keeps the mean level.
    """
    task = network.task
    for step in range(task.horizon):
        rows, counts = [], []
        for index in range(len(windows)):
            window = windows[index]
            cells = window.scored[step]
            features = network.features(window.history[None])[0][:, cells]  # 4 x n
            season = torch.zeros(task.cycle, features.shape[1], dtype=features.dtype)
            season[window.season[step]] = 1
            rows.append(torch.cat([features, season]).T.numpy())
            counts.append(window.target[step][cells].double().numpy())
        design, target = np.concatenate(rows), np.concatenate(counts)
        sample = np.sort(np.random.default_rng(0).permutation(len(target))[:MOST_CELLS])
        design, target = design[sample], target[sample]
        used = (design != 0).any(axis=0)
        fitted = GLM(target, design[:, used], family=Poisson()).fit()
        coefficient = np.zeros(design.shape[1])
        coefficient[used] = fitted.params
        levels, seen = coefficient[4:], used[4:]
        levels[~seen] = levels[seen].mean()
        network.coefficient[step] = torch.from_numpy(coefficient)
