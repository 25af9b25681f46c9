"""Great-circle distance."""

import numpy as np
from numpy.typing import NDArray

_EARTH_RADIUS_KM = 6371.0088


def kilometres(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances between all pairs of points given in degrees (haversine): [N], [N] -> [N, N]."""
    phi, theta = np.radians(lat), np.radians(lon)
    north = np.sin((phi[:, None] - phi[None, :]) / 2) ** 2
    east = np.sin((theta[:, None] - theta[None, :]) / 2) ** 2
    chord = north + np.cos(phi)[:, None] * np.cos(phi)[None, :] * east
    km: NDArray[np.float64] = 2 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0)))
    return km
