"""The students that a fold judges."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from modules.recommendation.features import PairData
from modules.recommendation.metrics import ranking
from modules.recommendation.pair_model import PairModel


@dataclass(frozen=True)
class Judged:
    """The students that a fold judges, and whom they could have matched with."""

    data: PairData
    rows: Tensor
    """S, rows of the students."""
    matches: Tensor
    """S x E, bool."""
    candidates: Tensor | None
    """S x E, bool, those that were met; none: every employer."""

    def scores(self, network: PairModel) -> Tensor:
        """Logits of every judged student with every employer, S x E."""
        return network.score_all(self.data.students[self.rows], self.data.employers)

    def auc(self, network: PairModel) -> float:
        """Mean over the judged students, against every other candidate alike."""
        return float(np.nanmean(ranking(self.scores(network), self.matches, self.candidates)["auc"]))


def judged(data: PairData) -> Judged:
    """The judged students of a fold."""
    pairs = data.judging
    rows, person = torch.unique(pairs.student, return_inverse=True)
    there = torch.zeros(len(rows), len(data.employers), dtype=torch.bool)
    matches = there.clone()
    there[person, pairs.employer] = True
    matches[person, pairs.employer] = pairs.label > 0
    return Judged(data, rows, matches, there if pairs.decisions is not None else None)
