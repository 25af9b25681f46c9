"""What a period's moves say of each city: attraction and the four observable statistics."""

import numpy as np
import torch

from modules.migration.arrays import Float64Array, FloatArray
from modules.migration.dhg_sil.statistics import city_statistics
from modules.migration.dhg_sil.variables import VARIABLES
from pipelines.migration.reporting.attraction.index import attraction
from pipelines.migration.reporting.attraction.shares import shares

ATTRACTION = "attraction"
STATISTICS = (ATTRACTION, *VARIABLES)


def statistics(counts: Float64Array, log_km: FloatArray | None, *, diagonal: bool) -> dict[str, Float64Array]:
    """Each of STATISTICS, ... x N, of counts ... x N x N; NaN where it cannot be told.

    Args:
        counts: moves; NaN where unknown.
        log_km: N x N, or none: then reach is unknown everywhere.
        diagonal: whether moves inside a city are counted.
    """
    tensor = torch.from_numpy(counts.astype(np.float64))
    known = tensor.isfinite()
    km = torch.zeros(counts.shape[-2:]) if log_km is None else torch.from_numpy(log_km)
    found = city_statistics(tensor.nan_to_num(), known, km, diagonal=diagonal)
    if log_km is None:
        found["reach"] = torch.full_like(found["reach"], torch.nan)
    return {ATTRACTION: attraction(shares(counts))} | {name: found[name].numpy() for name in VARIABLES}
