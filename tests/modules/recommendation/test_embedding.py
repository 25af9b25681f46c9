import torch

from modules.recommendation.embedding import PackedEmbedding
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
