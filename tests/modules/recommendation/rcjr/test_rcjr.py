import itertools
import math
from typing import get_args

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from modules.errors import UserError
from modules.recommendation.embedding import PackedEmbedding
from modules.recommendation.features import Features
from modules.recommendation.pair_model import PairModel, Shape, SideShape
from modules.recommendation.rcjr.aggregation import Kind
from modules.recommendation.rcjr.rcjr import RCJR
from tests.modules.recommendation.planted import EMPLOYERS, SHAPE, STUDENTS, TWO_SIDED, features, pairs

KINDS = get_args(Kind)


def make(kind: str = "fuzzy", shape: Shape = SHAPE, **others: float | str) -> RCJR:
    torch.manual_seed(3)
    return RCJR(shape, embedding_dim=4, hidden_units="6", aggregation=kind, **others).eval()


def looked_up(embedding: PackedEmbedding, row: Features) -> list[Tensor]:
    """Each field's vector of one row, by the definition."""
    codes, values = row.codes[0].tolist(), row.values[0].tolist()
    vectors = [embedding.table[int(embedding.offsets[f]) + code] for f, code in enumerate(codes)]
    numbers = zip(values, embedding.slope, embedding.intercept, strict=True)
    return vectors + [z * slope + intercept for z, slope, intercept in numbers]


def attended(query: Tensor, fields: list[Tensor]) -> tuple[list[float], Tensor]:
    likeness = [math.exp(float((query @ field).detach()) / math.sqrt(len(query))) for field in fields]
    weights = [each / sum(likeness) for each in likeness]
    return weights, sum(
        (w * field for w, field in zip(weights, fields, strict=True)), torch.zeros_like(query)
    )


def perceptron(network: nn.Sequential, x: Tensor) -> Tensor:
    first, last = network[0], network[2]
    assert isinstance(first, nn.Linear)
    assert isinstance(last, nn.Linear)
    return last.weight @ (first.weight @ x + first.bias).clamp_min(0) + last.bias


def by_the_paper(model: RCJR, student: Features, employer: Features) -> float:
    """Equations (6)-(13), one pair at a time, and the affinity."""
    p, q = looked_up(model.student_embedding, student), looked_up(model.employer_embedding, employer)
    preference, requirement = attended(sum(p[1:], p[0]), q)[1], attended(sum(q[1:], q[0]), p)[1]
    part = model.aggregation
    affinity = sum(p[1:], p[0]) @ sum(q[1:], q[0]) if model.affinity else torch.zeros(())
    if part.kind in {"harmonic", "product"}:
        a = float((perceptron(part.student, preference) + affinity).sigmoid())
        b = float((perceptron(part.employer, requirement) + affinity).sigmoid())
        match = 2 * a * b / (a + b) if part.kind == "harmonic" else a * b
        return math.log(match / (1 - match))
    if part.kind == "fuzzy":
        gate = (part.w_p.weight @ preference + part.w_q.weight @ requirement).sigmoid()
        joined = gate * preference + (1 - gate) * requirement
    else:
        joined = {
            "none": torch.cat([preference, requirement]),
            "mean": (preference + requirement) / 2,
            "dot": preference * requirement,
            "preference": preference,
            "requirement": requirement,
        }[part.kind]
    return float(perceptron(part.top, joined) + affinity)


