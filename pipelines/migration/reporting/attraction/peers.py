"""Cities that are alike."""

import numpy as np

from modules.migration.arrays import Float64Array

MOST = 5


def profiles(moves: Float64Array) -> Float64Array:
    """Square roots of each city's shares of sources and of destinations: N x N -> N x 2N.

    The inner product of two is twice the mean Bhattacharyya coefficient of their partners, 0 with none in
    common. A corridor of the two with each other counts in neither.
    """
    into = moves / np.maximum(moves.sum(0), 1e-12)
    out = moves / np.maximum(moves.sum(1, keepdims=True), 1e-12)
    joined: Float64Array = np.sqrt(np.concatenate([into.T, out], axis=1))
    return joined


def nearest(vectors: Float64Array) -> list[list[tuple[int, float]]]:
    """The MOST cities with the largest cosine to each: N x d -> which, how similar."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.maximum(length, 1e-12)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -np.inf)
    order = np.argsort(-cosine, axis=1, kind="stable")[:, : min(MOST, len(vectors) - 1)]
    return [[(int(j), float(cosine[i, j])) for j in row] for i, row in enumerate(order)]
