"""The recommendation track's models: the naive, the classical and the learned, first to last."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from modules.errors import UserError, did_you_mean
from modules.recommendation.ablations import parts
from modules.recommendation.baselines.afn import AFN
from modules.recommendation.baselines.autoint import AutoInt
from modules.recommendation.baselines.concatenation import Concatenation
from modules.recommendation.baselines.dcn import DCN
from modules.recommendation.baselines.deepfm import DeepFM
from modules.recommendation.baselines.explore import EXPLORE
from modules.recommendation.baselines.fm import FM
from modules.recommendation.baselines.hist_gradient_boosting import HistGradientBoosting
from modules.recommendation.baselines.hist_gradient_boosting_fit import fit_hist_gradient_boosting
from modules.recommendation.baselines.logistic_regression import LogisticRegression
from modules.recommendation.baselines.popularity import Popularity
from modules.recommendation.data_module import PairBatches
from modules.recommendation.features import PairData
from modules.recommendation.pair_model import PairModel, Shape
from modules.recommendation.rcjr.rcjr import RCJR
from modules.recommendation.training import BATCH_SIZE, Spec, builder, by_gradient, negatives
from modules.schema import Sampling
from modules.track import Hyperparameters, ModelSpec

Space = Mapping[str, tuple[float | int | str, ...]]

_GRADIENT: Space = {
    "learning_rate": (2e-3, 5e-3),
    "embedding_regularizer": (1e-4, 3e-4, 1e-3),
    "epochs": (10, 20),
    "unseen": (0.02, 0.1),
}
_FACTORS: Space = {**_GRADIENT, "embedding_dim": (16, 32, 64)}
_DEEP: Space = {
    **_FACTORS,
    "hidden_units": ("64,32", "128,64"),
    "net_dropout": (0.0, 0.2),
}
_SLOW: Space = {**_DEEP, "embedding_dim": (16, 32)}
"""Of models whose time grows with the square of the fields, or of the width."""
_CROSSED: Space = {key: values for key, values in _SLOW.items() if key != "net_dropout"}
_TREES: Space = {
    "learning_rate": (0.03, 0.1),
    "max_iter": (50, 100, 200),
    "max_leaf_nodes": (15, 31),
    "l2_regularization": (0.0, 1.0, 10.0),
}
_RECIPROCAL: Space = {**_FACTORS, "intent_weight": (0.1, 0.3)}
_MEETINGS: Space = {"embedding_regularizer": (1e-3, 1e-2, 1e-1), "net_regularizer": (1e-3, 1e-2)}
_DIRECTED: Space = {
    "aggregation": ("harmonic", "product"),
    "direction_weight": (0.3, 1.0, 3.0),
    "affinity": (0,),
}


def _popularity(data: PairData, _: Hyperparameters) -> Popularity:
    return Popularity.fit(Shape.of(data), data.employers, data.popularity)


def _trees(data: PairData, chosen: Hyperparameters) -> HistGradientBoosting:
    batches = PairBatches(data, negatives(data, 0), BATCH_SIZE, 0)
    network, _ = fit_hist_gradient_boosting(Shape.of(data), batches.batch(batches.pairs(0)), chosen)
    return network


def _learned(network_type: type[PairModel], space: Space) -> Spec:
    return ModelSpec(network_type.name, builder(network_type), space, phases=(by_gradient,))


MODELS: tuple[Spec, ...] = (
    ModelSpec(Popularity.name, _popularity),
    _learned(LogisticRegression, _GRADIENT),
    _learned(FM, _FACTORS),
    _learned(EXPLORE, _FACTORS),
    _learned(Concatenation, _DEEP),
    _learned(DeepFM, _DEEP),
    _learned(DCN, {**_CROSSED, "hidden_units": ("64,64", "128,128"), "cross_layers": (1, 2, 3)}),
    _learned(AutoInt, {**_SLOW, "attention_layers": (1, 2, 3)}),
    _learned(AFN, {**_SLOW, "logarithmic_neurons": (32, 64, 128)}),
    ModelSpec(HistGradientBoosting.name, _trees, _TREES),
    replace(_learned(RCJR, _RECIPROCAL), role="own"),
)


def models_for(
    shape: Shape,
    chosen: Literal["all"] | Sequence[str] = "all",
    sampling: Sampling | None = None,
    employers: int = 0,
) -> tuple[Spec, ...]:
    """The chosen models, or all that mean something for a problem: baselines, ours, and ours without a part.

    Where both sides decide, RCJR joins two directed scores, without the affinity, which both would share; and
    since people who meet are few beside what is known of them, all weights are held down harder.

    Raises:
        UserError: naming a model that is unknown or means nothing here, a part without the whole, or if there
            is no baseline.
    """
    models = (*(_meant(model, shape) for model in MODELS), *parts(shape, sampling, employers))
    if chosen == "all":
        return models
    known = {model.name: model for model in models}
    for name in chosen:
        if name not in known:
            said = f"no model {name!r} for these data{did_you_mean(name, known)}"
            raise UserError(f"tune.models: {said}; there are {', '.join(known)}")
        whole = known[name].inherits
        if whole is not None and whole not in chosen:
            raise UserError(
                f"tune.models: {name} is {whole} without a part: list {whole} too, or leave it out"
            )
    if not any(known[name].role == "baseline" for name in chosen):
        raise UserError("tune.models: nothing to compare with; add a baseline, popularity at least")
    return tuple(model for model in models if model.name in chosen)


def _meant(spec: Spec, shape: Shape) -> Spec:
    space = dict(spec.space)
    if not shape.intents:
        space.pop("intent_weight", None)
    if shape.two_sided and spec.learned:
        space |= _MEETINGS
    if shape.two_sided and spec.role == "own":
        space |= _DIRECTED
    return replace(spec, space=space)
