import itertools
from pathlib import Path

import pytest
import torch
from torch import Tensor

from modules.errors import UserError
from modules.recommendation.baselines import autoint
from modules.recommendation.baselines.afn import AFN
from modules.recommendation.baselines.autoint import AutoInt
from modules.recommendation.baselines.concatenation import Concatenation
from modules.recommendation.baselines.dcn import DCN
from modules.recommendation.baselines.deepfm import DeepFM
from modules.recommendation.baselines.explore import EXPLORE
from modules.recommendation.baselines.field_model import FieldModel
from modules.recommendation.baselines.fm import FM
from modules.recommendation.baselines.hist_gradient_boosting_fit import fit_hist_gradient_boosting
from modules.recommendation.baselines.logistic_regression import LogisticRegression
from modules.recommendation.baselines.popularity import Popularity
from modules.recommendation.batch import PairBatch
from modules.recommendation.features import Features
from modules.recommendation.networks import NETWORKS, load_network, save_network
from modules.recommendation.pair_model import PairModel, Shape, SideShape
from modules.recommendation.rcjr.rcjr import RCJR
from tests.modules.recommendation.planted import EMPLOYERS, SHAPE, STUDENTS, auc, features, pairs

DIM = 4


def trees() -> PairModel:
    students, employers = pairs(300)
    label = (students.values[:, 0] + employers.values[:, 0] > 0).float()
    return fit_hist_gradient_boosting(SHAPE, PairBatch(students, employers, label), TREES)[0]


TREES = {"learning_rate": 0.1, "max_iter": 20, "max_leaf_nodes": 7, "l2_regularization": 1.0}
MAKERS = {
    "popularity": lambda: Popularity.fit(SHAPE, features(9, EMPLOYERS), torch.arange(9)),
    "hist_gradient_boosting": trees,
    "autoint": lambda: AutoInt(SHAPE, embedding_dim=DIM, attention_dim=6, hidden_units="5"),
} | {
    network.name: lambda network=network: network(SHAPE)
    for network in (LogisticRegression, FM, EXPLORE, Concatenation, DeepFM, DCN, AFN, RCJR)
}


def make(name: str) -> PairModel:
    torch.manual_seed(1)
    model = MAKERS[name]()
    for parameter in model.parameters():  # far enough from 0 for a missing term to show
        torch.nn.init.normal_(parameter, std=0.5)
    return model.eval()


def embedded(model: FieldModel, width: int) -> tuple[Tensor, Tensor]:
    """Fields B x F x d, and their first-order weights B x F."""
    students, employers = pairs(6)
    joined = Features(
        torch.cat([students.codes, employers.codes], 1), torch.cat([students.values, employers.values], 1)
    )
    vectors = model.embedding(joined)
    return vectors[..., :width], vectors[..., width:].squeeze(-1)


