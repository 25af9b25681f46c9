"""Weighted choices, one list a key, drawn for many keys at once."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


class Choices:
    """Lists of numbers with weights; `draw` picks one of the list that each key names."""

    def __init__(self, lists: Sequence[Mapping[int, float]]) -> None:
        self._items = np.array([item for one in lists for item in one], np.int32)
        bounds = []
        for key, one in enumerate(lists):
            share = np.cumsum(np.fromiter(one.values(), float))
            share /= share[-1]
            bounds.append(key + share)
        self._bounds = np.concatenate(bounds)

    def draw(self, keys: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int32]:
        """One item for every key: [n] -> [n]; inverse transform sampling."""
        at = np.searchsorted(self._bounds, keys + rng.random(len(keys)), side="right")
        return self._items[np.minimum(at, len(self._items) - 1)]
