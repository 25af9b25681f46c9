import numpy as np
import pytest

from pipelines.bootstrap import draw_resamples, percentile_interval, resampled_means


def test_the_weights_of_every_way_are_a_resample_of_it() -> None:
    drawn = draw_resamples(origins=10, regions=6, block=5, count=50, seed=0)
    assert (drawn.origin.sum(1) == 6).all()
    assert (drawn.destination.sum(1) == 6).all()
    assert (drawn.time[:, :5] == drawn.time[:, :1]).all(), "a block stays together"
    assert (drawn.time.sum(1) == 10).all()


def test_the_mean_under_a_resample_is_the_weighted_mean() -> None:
    generator = np.random.default_rng(0)
    error, cells = generator.random((4, 3, 3)), np.full((4, 3, 3), 2.0)
    drawn = draw_resamples(4, 3, 1, 20, seed=1)
    for index, found in enumerate(resampled_means(error, cells, drawn)):
        weight = np.einsum("t,i,j->tij", drawn.time[index], drawn.origin[index], drawn.destination[index])
        assert found == pytest.approx((weight * error).sum() / (weight * cells).sum())


def test_shared_regions_widen_the_interval() -> None:
    generator = np.random.default_rng(0)
    cells = np.ones((20, 12, 12))
    alone = generator.normal(0, 1, (20, 12, 12))
    shared = np.broadcast_to(generator.normal(0, 1, (1, 12, 1)), (20, 12, 12))
    drawn = draw_resamples(20, 12, 1, 400, seed=0)
    widths = [np.ptp(np.quantile(resampled_means(e, cells, drawn), [0.025, 0.975])) for e in (alone, shared)]
    assert widths[1] > 4 * widths[0]


def test_a_paired_difference_of_equal_models_is_nothing() -> None:
    error = np.random.default_rng(0).random((5, 4, 4))
    drawn = draw_resamples(5, 4, 1, 100, seed=0)
    means = resampled_means(error, np.ones_like(error), drawn)
    assert percentile_interval(0.0, means - means) == {"estimate": 0.0, "low": 0.0, "high": 0.0}