@pytest.mark.parametrize("name", sorted(NETWORKS))
@torch.no_grad()
def test_all_pairs_are_scored_as_each_pair_is(name: str) -> None:
    model, students, employers = make(name), features(7, STUDENTS), features(11, EMPLOYERS, 1)
    scores = model.score_all(students, employers)
    assert scores.shape == (7, 11)
    for s, e in ((0, 0), (3, 10), (6, 4)):
        torch.testing.assert_close(scores[s, [e]], model(students[[s]], employers[[e]]), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", sorted(NETWORKS))
@torch.no_grad()
def test_a_saved_model_scores_the_same(name: str, tmp_path: Path) -> None:
    model = make(name)
    save_network(model, tmp_path)
    loaded = load_network(tmp_path)
    assert type(loaded) is type(model)
    assert torch.equal(loaded(*pairs(20)), model(*pairs(20)))


def test_another_format_is_refused(tmp_path: Path) -> None:
    save_network(make("fm"), tmp_path)
    config = tmp_path / "config.json"
    config.write_text(config.read_text(encoding="utf-8").replace('"fm"', '"gm"'), encoding="utf-8")
    with pytest.raises(UserError, match=r"config.json: format 1 of model gm; this version reads"):
        load_network(tmp_path)


@torch.no_grad()
def test_fm_and_deepfm_sum_over_pairs_of_fields() -> None:
    for name in ("fm", "deepfm"):
        model = make(name)
        assert isinstance(model, FM | DeepFM)
        vectors, first = embedded(model, model.width)
        expected = first.sum(1) + (model.bias if isinstance(model, FM) else 0)
        for f, g in itertools.combinations(range(vectors.shape[1]), 2):
            expected = expected + (vectors[:, f] * vectors[:, g]).sum(1)
        if isinstance(model, DeepFM):
            expected = expected + model.deep(vectors.flatten(1)).squeeze(1)
        torch.testing.assert_close(model(*pairs(6)), expected, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_explore_multiplies_sums_of_features() -> None:
    model = make("explore")
    assert isinstance(model, EXPLORE)
    students, employers = pairs(6)
    p, q = model.student_embedding(students), model.employer_embedding(employers)
    expected = [
        float(
            model.bias
            + sum(a[:-1] @ b[:-1] for a in p[i] for b in q[i])
            + p[i, :, -1].sum()
            + q[i, :, -1].sum()
        )
        for i in range(6)
    ]
    torch.testing.assert_close(model(students, employers), torch.tensor(expected), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_dcn_crosses_with_the_first_layer() -> None:
    model = make("dcn")
    assert isinstance(model, DCN)
    first = embedded(model, model.width)[0].flatten(1)
    rows = []
    for x0 in first:
        x = x0
        for layer, bias in zip(model.cross, model.cross_bias, strict=True):
            x = x0 * (layer.weight[0] @ x) + bias + x
        one, two = (layer.linear for layer in model.deep)
        hidden = (one.weight @ x0 + one.bias).clamp_min(0)
        hidden = (two.weight @ hidden + two.bias + hidden).clamp_min(0)
        rows.append(model.joint(torch.cat([x, hidden])))
    torch.testing.assert_close(model(*pairs(6)), torch.cat(rows), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_autoint_attends_head_by_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autoint, "_ROWS", 4)
    model = make("autoint")
    assert isinstance(model, AutoInt)
    vectors, _ = embedded(model, DIM)
    rows = []
    for fields in vectors:
        e = fields
        for layer in model.attention:
            projected = e @ layer.projection.weight.t()
            heads = []
            for query, key, value in (projected[:, :9].split(3, dim=1), projected[:, 9:18].split(3, dim=1)):
                weights = torch.stack([torch.stack([q @ k for k in key]).softmax(0) for q in query])
                heads.append(weights @ value)
            residual = projected[:, 18:]
            e = (torch.cat(heads, dim=1) + residual).clamp_min(0)
        rows.append(model.out(e.flatten()) + model.deep(fields.flatten()))
    torch.testing.assert_close(model(*pairs(6)), torch.cat(rows), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_afn_raises_fields_to_learnt_powers() -> None:
    model = make("afn")
    assert isinstance(model, AFN)
    model.orders.weight.mul_(0.2)
    vectors, _ = embedded(model, model.width)
    held = vectors.abs().clamp_min(1e-5)
    crosses = torch.stack([(held ** c[:, None]).prod(1) for c in _folded_orders(model)], dim=2)
    # A batch norm at its start has mean 0 and variance 1: y = x * weight / sqrt(1 + eps) + bias.
    norm = model.cross_norm
    shift = (model.orders.weight @ model.log_norm.bias).exp()
    normed = crosses * shift * norm.weight / (1 + norm.eps) ** 0.5 + norm.bias
    torch.testing.assert_close(
        model(*pairs(6)), model.deep(normed.flatten(1)).squeeze(1), atol=1e-3, rtol=1e-3
    )


def _folded_orders(model: AFN) -> Tensor:
    return model.orders.weight * model.log_norm.weight / (1 + model.log_norm.eps) ** 0.5


def test_trees_are_scikit_learns_and_learn_from_codes_and_numbers() -> None:
    students, employers = pairs(600)
    kind = (students.codes[:, 1] % 2) * 2.0 - 1
    label = (kind + students.values[:, 0] + employers.values[:, 0] > 0).float()
    batch = PairBatch(students, employers, label)

    network, model = fit_hist_gradient_boosting(SHAPE, batch, TREES)

    others = pairs(500, 70)
    expected = model.predict_proba(network.columns(*others).numpy())[:, 1]
    torch.testing.assert_close(
        network(*others).double().sigmoid(), torch.from_numpy(expected), atol=1e-6, rtol=0
    )
    truth = (
        (others[0].codes[:, 1] % 2) * 2.0 - 1 + others[0].values[:, 0] + others[1].values[:, 0] > 0
    ).float()
    assert auc(network(*others), truth) > 0.9


def test_a_category_of_one_row_does_not_give_its_label_away() -> None:
    rows, generator = 400, torch.Generator().manual_seed(0)
    shape = Shape(SideShape((rows,)), SideShape((2,)))
    label = (torch.rand(rows, generator=generator) > 0.5).float()
    students = Features(torch.arange(1, rows + 1)[:, None], torch.zeros(rows, 0))
    employers = Features(torch.ones(rows, 1, dtype=torch.int64), torch.zeros(rows, 0))

    network, _ = fit_hist_gradient_boosting(shape, PairBatch(students, employers, label), TREES)

    assert network(students, employers).sigmoid().std() < 0.1


def test_popularity_ranks_by_hires_and_knows_strangers() -> None:
    employers = Features(torch.tensor([[1, 2], [2, 1], [3, 3]]), torch.zeros(3, 0))
    model = Popularity.fit(Shape(STUDENTS, SideShape((3, 3))), employers, torch.tensor([5, 0, 9]))
    stranger = Features(torch.tensor([[1, 3]]), torch.zeros(1, 0))
    assert model(features(3, STUDENTS), employers).argsort().tolist() == [1, 0, 2]
    assert float(model(features(1, STUDENTS), stranger)) == float(
        model(features(1, STUDENTS), employers[[1]])
    )
