"""What it costs our own model that it may not see the protected fields."""

from collections.abc import Mapping

import numpy as np

from modules.recommendation.metrics import ranking, resampled
from modules.recommendation.networks import load_network
from modules.recommendation.pair_model import PairModel
from pipelines.bootstrap import percentile_interval
from pipelines.config.recommendation import RecommendationRun
from pipelines.evaluation import Bounds
from pipelines.judging import fits
from pipelines.recommendation.fitting.data import WITH_PROTECTED, Fold, with_protected
from pipelines.recommendation.fitting.judged import judged
from pipelines.recommendation.judging.judgement import Judgement


def cost_of_run(name: str, config: RecommendationRun, judgement: Judgement) -> Bounds | None:
    """The cost, by the fits that train left beside the others; none where nothing is left out."""
    fold, own = with_protected(name, config), judgement.own
    if fold is None or own is None:
        return None
    return cost(judgement, fold, fits(name, own.name, WITH_PROTECTED, load_network))


def cost(judgement: Judgement, shown: Fold, networks: Mapping[int, PairModel]) -> Bounds:
    """AUC of our own model with the protected fields less its AUC without, the same test students resampled.

    Args:
        judgement: of a run with a model of our own.
        shown: the final fold with the protected fields.
        networks: fits of our own model on it, by seed.

    Raises:
        ValueError: if the run has no model of our own.
    """
    if judgement.own is None:
        raise ValueError("no model of our own took part")
    test = judged(shown.data)
    found = [
        ranking(test.scores(network), test.matches, test.candidates)["auc"] for network in networks.values()
    ]
    gain = np.mean(found, axis=0) - judgement.by_student(judgement.own.name)["auc"]
    drawn = resampled({"auc": gain}, judgement.counts)["auc"]
    return Bounds(**percentile_interval(float(np.nanmean(gain)), drawn))
