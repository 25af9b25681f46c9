"""How well a network serves each of the students that a fold judges."""

from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from modules.recommendation.features import PairData
from modules.recommendation.metrics import against_drawn, ranking
from modules.recommendation.pair_model import PairModel
from modules.recommendation.sampling import NegativeSampler
from pipelines.config.recommendation import RecommendationEvaluate
from pipelines.recommendation.fitting.judged import judged

Float64Array = NDArray[np.float64]


class Measuring:
    """Every metric of every judged student, against the same other employers for all networks.

    Args:
        data: of the fold whose students are judged.
        settings: length of the lists, negatives of the similarity-drawn protocol.
        seed: of these negatives.
    """

    def __init__(self, data: PairData, settings: RecommendationEvaluate, seed: int) -> None:
        self.data, self.settings, self.seed = data, settings, seed
        self.judged = judged(data)

    @cached_property
    def _drawn(self) -> tuple[Tensor, Tensor, Tensor] | None:
        """Person, match and employers drawn by Algorithm 1 for the judged; none where both decide."""
        data = self.data
        if data.sampling is None:
            return None
        sampling = replace(data.sampling, method="ours", negatives=self.settings.similar_negatives)
        sampler = NegativeSampler(data.students, data.employers, data.judging, sampling, self.seed)
        pairs = data.judging.positive
        return torch.searchsorted(self.judged.rows, pairs.student), pairs.employer, sampler.draw(self.seed)

    def __call__(self, network: PairModel) -> dict[str, Float64Array]:
        """Metric to its value for each student, S each; NaN where one has none."""
        return self.of_students(self.judged.scores(network))

    def of_students(self, scores: Tensor) -> dict[str, Float64Array]:
        """The same of scores S x E."""
        test = self.judged
        found = ranking(scores, test.matches, test.candidates, self.data.popularity, self.settings.top)
        if self._drawn is not None:
            found["auc_similar"] = against_drawn(scores, *self._drawn)
        seen = (self.data.popularity > 0)[None]
        for name, part in (("seen", seen), ("unseen", ~seen)):
            found[name] = ranking(scores, test.matches & part, test.candidates)["auc"]
        return found

    def of_employers(self, scores: Tensor) -> float:
        """Mean AUC of employers' matches among all judged students, of scores S x E."""
        test = self.judged
        candidates = None if test.candidates is None else test.candidates.T
        return float(np.nanmean(ranking(scores.T.contiguous(), test.matches.T, candidates)["auc"]))
