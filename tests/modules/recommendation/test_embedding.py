import pytest
import torch

from modules.recommendation.embedding import PackedEmbedding, second_order_std
from modules.recommendation.features import Features
from tests.modules.recommendation.planted import STUDENTS, features


def make(unseen: float = 0.0) -> PackedEmbedding:
    return PackedEmbedding(STUDENTS.vocabularies, STUDENTS.numbers, 4, unseen, std=1.0)


def test_no_two_categories_share_a_vector_and_numbers_scale_theirs() -> None:
    embedding = make().eval()
    codes = torch.cartesian_prod(torch.arange(4), torch.arange(6))
    vectors = embedding(Features(codes, torch.zeros(24, 5)))[:, :2]
    assert len(vectors.reshape(-1, 4).unique(dim=0)) == 4 + 6 == len(embedding.table)

    row = Features(torch.zeros(1, 2, dtype=torch.int64), torch.tensor([[2.0, 0, 0, 0, -1]]))
    expected = embedding.intercept.clone()
    expected[0] += 2 * embedding.slope[0]
    expected[4] -= embedding.slope[4]
    torch.testing.assert_close(embedding(row)[0, 2:], expected)


def test_masked_codes_teach_the_vector_of_unseen_values_in_training_only() -> None:
    torch.manual_seed(0)
    embedding, rows = make(unseen=0.3), features(200, STUDENTS, unseen=False)
    unseen = embedding.offsets
    embedding(rows).sum().backward()
    share = embedding.table.grad[unseen, 0] / 200
    assert bool(((share > 0.2) & (share < 0.4)).all())

    embedding.zero_grad()
    embedding.eval()(rows).sum().backward()
    assert bool((embedding.table.grad[unseen] == 0).all())


def test_first_order_weights_start_at_nothing_and_learn() -> None:
    torch.manual_seed(0)
    embedding, rows = (
        PackedEmbedding(STUDENTS.vocabularies, STUDENTS.numbers, 4, linear=True),
        features(9, STUDENTS),
    )
    vectors = embedding(rows)
    assert vectors.shape == (9, 2 + 5, 5)
    assert bool((vectors[..., :4] != 0).all())
    assert bool((vectors[..., 4] == 0).all())
    vectors[..., 4].sum().backward()
    assert bool((embedding.intercept.grad[:, 4] == 9).all())


def test_a_sum_of_many_products_starts_as_small_as_one_of_few() -> None:
    torch.manual_seed(0)
    for fields, width in ((4, 8), (70, 32)):
        sides = torch.randn(2, 2000, fields, width) * second_order_std(fields * fields, width)
        logits = (sides[0].sum(1) * sides[1].sum(1)).sum(1)
        assert float(logits.std()) == pytest.approx(0.3, rel=0.1)
