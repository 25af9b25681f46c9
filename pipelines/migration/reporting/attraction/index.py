"""The attraction index: one number a city, 100 for the top city."""

import numpy as np

from modules.migration.arrays import Float64Array
from pipelines.migration.reporting.attraction.shares import Shares

INFLOW, NET = 0.75, 0.25
"""Weights of the inflow share (brings in) and the net inflow share (keeps)."""


def attraction(share: Shares) -> Float64Array:
    """INFLOW * inflow share + NET * net inflow share, ... x N: what ranks the cities.

    After Zhaopin's index, whose two other parts (shares of fresh graduates and of masters and returnees)
    need a mover's degree, which flows do not tell; the weights are ours.
    """
    return INFLOW * share.of_inflow + NET * share.of_net


def scaled(value: Float64Array) -> Float64Array:
    """100 * value / the largest, and 0 for a city that loses over four times what it gains: ... x N."""
    floored = np.maximum(value, 0)
    top = floored.max(-1, keepdims=True)
    index: Float64Array = np.divide(100 * floored, top, out=np.zeros_like(floored), where=top > 0)
    return index
