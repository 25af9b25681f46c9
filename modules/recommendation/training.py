"""How a recommender is built and trained by gradient descent."""

import inspect
from collections.abc import Callable
from typing import Any

from modules.recommendation.data_module import PairDataModule
from modules.recommendation.features import PairData
from modules.recommendation.pair_model import PairModel, Shape
from modules.recommendation.pair_module import PairModule
from modules.recommendation.sampling import NegativeSampler
from modules.track import Hyperparameters, ModelSpec, Phase

Spec = ModelSpec[PairData, Any]
BATCH_SIZE = 256


def negatives(data: PairData, seed: int) -> NegativeSampler | None:
    """What draws negatives; none where both sides decide."""
    return None if data.sampling is None else NegativeSampler.of(data, seed)


def by_gradient(network: PairModel, data: PairData, chosen: Hyperparameters, seed: int) -> Phase:
    """All epochs, in the batches that the hyperparameters ask for."""
    batch_size = int(chosen.get("batch_size", BATCH_SIZE))
    batches = PairDataModule(data, negatives(data, seed), batch_size, seed)
    module = PairModule(
        network,
        float(chosen["learning_rate"]),
        float(chosen.get("embedding_regularizer", 0.0)),
        float(chosen.get("net_regularizer", 0.0)),
    )
    return Phase(module, batches, int(chosen["epochs"]) * len(batches.batches))


def builder(
    network_type: type[PairModel], **fixed: float | str
) -> Callable[[PairData, Hyperparameters], PairModel]:
    """What builds a network from those of the chosen hyperparameters that its constructor takes."""
    accepted = inspect.signature(network_type).parameters.keys() - {"shape"}

    def build(data: PairData, chosen: Hyperparameters) -> PairModel:
        given = {name: value for name, value in chosen.items() if name in accepted}
        return network_type(Shape.of(data), **{**given, **fixed})

    return build
