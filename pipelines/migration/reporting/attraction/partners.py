"""The cities that a city exchanges people with."""

import numpy as np

from modules.migration.arrays import Float64Array


def largest_partners(moves: Float64Array, most: int) -> list[list[int]]:
    """For every column of N x N, the rows with the largest moves, largest first, none of them 0 or unknown.

    Columns of counts give the sources of each city; the transpose gives destinations.
    """
    between = off_diagonal(moves)
    order = np.argsort(-between, axis=0, kind="stable")[:most]
    return [[int(i) for i in order[:, j] if between[i, j] > 0] for j in range(moves.shape[1])]


def largest_corridors(moves: Float64Array, most: int) -> list[tuple[int, int]]:
    """Origin and destination of the largest of N x N, largest first."""
    between = off_diagonal(moves)
    order = np.argsort(-between, axis=None, kind="stable")[:most]
    pairs = [divmod(int(place), moves.shape[1]) for place in order]
    return [(i, j) for i, j in pairs if between[i, j] > 0]


def largest_changes(change: Float64Array) -> list[list[int]]:
    """For every column of N x N, the row that gained most and the row that lost most, if any did."""
    between = off_diagonal(change)
    up, down = between.argmax(0), between.argmin(0)
    return [
        [int(i) for i, sign in ((up[j], 1), (down[j], -1)) if sign * between[i, j] > 0]
        for j in range(change.shape[1])
    ]


def off_diagonal(moves: Float64Array) -> Float64Array:
    """Moves between cities; unknown cells and the diagonal are 0."""
    return np.nan_to_num(moves.astype(np.float64)) * (1 - np.eye(moves.shape[-1]))
