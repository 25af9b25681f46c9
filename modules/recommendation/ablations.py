"""RCJR without a part of it, and with more or fewer employers that count as unlike."""

from collections.abc import Mapping
from dataclasses import replace

from modules.recommendation.features import PairData
from modules.recommendation.pair_model import Shape
from modules.recommendation.rcjr.rcjr import RCJR
from modules.recommendation.training import Spec, builder, by_gradient
from modules.schema import Sampling
from modules.track import Hyperparameters, ModelSpec, Phase

ABLATIONS: Mapping[str, Mapping[str, float | str]] = {
    "rcjr_single": {"intent_weight": 0.0},
    "rcjr_no_preference": {"aggregation": "requirement"},
    "rcjr_no_requirement": {"aggregation": "preference"},
    "rcjr_no_gate": {"aggregation": "none"},
    "rcjr_no_affinity": {"affinity": 0},
}
"""Table 4 of Zhu et al. 2021, the single task of table 6, and what is not the paper's."""
THRESHOLDS = (0.1, 0.3, 0.5, 0.8, 1.0)
"""Figure 4."""
_ROOM = 2
"""Employers that count as unlike for each negative, at least: a student's own are never drawn."""
_THRESHOLD = "rcjr_unlike_"


def parts(shape: Shape, sampling: Sampling | None, employers: int) -> tuple[Spec, ...]:
    """Those that mean something: without intents one task, where both decide no gate, affinity or draw.

    Each has the hyperparameters of the whole, so that the difference is what was left out.

    Args:
        shape: sizes of the problem.
        sampling: how negatives are drawn, if they are.
        employers: among whom; a share of too few to draw from is left out.
    """
    named = [
        ModelSpec(name, builder(RCJR, **fixed), phases=(by_gradient,), inherits=RCJR.name, role="part")
        for name, fixed in ABLATIONS.items()
        if not (name == "rcjr_single" and not shape.intents)
        and not (name in {"rcjr_no_gate", "rcjr_no_affinity"} and shape.two_sided)
    ]
    if sampling is None or sampling.method in {"random", "similar_c"}:
        return tuple(named)
    shares = [share for share in THRESHOLDS if share * employers >= _ROOM * sampling.negatives]
    return (*named, *(_at(share) for share in shares if share != sampling.threshold))


def threshold_of(name: str) -> float | None:
    """The share that counts as unlike in a part's negatives; none of another model."""
    share = name.removeprefix(_THRESHOLD)
    return int(share) / 100 if share != name else None


def _at(threshold: float) -> Spec:
    def phase(network: RCJR, data: PairData, chosen: Hyperparameters, seed: int) -> Phase:
        if data.sampling is None:
            msg = "both sides decide: there is no threshold"
            raise ValueError(msg)
        sampling = replace(data.sampling, threshold=threshold)
        return by_gradient(network, replace(data, sampling=sampling), chosen, seed)

    name = f"{_THRESHOLD}{round(100 * threshold)}"
    return ModelSpec(name, builder(RCJR), phases=(phase,), inherits=RCJR.name, role="part")
