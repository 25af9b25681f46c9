"""Whether the fields that an explanation names are those that move the score."""

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import ConstantInputWarning, pearsonr, rankdata
from torch import Tensor

from modules.recommendation.explanation import only
from modules.recommendation.features import Features
from modules.recommendation.networks import build_network, network_config
from modules.recommendation.pair_model import PairModel

Float64Array = NDArray[np.float64]
SideName = Literal["student", "employer"]
TOP = 3
"""Fields that an explanation shows."""


@dataclass(frozen=True)
class Curves:
    """Probabilities of P pairs while the F fields of one side become unknown, or known, in an order."""

    deletion: Tensor
    """P x (F + 1): without the first k fields."""
    insertion: Tensor
    """P x (F + 1): with the first k alone."""

    def comprehensiveness(self, k: int = TOP) -> Tensor:
        """P, what is lost without the first k; high is good (DeYoung et al., ERASER, ACL 2020)."""
        return self.deletion[:, 0] - self.deletion[:, : k + 1][:, -1]

    def sufficiency(self, k: int = TOP) -> Tensor:
        """P, what is lost with the first k alone; low is good (the same)."""
        return self.insertion[:, -1] - self.insertion[:, : k + 1][:, -1]

    @property
    def deletion_area(self) -> Tensor:
        """P, area under the curve over the share removed; low is good (Petsiuk et al., RISE, BMVC 2018)."""
        return _area(self.deletion)

    @property
    def insertion_area(self) -> Tensor:
        """P, area under the curve over the share known; high is good (the same)."""
        return _area(self.insertion)


def _area(curve: Tensor) -> Tensor:
    return torch.trapezoid(curve, dim=1) / (curve.shape[1] - 1)


@torch.no_grad()
def curves(
    network: PairModel, students: Features, employers: Features, side: SideName, order: Tensor
) -> Curves:
    """Take the fields of one side away, and put them back, in each pair's own order; the other side stays.

    Args:
        network: in evaluation mode.
        students: P rows.
        employers: P rows.
        side: whose fields.
        order: P x F, positions of the fields, the most important first.
    """
    place = order.argsort(dim=1)
    deletion: list[Tensor] = []
    insertion: list[Tensor] = []
    for count in range(order.shape[1] + 1):
        for curve, known in ((deletion, place >= count), (insertion, place < count)):
            pairs = (
                (only(students, known), employers)
                if side == "student"
                else (students, only(employers, known))
            )
            curve.append(network(*pairs).double().sigmoid())
    return Curves(torch.stack(deletion, dim=1), torch.stack(insertion, dim=1))


def by_importance(attribution: Tensor) -> Tensor:
    """Fields of each pair, P x F, from what speaks most for it to what speaks most against it."""
    return attribution.argsort(dim=1, descending=True, stable=True)


def random_order(pairs: int, fields: int, seed: int) -> Tensor:
    """Fields of each pair, P x F, in an order that means nothing."""
    return torch.rand(pairs, fields, generator=torch.Generator().manual_seed(seed)).argsort(dim=1)


def jaccard(first: Tensor, second: Tensor, k: int = TOP) -> Tensor:
    """P: of the fields that are among the first k of either order, the share that is among both's."""
    one, other = (
        torch.zeros(order.shape, dtype=torch.bool).scatter_(1, order[:, :k], value=True)
        for order in (first, second)
    )
    return (one & other).sum(1) / (one | other).sum(1)


def rank_correlation(first: Tensor, second: Tensor) -> Float64Array:
    """Spearman's of each row, P; NaN where either does not vary, as one field alone never does."""
    if first.shape[1] == 1:
        return np.full(len(first), np.nan)
    ranks = [rankdata(values.numpy(), axis=1) for values in (first, second)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantInputWarning)
        found: Float64Array = pearsonr(*ranks, axis=1).statistic
    return found


def randomised(network: PairModel, seed: int) -> PairModel:
    """The same network with random weights (Adebayo et al., Sanity checks, NeurIPS 2018)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_network(network_config(network)).eval()
