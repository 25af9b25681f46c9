import pytest
import torch
from torch import Tensor

from modules.recommendation.features import Features
from modules.recommendation.integrated_gradients import integrated_gradients, path_attribution
from modules.recommendation.rcjr.rcjr import RCJR
from tests.modules.recommendation.planted import EMPLOYERS, SHAPE, STUDENTS, pairs


def network() -> RCJR:
    torch.manual_seed(2)
    return RCJR(SHAPE, embedding_dim=6, hidden_units="8").eval()


def test_of_a_linear_score_a_field_adds_its_own_term_whatever_the_steps() -> None:
    generator = torch.Generator().manual_seed(0)
    weights, start, end = (torch.randn(4, 5, 3, generator=generator) for _ in range(3))
    for steps in (1, 7):
        found = path_attribution(lambda fields: (weights * fields).sum((1, 2)), start, end, steps)
        torch.testing.assert_close(found.fields, (weights * (end - start)).sum(2))
        assert float(found.error.max()) < 1e-5


def test_of_a_curved_score_the_line_integral_is_known() -> None:
    # f = x^2 y on the line (0, 0) to (1, 2): x adds 2/3 f, y adds 1/3 f.
    def score(fields: Tensor) -> Tensor:
        return fields[:, 0, 0] ** 2 * fields[:, 1, 0]

    end = torch.tensor([[[1.0], [2.0]]])
    found = path_attribution(score, torch.zeros_like(end), end, 2000)
    torch.testing.assert_close(found.fields, torch.tensor([[4 / 3, 2 / 3]]), atol=1e-4, rtol=0)


def test_both_sides_agree_with_a_fine_line_integral_and_add_up_to_the_logit() -> None:
    model, (students, employers) = network(), pairs(6)
    coarse, fine = (integrated_gradients(model, students, employers, steps) for steps in (50, 400))
    for at, side in enumerate((STUDENTS, EMPLOYERS)):
        assert coarse[at].fields.shape == (6, side.fields)
        torch.testing.assert_close(coarse[at].fields, fine[at].fields, atol=5e-3, rtol=0)
    with torch.no_grad():
        nothing = Features(torch.zeros_like(students.codes), torch.zeros_like(students.values))
        change = model(students, employers) - model(nothing, employers)
    torch.testing.assert_close(fine[0].fields.sum(1), change, atol=2e-3, rtol=0)
    assert float(fine[0].error.max()) == pytest.approx(0, abs=2e-3)
    assert float(coarse[0].fields.abs().max()) > 0.01
