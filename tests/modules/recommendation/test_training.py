from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor

from modules.errors import UserError
from modules.recommendation.batch import PairBatch
from modules.recommendation.data_module import STRETCH, PairBatches, PairDataModule, first_rows
from modules.recommendation.features import PairData
from modules.recommendation.pair_model import PairModel, Shape
from modules.recommendation.pair_module import PairModule
from modules.recommendation.rcjr.rcjr import RCJR
from modules.recommendation.sampling import NegativeSampler
from modules.recommendation.track import models_for
from modules.schema import Sampling
from modules.track import Hyperparameters, ModelSpec
from pipelines.fitting import LossCurve, fit
from tests.modules.recommendation.planted import SHAPE, TWO_SIDED, auc, planted

DATA = planted()
UNCROSSED = {"popularity", "logistic_regression", "hist_gradient_boosting"}
SPECS = {spec.name: spec for spec in models_for(Shape.of(DATA))}
CHOSEN: dict[str, float | int | str] = {
    "learning_rate": 0.02, "epochs": 8, "batch_size": 64, "embedding_dim": 8, "hidden_units": "32,16",
    "max_iter": 20, "max_leaf_nodes": 7, "l2_regularization": 1.0, "logarithmic_neurons": 16,
}  # fmt: skip


def fitted(
    name: str, data: PairData = DATA, curve: LossCurve | None = None, **others: float | str
) -> PairModel:
    spec: ModelSpec[Any, Any] = {each.name: each for each in models_for(Shape.of(data))}[name]
    network = fit(spec, data, {**CHOSEN, **others}, seed=3, curve=curve)
    assert isinstance(network, PairModel)
    return network


def judged(network: PairModel, data: PairData = DATA) -> float:
    """AUC over all employers of the judged students, or over the judged pairs where both sides decide."""
    pairs = data.judging
    if data.sampling is None:
        scores = network(data.students[pairs.student], data.employers[pairs.employer])
        return auc(scores.detach(), pairs.label)
    scores = network.score_all(data.students[pairs.student], data.employers)
    right = torch.zeros_like(scores)
    right[torch.arange(len(pairs)), pairs.employer] = 1.0
    return auc(scores.flatten(), right.flatten())


@pytest.mark.parametrize("name", [name for name in SPECS if name not in UNCROSSED])
def test_every_model_learns_who_goes_where(name: str) -> None:
    curve = LossCurve()
    network = fitted(name, curve=curve)
    assert judged(network) > 0.8
    assert not SPECS[name].learned or curve.losses[-1] < 0.8 * curve.losses[0]


def test_what_does_not_cross_fields_learns_nothing_here() -> None:
    assert all(judged(fitted(name)) < 0.7 for name in UNCROSSED)


def test_training_repeats_itself_by_the_seed() -> None:
    first, second = fitted("rcjr", epochs=2), fitted("rcjr", epochs=2)
    assert all(
        torch.equal(a, b)
        for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    )


def test_the_intent_is_learnt_beside_the_match() -> None:
    network = fitted("rcjr", epochs=25)
    rows = DATA.judging.student
    logits = network.intent_logits(DATA.students[rows])
    assert logits is not None
    grades = DATA.students.values[rows]
    right = logits.argmax(1) == (grades[:, -1] > grades[:, 0]).long()
    assert right.float().mean() > 0.85
    assert fitted("rcjr_single", epochs=1).intent_logits(DATA.students) is None


@pytest.mark.parametrize("kind", ["harmonic", "product"])
def test_where_both_decide_each_score_tells_its_own_decision(kind: str) -> None:
    data = planted(two_sided=True, students=800)
    network = fitted("rcjr", data, epochs=20, aggregation=kind, intent_weight=0.0)
    pairs = data.judging
    assert isinstance(network, RCJR)
    assert judged(network, data) > 0.95
    logits = network.directions(data.students[pairs.student], data.employers[pairs.employer])
    assert logits is not None
    assert pairs.decisions is not None
    for side in (0, 1):
        own, other = pairs.decisions[:, side], pairs.decisions[:, 1 - side]
        told = logits[:, side].detach()
        assert auc(told, own) > max(0.95, auc(told, other) + 0.2)


