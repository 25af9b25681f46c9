"""The best of many scores, exactly."""

import torch
from torch import Tensor


def top(scores: Tensor, k: int) -> Tensor:
    """Rows of the k best scores, best first, equal ones by row; all of them if there are fewer.

    Args:
        scores: E.
        k: at least 1.
    """
    best, rows = torch.topk(scores, min(k + 1, len(scores)))
    if not bool((best[1:] < best[:-1]).all()):
        # topk leaves the order of equal scores open, and which of them come in last.
        rows = (scores >= best[:k][-1]).nonzero().squeeze(1)
        rows = rows[scores[rows].argsort(descending=True, stable=True)]
    return rows[:k]


def rank(scores: Tensor, row: int) -> int:
    """Where `top` would put a row, 1 for the first."""
    own = scores[row]
    return 1 + int((scores > own).sum()) + int((scores[:row] == own).sum())
