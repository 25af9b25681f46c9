"""The slices of a run's corridors on which models are compared."""

import numpy as np

from modules.migration.arrays import BoolArray
from pipelines.migration.fitting.data import RunData


def corridor_slices(data: RunData, scored: BoolArray) -> dict[str, BoolArray]:
    """Name -> corridors (N x N) that have a scored cell (`scored` is O x h x N x N).

    Large and small corridors by their mean flow before the test; near and far, if distances are known; the
    diagonal, if it is a flow.
    """
    diagonal = np.eye(scored.shape[-1], dtype=np.bool_)
    size, used = data.final.size.numpy(), scored.any((0, 1)) & ~diagonal
    parts: dict[str, BoolArray] = {}
    if used.any():
        edge = np.quantile(size[used], 0.9)
        parts = {"largest tenth of corridors": size > edge, "other corridors": size <= edge}
    if used.any() and data.flows.log_km is not None:
        middle = np.median(data.flows.log_km[used])
        parts |= {"near half": data.flows.log_km <= middle, "far half": data.flows.log_km > middle}
    masks = {name: part & used for name, part in parts.items()}
    masks["within a region"] = diagonal & scored.any((0, 1))
    return {name: mask for name, mask in masks.items() if mask.any()}
