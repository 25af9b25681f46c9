"""Which windows a network is trained on, and how often."""

from collections import Counter

import torch

from modules.migration.data_module import FlowDataModule
from modules.migration.flow_data import FlowData
from tests.modules.migration.planted import seasonal_flows


def drawn(half_life: float, seed: int = 0, epochs: int = 1) -> Counter[float]:
    """How often each window came, by its last history's sum."""
    loader = FlowDataModule(DATA, seed, half_life).train_dataloader()
    return Counter(
        float(last.sum()) for _ in range(epochs) for batch in loader for last in batch.history[:, -1]
    )


DATA = FlowData(seasonal_flows(steps=120), 12, 2, 100, 120)
WINDOWS = [float(DATA.fitting[index].history[-1].sum()) for index in range(len(DATA.fitting))]


def test_without_a_half_life_every_window_comes_once_an_epoch() -> None:
    assert drawn(0.0) == Counter(WINDOWS)


def test_with_a_half_life_late_windows_come_oftener_in_as_many_draws() -> None:
    found = drawn(0.25, epochs=40)
    assert found.total() == 40 * len(WINDOWS)
    quarter = len(WINDOWS) // 4
    early, late = (sum(found[each] for each in part) for part in (WINDOWS[:quarter], WINDOWS[-quarter:]))
    # A quarter of the windows is one half-life: three of them lie between, so about eight times as often.
    assert 6 < late / early < 10.5


def test_the_seed_decides_the_draw() -> None:
    first, again, other = (
        torch.cat([batch.history for batch in FlowDataModule(DATA, seed, 0.5).train_dataloader()])
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
