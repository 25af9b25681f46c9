"""Fitting gradient-boosted trees with scikit-learn, and moving them into tensors."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]
from torch import Tensor

from modules.recommendation.baselines.hist_gradient_boosting import HistGradientBoosting
from modules.recommendation.batch import PairBatch
from modules.recommendation.pair_model import Shape

_FOLDS = 5
_PRIOR = 10.0
"""Rows of the overall mean that every category is given."""


def fit_hist_gradient_boosting(
    shape: Shape, pairs: PairBatch, chosen: Mapping[str, float | int | str], seed: int = 0
) -> tuple[HistGradientBoosting, HistGradientBoostingClassifier]:
    """Fit the trees on training pairs.

    A category enters as the smoothed mean label of its rows (Micci-Barreca, SIGKDD Explorations 2001); in
    training of the rows of the other folds only, so that no row's own label is in what it is told by.

    Args:
        shape: sizes of the problem.
        pairs: all training pairs.
        chosen: `learning_rate`, `max_iter`, `max_leaf_nodes`, `l2_regularization`.
        seed: of the folds; the trees themselves draw nothing.

    Returns:
        The network, and scikit-learn's model whose probabilities it repeats.
    """
    codes = torch.cat([pairs.students.codes, pairs.employers.codes], dim=1)
    values = torch.cat([pairs.students.values, pairs.employers.values], dim=1).double()
    blank = HistGradientBoosting(shape, 0, 0, 0)
    packed, size = codes + blank.offsets, len(blank.encoding)
    fold = torch.randperm(len(packed), generator=torch.Generator().manual_seed(seed)) % _FOLDS
    encoded = torch.zeros(packed.shape, dtype=torch.float64)
    for each in range(_FOLDS):
        encoding = _target_encoding(packed[fold != each], pairs.label[fold != each], size)
        encoded[fold == each] = encoding[packed[fold == each]]
    model = HistGradientBoostingClassifier(
        learning_rate=float(chosen["learning_rate"]),
        max_iter=int(chosen["max_iter"]),
        max_leaf_nodes=int(chosen["max_leaf_nodes"]),
        l2_regularization=float(chosen["l2_regularization"]),
        early_stopping=False,
        random_state=seed,
    )
    model.fit(torch.cat([encoded, codes.double(), values], dim=1).numpy(), pairs.label.numpy())
    network = _exported(shape, model)
    network.encoding.copy_(_target_encoding(packed, pairs.label, size))
    return network, model


def _target_encoding(packed: Tensor, label: Tensor, size: int) -> Tensor:
    flat = packed.flatten()
    counts = torch.zeros(size, dtype=torch.float64).index_add_(0, flat, torch.ones(len(flat)).double())
    repeated = label.double().repeat_interleave(packed.shape[1])
    total = torch.zeros(size, dtype=torch.float64).index_add_(0, flat, repeated)
    return (total + _PRIOR * label.double().mean()) / (counts + _PRIOR)


def _exported(shape: Shape, model: HistGradientBoostingClassifier) -> HistGradientBoosting:
    # scikit-learn has no public way to its trees.
    trees: list[Any] = [tree.nodes for (tree,) in model._predictors]  # noqa: SLF001
    size = max(len(nodes) for nodes in trees)
    network = HistGradientBoosting(shape, len(trees), size, max(int(n["depth"].max()) for n in trees))
    network.baseline.copy_(torch.tensor(model._baseline_prediction.item()))  # noqa: SLF001
    for number, nodes in enumerate(trees):
        first, leaf = number * size, nodes["is_leaf"].astype(bool)
        itself = np.arange(len(nodes))
        part = slice(first, first + len(nodes))
        network.feature[part] = torch.from_numpy(np.where(leaf, 0, nodes["feature_idx"]).astype(np.int64))
        network.threshold[part] = torch.from_numpy(np.where(leaf, 0.0, nodes["num_threshold"]))
        network.value[part] = torch.from_numpy(np.where(leaf, nodes["value"], 0.0))
        for side, name in enumerate(("left", "right")):
            child = first + np.where(leaf, itself, nodes[name]).astype(np.int64)
            network.branches[part, side] = torch.from_numpy(child)
    return network
