"""What tune and train do with recommenders."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import nn

from modules.recommendation.features import PairData
from modules.recommendation.networks import save_network
from modules.recommendation.pair_model import PairModel, Shape
from modules.recommendation.track import models_for
from modules.track import ModelSpec
from pipelines.config.recommendation import RecommendationRun
from pipelines.fitting import Fitting, Models
from pipelines.recommendation.fitting.data import WITH_PROTECTED, open_data, with_protected
from pipelines.recommendation.fitting.judged import judged


def models(data: PairData, named: Models) -> Sequence[ModelSpec[Any, Any]]:
    """The models that mean something for the data."""
    return models_for(Shape.of(data), named, data.sampling, len(data.employers))


def error(network: nn.Module, data: PairData) -> float:
    """1 - AUC of the judged students."""
    return 1 - judged(data).auc(_recommender(network))


def save(network: nn.Module, folder: Path) -> None:
    """Write weights and config."""
    save_network(_recommender(network), folder)


def _recommender(network: nn.Module) -> PairModel:
    if not isinstance(network, PairModel):
        raise TypeError(type(network).__name__)
    return network


class _Folds:
    def __init__(self, name: str, config: RecommendationRun) -> None:
        data = open_data(name, config)
        self.backtest, self.final = data.backtest.data, data.final.data
        self._named = name, config

    @cached_property
    def shown(self) -> PairData | None:
        """Final, with the protected fields."""
        fold = with_protected(*self._named)
        return None if fold is None else fold.data


def beside(folds: _Folds, spec: ModelSpec[Any, Any]) -> Mapping[str, PairData]:
    """Our own model with the protected fields, once more: what leaving them out costs."""
    shown = folds.shown if spec.role == "own" else None
    return {} if shown is None else {WITH_PROTECTED: shown}


FITTING = Fitting(open=_Folds, models=models, metric="auc_error", error=error, save=save, beside=beside)