def test_an_epoch_has_every_hire_once_with_new_negatives() -> None:
    sampler = NegativeSampler.of(DATA, 0)
    batches = PairDataModule(DATA, sampler, batch_size=16, seed=1).train_dataloader()
    epochs = [[batch for stretch in batches for batch in stretch] for _ in range(2)]

    assert len(list(batches)) == len(batches) == -(-len(DATA.hires) * 4 // (16 * STRETCH))
    for epoch in epochs:
        label = torch.cat([batch.label for batch in epoch])
        majors = torch.cat([batch.students.codes[:, 0] for batch in epoch])[label > 0]
        assert int(label.sum()) == len(DATA.hires)
        assert len(label) == 4 * len(DATA.hires)
        assert majors.bincount().tolist() == DATA.students.codes[DATA.hires.student, 0].bincount().tolist()

    def negatives(epoch: list[Any]) -> Tensor:
        return torch.cat([batch.employers.codes[batch.label == 0, 0] for batch in epoch])

    assert not torch.equal(negatives(epochs[0]), negatives(epochs[1]))
    again = PairDataModule(DATA, sampler, batch_size=16, seed=1).train_dataloader()
    assert torch.equal(negatives([b for stretch in again for b in stretch]), negatives(epochs[0]))


def test_a_students_intent_stands_in_the_first_row_only() -> None:
    assert first_rows(torch.tensor([4, 2, 4, 2, 7])).tolist() == [True, True, False, False, True]
    batches = PairBatches(DATA, NegativeSampler.of(DATA, 0), 64, 0)
    pairs = batches.pairs(0)
    intent = batches.batch(pairs).intent
    assert intent is not None
    parts = zip(intent.split(64), pairs.student.split(64), strict=True)
    assert [int((part >= 0).sum()) for part, _ in parts] == [
        len(students.unique()) for students in pairs.student.split(64)
    ]


def test_a_stretch_is_the_same_steps_as_lightnings_own() -> None:
    source = PairDataModule(DATA, NegativeSampler.of(DATA, 0), 64, 2).train_dataloader()
    batches = [batch for stretch in source for batch in stretch]

    class Stretches:
        def __init__(self, size: int) -> None:
            self.stretches = [batches[i : i + size] for i in range(0, len(batches), size)]

        def __iter__(self) -> Iterator[list[PairBatch]]:
            return iter(self.stretches)

    def trained(size: int) -> PairModel:
        torch.manual_seed(0)
        network = RCJR(Shape.of(DATA), embedding_dim=4, unseen=0.0)
        pl.Trainer(
            max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False, gradient_clip_val=0.05,
            enable_progress_bar=False, enable_model_summary=False,
        ).fit(PairModule(network, 0.01, 1e-3, 1e-4), Stretches(size))  # fmt: skip
        return network

    one, many = trained(1), trained(7)
    for a, b in zip(one.parameters(), many.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_training_is_adam_on_the_loss_clipped_with_both_regularizers() -> None:
    batches = PairDataModule(DATA, NegativeSampler.of(DATA, 0), 64, 2).train_dataloader()
    first, second = (RCJR(Shape.of(DATA), embedding_dim=4, unseen=0.0) for _ in range(2))
    second.load_state_dict(first.state_dict())
    embeddings = second.embedding_parameters()
    others = [
        each for name, each in second.named_parameters() if not name.startswith(("student_", "employer_"))
    ]
    assert len(embeddings) == 6
    groups = [{"params": embeddings, "weight_decay": 1e-2}, {"params": others, "weight_decay": 1e-3}]
    adam = torch.optim.Adam(groups, lr=0.01)
    for batch in [batch for stretch in batches for batch in stretch]:
        adam.zero_grad()
        parts = batch.students, batch.employers, batch.label, batch.decisions, batch.intent
        second.loss(*parts).backward()
        torch.nn.utils.clip_grad_norm_(second.parameters(), 0.05)
        adam.step()

    again = PairDataModule(DATA, NegativeSampler.of(DATA, 0), 64, 2)
    pl.Trainer(
        max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False, gradient_clip_val=0.05,
        enable_progress_bar=False, enable_model_summary=False,
    ).fit(PairModule(first, 0.01, 1e-2, 1e-3), again)  # fmt: skip

    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)
        assert one.untyped_storage().nbytes() == one.numel() * 4


def test_the_chosen_models_must_mean_something_here() -> None:
    plain = Shape(SHAPE.students, SHAPE.employers)
    assert "rcjr_single" not in {spec.name for spec in models_for(plain)}
    assert "intent_weight" not in _space("rcjr", plain)
    assert _space("rcjr", TWO_SIDED)["aggregation"] == ("harmonic", "product")
    assert "aggregation" not in _space("rcjr", SHAPE)
    assert _space("rcjr", TWO_SIDED)["affinity"] == (0,)
    assert min(_space("fm", TWO_SIDED)["embedding_regularizer"]) >= max(
        _space("fm", SHAPE)["embedding_regularizer"]
    )
    assert {"rcjr_no_gate", "rcjr_no_affinity"} == {spec.name for spec in models_for(plain)} - {
        spec.name for spec in models_for(replace(plain, two_sided=True))
    }
    drawn = {spec.name for spec in models_for(SHAPE, sampling=Sampling("similar_u", 0.3, 4), employers=80)}
    assert {"rcjr_unlike_10", "rcjr_unlike_50", "rcjr_unlike_80", "rcjr_unlike_100"} == drawn - {
        spec.name for spec in models_for(SHAPE, sampling=Sampling("random", 0.3, 4), employers=80)
    }
    with pytest.raises(UserError, match="rcjr_single is rcjr without a part: list rcjr too"):
        models_for(SHAPE, ["popularity", "rcjr_single"])
    with pytest.raises(UserError, match=r"no model 'rcjr_single' for these data.*there are popularity"):
        models_for(plain, ["rcjr_single"])
    with pytest.raises(UserError, match="add a baseline, popularity at least"):
        models_for(SHAPE, ["rcjr"])


def _space(name: str, shape: Shape) -> Hyperparameters:
    return {spec.name: spec for spec in models_for(shape)}[name].space  # type: ignore[return-value]
