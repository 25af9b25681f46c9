"""What stands in for a count that was too small to be listed."""

import numpy as np

from modules.migration.arrays import BoolArray, FloatArray


def below_the_cut(counts: FloatArray, censored: BoolArray, before: FloatArray) -> FloatArray:
    """The counts with each censored cell at half the smallest flow that its origin has listed in the period.

    Half the limit of detection is the usual stand-in (Hornung & Reed, Applied Occupational and Environmental
    Hygiene 5, 1990); a zero would be a fall that never happened, and in logs a deep one. An origin that lists
    no flow to another region keeps what it had before.

    Shapes:
        counts, censored, before: N x N; before is the period before, filled.
    """
    listed = ~censored & (counts > 0) & ~np.eye(len(counts), dtype=np.bool_)
    cut = np.where(listed, counts, np.inf).min(axis=1, keepdims=True)
    stand_in = np.where(np.isfinite(cut), cut / 2, before)
    return np.where(censored, stand_in, counts).astype(counts.dtype)
