import numpy as np
import pytest
import torch

from modules.migration.intervals import ConformalIntervals, size_classes


def noisy(generator: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    # Small corridors are noisier than large ones, and farther ahead is noisier than near.
    level = np.linspace(1, 8, 36).reshape(6, 6)
    spread = np.linspace(0.8, 0.1, 36).reshape(6, 6) * np.array([1.0, 2.0])[:, None, None]
    made = np.broadcast_to(np.expm1(level), (count, 2, 6, 6))
    return made, np.expm1(np.maximum(level + generator.normal(0, spread, (count, 2, 6, 6)), 0))


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_intervals_cover_new_data_of_the_same_kind_in_every_class(coverage: float) -> None:
    generator = np.random.default_rng(0)
    made, actual = noisy(generator, 200)
    scored = np.ones(actual.shape, dtype=bool)
    intervals = ConformalIntervals(6, 2)
    intervals.fit(made, actual, scored, torch.from_numpy(made[0, 0].copy()), coverage)
    made, actual = noisy(generator, 200)
    lower, upper = (bound.numpy() for bound in intervals(torch.from_numpy(made.copy())))
    inside = (actual >= lower) & (actual <= upper)
    classes = intervals.size_class.numpy()
    for step in range(2):
        for number in range(3):
            assert inside[:, step][:, classes == number].mean() == pytest.approx(coverage, abs=0.03)
    assert (lower >= 0).all()


def test_every_third_of_the_corridors_is_a_class() -> None:
    classes = size_classes(torch.arange(36.0).reshape(6, 6), np.ones((1, 1, 6, 6), dtype=bool))
    assert [int((classes == number).sum()) for number in range(3)] == [12, 12, 12]


def test_corridors_that_are_never_scored_do_not_move_the_classes() -> None:
    scored = np.ones((1, 1, 6, 6), dtype=bool)
    scored[..., np.arange(6), np.arange(6)] = False
    size = torch.arange(36.0).reshape(6, 6)
    size[range(6), range(6)] = 1e9
    classes = size_classes(size, scored)
    used = torch.from_numpy(scored[0, 0])
    assert [int((classes[used] == number).sum()) for number in range(3)] == [10, 10, 10]
