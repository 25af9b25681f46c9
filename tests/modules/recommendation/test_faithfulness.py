import numpy as np
import pytest
import torch
from torch import Tensor, nn

from modules.recommendation.explanation import leave_one_out, leave_one_out_pairs
from modules.recommendation.faithfulness import (
    by_importance,
    curves,
    jaccard,
    random_order,
    randomised,
    rank_correlation,
)
from modules.recommendation.features import Features
from modules.recommendation.pair_model import PairModel, Shape, SideShape
from modules.recommendation.rcjr.rcjr import RCJR
from tests.modules.recommendation.planted import SHAPE, pairs

SIDE = SideShape((1, 1), numeric=2)


class Sum(PairModel):
    """A logit of which every known field's part is written down."""

    name = "sum"

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape)
        self.student = nn.Parameter(torch.tensor([1.0, -0.5, 2.0, 0.25]))
        self.employer = nn.Parameter(torch.tensor([0.5, 3.0, 0.0, -1.0]))

    def forward(self, students: Features, employers: Features) -> Tensor:
        return self.of(students) @ self.student + self.of(employers) @ self.employer

    def of(self, rows: Features) -> Tensor:
        return torch.cat([rows.codes.float(), rows.values], dim=1)


def all_known(rows: int) -> Features:
    return Features(torch.ones(rows, 2, dtype=torch.int64), torch.ones(rows, 2))


def test_a_left_out_field_is_worth_its_part_of_a_sum() -> None:
    network = Sum(Shape(SIDE, SIDE)).eval()
    students, employers = leave_one_out_pairs(network, all_known(3), all_known(3))
    torch.testing.assert_close(students, network.student.detach().repeat(3, 1))
    torch.testing.assert_close(employers, network.employer.detach().repeat(3, 1))


def test_many_pairs_are_explained_like_each_alone() -> None:
    network, (students, employers) = RCJR(SHAPE).eval(), pairs(5)
    of_students, of_employers = leave_one_out_pairs(network, students, employers)
    for at in range(5):
        row = torch.tensor([at])
        alone = leave_one_out(network, students[row], employers[row])
        torch.testing.assert_close(of_students[at], alone[0], atol=1e-5, rtol=0)
        torch.testing.assert_close(of_employers[at], alone[1], atol=1e-5, rtol=0)


def test_the_figures_of_a_sum_are_those_of_its_probabilities() -> None:
    network = Sum(Shape(SIDE, SIDE)).eval()
    students, employers = all_known(1), all_known(1)
    order = by_importance(network.student.detach()[None])
    assert order.tolist() == [[2, 0, 3, 1]]
    found = curves(network, students, employers, "student", order)
    logits = torch.tensor([[5.25, 3.25, 2.25, 2.0, 2.5]])  # without none, the first, two, three, all
    torch.testing.assert_close(found.deletion, logits.double().sigmoid(), atol=1e-6, rtol=0)
    alone = torch.tensor([[2.5, 4.5, 5.5, 5.75, 5.25]])
    torch.testing.assert_close(found.insertion, alone.double().sigmoid(), atol=1e-6, rtol=0)
    sigmoid = torch.sigmoid
    one, two, three = (sigmoid(torch.tensor(x, dtype=torch.float64)) for x in (5.25, 2.0, 5.75))
    assert float(found.comprehensiveness()) == pytest.approx(float(one - two), abs=1e-6)
    assert float(found.sufficiency()) == pytest.approx(float(one - three), abs=1e-6)
    points = logits.double().sigmoid()[0]
    area = float((points[0] / 2 + points[1:4].sum() + points[4] / 2) / 4)
    assert float(found.deletion_area) == pytest.approx(area, abs=1e-6)
    assert float(found.insertion_area) > float(found.deletion_area)


def test_the_true_order_beats_a_random_one_on_either_side_and_the_reverse_loses() -> None:
    network = Sum(Shape(SIDE, SIDE)).eval()
    students = employers = all_known(200)
    for side, truth in (("student", network.student), ("employer", network.employer)):
        attribution = truth.detach().repeat(200, 1)
        orders = {
            "true": by_importance(attribution),
            "random": random_order(200, 4, 0),
            "reverse": by_importance(-attribution),
        }
        found = {
            name: curves(network, students, employers, side, order)  # type: ignore[arg-type]
            for name, order in orders.items()
        }
        lost = {name: float(each.comprehensiveness(1).mean()) for name, each in found.items()}
        assert lost["true"] > lost["random"] > lost["reverse"]
        area = {
            name: float((each.insertion_area - each.deletion_area).mean()) for name, each in found.items()
        }
        assert area["true"] > area["random"] > area["reverse"]


def test_more_fields_than_there_are_is_all_of_them() -> None:
    network = Sum(Shape(SIDE, SIDE)).eval()
    found = curves(network, all_known(2), all_known(2), "student", random_order(2, 4, 1))
    torch.testing.assert_close(found.comprehensiveness(9), found.deletion[:, 0] - found.deletion[:, 4])


def test_overlap_and_rank_correlation() -> None:
    first, second = torch.tensor([[0, 1, 2, 3, 4]]), torch.tensor([[1, 0, 4, 3, 2]])
    assert jaccard(first, second, 3).tolist() == pytest.approx([2 / 4])
    assert jaccard(first, first, 3).tolist() == [1]
    values = torch.tensor([[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
    found = rank_correlation(values, torch.tensor([[10.0, 20.0, 30.0, 99.0]]).repeat(3, 1))
    assert found[:2] == pytest.approx([1, -1])
    assert np.isnan(found[2])
    assert np.isnan(rank_correlation(values[:, :1], values[:, 1:2])).all()


def test_random_weights_are_others_of_the_same_network_and_disturb_no_seed() -> None:
    network, (students, employers) = RCJR(SHAPE, embedding_dim=4).eval(), pairs(4)
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    other = randomised(network, 3)
    assert torch.equal(torch.rand(1), expected)
    assert other.hyperparameters == network.hyperparameters
    assert not torch.allclose(other(students, employers), network(students, employers))
    torch.testing.assert_close(other(students, employers), randomised(network, 3)(students, employers))