@pytest.mark.parametrize(("kind", "gate"), [*zip(KINDS, itertools.repeat("vector")), ("fuzzy", "scalar")])
@pytest.mark.parametrize("affinity", [0, 1])
@torch.no_grad()
def test_a_pair_is_scored_by_the_papers_equations(kind: str, gate: str, affinity: int) -> None:
    model, (students, employers) = make(kind, gate=gate, affinity=affinity), pairs(9)

    expected = [by_the_paper(model, students[[i]], employers[[i]]) for i in range(9)]

    torch.testing.assert_close(model(students, employers), torch.tensor(expected), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("affinity", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_all_pairs_are_scored_as_each_pair_is(kind: str, affinity: int) -> None:
    model, students = make(kind, affinity=affinity), features(5, STUDENTS)
    employers = features(5000, EMPLOYERS, 1)

    scores = model.score_all(students, employers)

    torch.testing.assert_close(scores, PairModel.score_all(model, students, employers), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_attention_is_the_papers_and_adds_up_to_one() -> None:
    model, (students, employers) = make(), pairs(4)

    on_students, on_employers = model.attention(students, employers)

    p = looked_up(model.student_embedding, students[[2]])
    q = looked_up(model.employer_embedding, employers[[2]])
    assert on_students[2].tolist() == pytest.approx(attended(sum(q[1:], q[0]), p)[0], abs=1e-5)
    assert on_employers[2].tolist() == pytest.approx(attended(sum(p[1:], p[0]), q)[0], abs=1e-5)
    assert on_students.shape == (4, STUDENTS.fields)
    torch.testing.assert_close(on_employers.sum(1), torch.ones(4))


@torch.no_grad()
def test_intent_reads_the_grades_in_order_and_the_fields() -> None:
    model, students = make(), features(3, STUDENTS)
    p = torch.stack(looked_up(model.student_embedding, students[[1]]))
    assert model.intent is not None
    gru = model.intent.gru
    assert gru is not None

    state = torch.zeros(4)
    for grade in p[-4:]:  # Cho et al. 2014, in torch's order of gates
        inner = (gru.weight_ih_l0 @ grade + gru.bias_ih_l0).view(3, 4)
        outer = (gru.weight_hh_l0 @ state + gru.bias_hh_l0).view(3, 4)
        reset, update = (inner[0] + outer[0]).sigmoid(), (inner[1] + outer[1]).sigmoid()
        state = (1 - update) * (inner[2] + reset * outer[2]).tanh() + update * state
    expected = perceptron(model.intent.mlp, torch.cat([p.flatten(), state]))

    logits = model.intent_logits(students)
    assert logits is not None
    torch.testing.assert_close(logits[1], expected, atol=1e-5, rtol=1e-5)


def test_the_intents_loss_counts_a_student_once_and_unknown_ones_never() -> None:
    model, (students, employers) = make(intent_weight=0.3), pairs(6)
    label, intent = torch.tensor([1.0, 0, 0, 1, 0, 0]), torch.tensor([2, -1, -1, 0, -1, -1])

    logits = model.intent_logits(students)
    assert logits is not None
    expected = binary_cross_entropy_with_logits(model(students, employers), label)
    expected = expected + 0.3 * cross_entropy(logits[[0, 3]], intent[[0, 3]])

    torch.testing.assert_close(model.loss(students, employers, label, None, intent), expected)


@pytest.mark.parametrize("kind", ["harmonic", "product", "fuzzy"])
def test_where_both_decide_each_directed_score_learns_from_its_own_decision(kind: str) -> None:
    model = make(kind, TWO_SIDED, intent_weight=0.0, direction_weight=0.5)
    students, employers = pairs(8)
    decisions = (torch.rand(8, 2, generator=torch.Generator().manual_seed(1)) > 0.5).float()
    label = decisions.prod(1)
    p, q = model.student_embedding(students), model.employer_embedding(employers)
    extracted = [
        (attended(sum(a[1:], a[0]), list(b))[1], attended(sum(b[1:], b[0]), list(a))[1])
        for a, b in zip(p, q, strict=True)
    ]
    affinity = (p.sum(1) * q.sum(1)).sum(1)
    student = torch.cat([perceptron(model.aggregation.student, each) for each, _ in extracted]) + affinity
    employer = torch.cat([perceptron(model.aggregation.employer, each) for _, each in extracted]) + affinity

    expected = binary_cross_entropy_with_logits(model(students, employers), label)
    for score, decided in ((student, decisions[:, 0]), (employer, decisions[:, 1])):
        expected = expected + 0.5 * binary_cross_entropy_with_logits(score, decided)

    loss = model.loss(students, employers, label, decisions)
    torch.testing.assert_close(loss, expected, atol=1e-5, rtol=1e-5)


def test_extreme_directed_scores_give_finite_logits_and_gradients() -> None:
    model, (students, employers) = make("product"), pairs(2)
    with torch.no_grad():
        for head in (model.aggregation.student, model.aggregation.employer):
            head[-1].bias.fill_(80.0)
    loss = model.loss(students, employers, torch.tensor([0.0, 1.0]))
    loss.backward()
    assert bool(loss.isfinite())
    assert all(bool(each.grad.isfinite().all()) for each in model.parameters() if each.grad is not None)


@torch.no_grad()
def test_an_ablation_leaves_its_part_out() -> None:
    whole = set(dict(make().named_parameters()))

    assert not any("intent" in name for name, _ in make(intent_weight=0.0).named_parameters())
    assert make(intent_weight=0.0).intent_logits(features(2, STUDENTS)) is None
    assert whole - set(dict(make("none").named_parameters())) == {
        "aggregation.w_p.weight",
        "aggregation.w_q.weight",
    }
    students, employers = pairs(3)
    for kind, side in (("preference", 0), ("requirement", 1)):
        model = make(kind)
        seen: list[Tensor] = []
        model.aggregation.top[0].register_forward_hook(lambda _, given, __, seen=seen: seen.append(given[0]))
        model(students, employers)
        p, q = model.student_embedding(students), model.employer_embedding(employers)
        expected = (attended(p[0].sum(0), list(q[0])), attended(q[0].sum(0), list(p[0])))[side][1]
        torch.testing.assert_close(seen[0][0], expected, atol=1e-5, rtol=1e-5)


def test_an_unknown_aggregation_is_said() -> None:
    with pytest.raises(UserError, match="no 'fuzy' with a 'vector' gate; there are none, mean"):
        make("fuzy")


@torch.no_grad()
def test_a_bank_ranks_exactly_and_takes_another_employer_in() -> None:
    model, employers = make(), features(3000, EMPLOYERS)
    student = model.student_embedding(features(1, STUDENTS, 4))[0]
    bank = model.employer_bank(employers)
    scores = bank.scores(student)

    best, rows = bank.top(student, 10)
    order = scores.argsort(descending=True, stable=True)[:10]
    assert rows.tolist() == order.tolist()
    torch.testing.assert_close(best, scores[order])

    other = features(1, EMPLOYERS, 99)
    bank.update(2500, other)
    expected = model(features(1, STUDENTS, 4), other)
    torch.testing.assert_close(bank.scores(student)[[2500]], expected, atol=1e-5, rtol=1e-5)
    unchanged = torch.arange(3000) != 2500
    assert torch.equal(bank.scores(student)[unchanged], scores[unchanged])
    with pytest.raises(IndexError, match="row 3000 of 3000"):
        bank.update(3000, other)


@torch.no_grad()
def test_equal_employers_rank_by_row_and_a_short_bank_gives_all() -> None:
    model = make()
    employers = features(1, EMPLOYERS)[torch.zeros(7, dtype=torch.int64)]
    student = model.student_embedding(features(1, STUDENTS))[0]
    assert model.employer_bank(employers).top(student, 4)[1].tolist() == [0, 1, 2, 3]
    assert model.employer_bank(employers).top(student, 20)[1].tolist() == list(range(7))


def test_a_student_without_grades_has_an_intent_too() -> None:
    model = make(shape=Shape(SideShape((3, 5)), EMPLOYERS, intents=2))
    logits = model.intent_logits(features(4, SideShape((3, 5))))
    assert logits is not None
    assert logits.shape == (4, 2)
