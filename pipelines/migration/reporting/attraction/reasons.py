"""Why the model expects a city's inflow: the addends of its corridors' forecasts, put together by city."""

import numpy as np

from modules.migration.arrays import Float64Array, FloatArray
from modules.migration.predictor import Explanation
from pipelines.migration.reporting.attraction.partners import off_diagonal
from pipelines.migration.reporting.attraction.record import Reasons
from pipelines.migration.reporting.attraction.rounding import significant

OWN = "own"


def reasons(explained: Explanation, forecast: Float64Array) -> Reasons:
    """Mean addend over the corridors into each city, weighted by their forecasts, for every period ahead.

    The corridors' own lags one by one, every other lagged input summed over its lags, then the terms. They
    add up to the same mean of log1p(forecast), but for cells clipped at 0. An addend that is 0 everywhere is
    left out.

    Args:
        explained: the model's addends.
        forecast: h x N x N, moves.
    """
    own = explained.lags.get(OWN)
    if own is None:
        return NO_REASONS
    weights = np.stack([off_diagonal(step) for step in forecast])
    weights /= np.maximum(weights.sum(1, keepdims=True), 1e-12)

    def by_city(addend: FloatArray) -> Float64Array:
        return np.asarray((addend * weights).sum(1), dtype=np.float64)  # h x N

    parts = {str(lag): by_city(own[:, -lag]) for lag in range(1, own.shape[1] + 1)}
    parts |= {name: by_city(lagged.sum(1)) for name, lagged in explained.lags.items() if name != OWN}
    parts |= {name: by_city(term) for name, term in explained.terms.items()}
    kept = [name for name in parts if name.isdigit() or np.abs(parts[name]).max() > 0]
    table = np.stack([parts[name] for name in kept], axis=-1)
    return Reasons(
        lags=own.shape[1],
        addends=tuple(kept),
        value=tuple(
            tuple(tuple(significant(value, 4) for value in city) for city in step) for step in table.tolist()
        ),
    )


NO_REASONS = Reasons(lags=0, addends=(), value=())
"""What a model that cannot be taken apart has to say."""
