import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, roc_auc_score

from modules.recommendation.metrics import against_drawn, ranking, resampled

PEOPLE, PLACES = 6, 9


@st.composite
def tables(draw: st.DrawFn) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    scores = torch.randint(0, draw(st.sampled_from([3, 1000])), (PEOPLE, PLACES), generator=generator)
    matches = torch.rand(PEOPLE, PLACES, generator=generator) < draw(st.sampled_from([0.1, 0.4]))
    return scores.float(), matches


@settings(deadline=None)
@given(tables())
def test_auc_is_scikit_learns(table: tuple[torch.Tensor, torch.Tensor]) -> None:
    scores, matches = table
    weights = torch.arange(1, PLACES + 1)
    found = ranking(scores, matches, popularity=weights)
    for person in range(PEOPLE):
        own = matches[person].numpy()
        if not own.any() or own.all():
            assert all(np.isnan(values[person]) for values in found.values())
            continue
        assert found["auc"][person] == pytest.approx(roc_auc_score(own, scores[person]))
        weighted = roc_auc_score(own, scores[person], sample_weight=np.where(own, 1, weights.numpy()))
        assert found["auc_popularity"][person] == pytest.approx(weighted)


@settings(deadline=None)
@given(st.permutations(range(PLACES)), st.integers(0, PLACES - 1))
def test_a_single_match_is_ranked_as_scikit_learn_ranks_it(order: list[int], match: int) -> None:
    scores = torch.tensor([order]).float()
    matches = torch.nn.functional.one_hot(torch.tensor([match]), PLACES).bool()
    found = ranking(scores, matches, top=3)
    assert found["ndcg"][0] == pytest.approx(ndcg_score(matches.numpy(), scores.numpy(), k=3))
    place = 1 + sum(other > order[match] for other in order)
    assert found["mrr"][0] == pytest.approx(1 / place)
    assert found["hr"][0] == (place <= 3)


def test_only_candidates_are_competitors() -> None:
    scores = torch.tensor([[1.0, 2.0, 0.5]])
    matches = torch.tensor([[True, False, False]])
    assert ranking(scores, matches)["auc"][0] == 0.5
    assert ranking(scores, matches, torch.tensor([[True, False, True]]))["auc"][0] == 1
    assert np.isnan(ranking(scores, matches, torch.tensor([[True, False, False]]))["auc"][0])


def test_drawn_candidates_count_half_when_equal() -> None:
    scores = torch.tensor([[1.0, 1.0, 0.0, 5.0]])
    found = against_drawn(scores, torch.tensor([0]), torch.tensor([0]), torch.tensor([[1, 2, 3, 2]]))
    assert found[0] == pytest.approx((0.5 + 1 + 0 + 1) / 4)


def test_resampled_means_leave_out_who_has_no_value() -> None:
    values = {"auc": np.array([1.0, np.nan, 0.0])}
    counts = np.array([[1.0, 1.0, 1.0], [3.0, 0.0, 0.0]])
    assert resampled(values, counts)["auc"].tolist() == [0.5, 1.0]
