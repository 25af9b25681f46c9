from dataclasses import replace

import torch

from modules.recommendation.ablations import parts, threshold_of
from modules.recommendation.pair_model import Shape
from modules.recommendation.rcjr.rcjr import RCJR
from modules.recommendation.sampling import NegativeSampler
from modules.schema import Sampling
from tests.modules.recommendation.planted import planted

WHOLE = Sampling("similar_u", 0.5, 2)
DATA = replace(planted(), sampling=WHOLE)
SPECS = {spec.name: spec for spec in parts(Shape.of(DATA), WHOLE, len(DATA.employers))}
CHOSEN = {
    "learning_rate": 0.01,
    "epochs": 1,
    "embedding_dim": 4,
    "aggregation": "fuzzy",
    "intent_weight": 0.3,
}


def test_a_part_is_the_whole_but_for_what_its_name_says() -> None:
    """Of 12 employers, a tenth and three tenths are too few to draw two negatives from."""
    whole = RCJR(Shape.of(DATA), embedding_dim=4, intent_weight=0.3).hyperparameters
    left_out = {}
    for name, spec in SPECS.items():
        made = spec.build(DATA, CHOSEN).hyperparameters
        left_out[name] = {key: value for key, value in made.items() if value != whole[key]}
        assert spec.inherits == "rcjr"
        assert not spec.space
    assert left_out == {
        "rcjr_single": {"intent_weight": 0.0},
        "rcjr_no_preference": {"aggregation": "requirement"},
        "rcjr_no_requirement": {"aggregation": "preference"},
        "rcjr_no_gate": {"aggregation": "none"},
        "rcjr_no_affinity": {"affinity": 0},
        "rcjr_unlike_80": {},
        "rcjr_unlike_100": {},
    }


def test_another_threshold_draws_the_negatives_of_that_threshold() -> None:
    for name, spec in SPECS.items():
        share = threshold_of(name)
        phase = spec.phases[0](spec.build(DATA, CHOSEN), DATA, CHOSEN, 3)
        drawn = phase.batches.batches.negatives.draw((3, 0))
        sampling = replace(WHOLE, threshold=share or WHOLE.threshold)
        expected = NegativeSampler.of(replace(DATA, sampling=sampling), 3).draw((3, 0))
        assert torch.equal(drawn, expected), name
