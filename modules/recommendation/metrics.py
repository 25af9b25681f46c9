"""How well a recommender orders candidates, person by person."""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Float64Array = NDArray[np.float64]
Value = TypeVar("Value", float, Float64Array)
CHANCE = 0.5
"""The AUC of a coin."""
RANKING = ("auc", "auc_popularity", "hr", "ndcg", "mrr")
"""Of `ranking`, all better when larger; `auc_popularity` where popularity is given."""

_CHUNK = 512
"""Matches that are compared with their candidates at a time."""


def ranking(
    scores: Tensor,
    matches: Tensor,
    candidates: Tensor | None = None,
    popularity: Tensor | None = None,
    top: int = 10,
) -> dict[str, Float64Array]:
    """Where each person's matches stand among the person's other candidates; NaN for who has none of either.

    With r the rank of a match among the non-matches (ties count half) and n their number, and the mean taken
    over the person's matches: AUC = 1 - (r - 1) / n, equation (14) of Zhu et al. (2021) with every non-match
    instead of a draw of them; auc_popularity the same with each non-match weighing as often as training has
    it, so that popularity alone is worth nothing; HR@top = [r <= top]; NDCG@top = [r <= top] / log2(1 + r)
    (Jarvelin and Kekalainen, ACM TOIS 2002, with one relevant item); MRR = 1 / r.

    Args:
        scores: S x E.
        matches: S x E, bool.
        candidates: S x E, bool: who could have been recommended; all, unless given.
        popularity: E, weight of each candidate.
        top: length of the list that is looked at.
    """
    others = ~matches if candidates is None else candidates & ~matches
    person, column = matches.nonzero(as_tuple=True)
    kept = others.any(1)[person]
    person, column = person[kept], column[kept]
    found: dict[str, list[Tensor]] = {name: [] for name in RANKING}
    for start in range(0, len(person), _CHUNK):
        rows, columns = person[start : start + _CHUNK], column[start : start + _CHUNK]
        own, against = scores[rows, columns][:, None], others[rows]
        beaten = _beaten(scores[rows], own) * against
        count = against.sum(1)
        rank = 1 + count - beaten.sum(1)
        within = rank <= top
        found["auc"].append(beaten.sum(1) / count)
        found["hr"].append(within.double())
        found["ndcg"].append(within / torch.log2(1 + rank))
        found["mrr"].append(1 / rank)
        if popularity is not None:
            weight = against * popularity.double()
            found["auc_popularity"].append((beaten * weight).sum(1) / weight.sum(1))
    nothing = torch.zeros(0, dtype=torch.float64)
    return {
        name: _mean_by_person(torch.cat([nothing, *values]), person, len(scores))
        for name, values in found.items()
        if name != "auc_popularity" or popularity is not None
    }


def against_drawn(scores: Tensor, person: Tensor, match: Tensor, drawn: Tensor) -> Float64Array:
    """AUC of each person's matches against candidates that were drawn for them, S; NaN for who has no match.

    Args:
        scores: S x E.
        person: P, row of scores.
        match: P, column of the match.
        drawn: P x k, columns.
    """
    beaten = _beaten(scores[person[:, None], drawn], scores[person, match][:, None])
    return _mean_by_person(beaten.mean(1), person, len(scores))


def _beaten(candidates: Tensor, own: Tensor) -> Tensor:
    """1 where a candidate scores less than the match, a half where as much."""
    return (candidates < own).double() + 0.5 * (candidates == own).double()


def _mean_by_person(values: Tensor, person: Tensor, size: int) -> Float64Array:
    total = torch.zeros(size, dtype=torch.float64).index_add_(0, person, values.double())
    count = torch.bincount(person, minlength=size)
    mean: Float64Array = torch.where(count > 0, total / count, torch.nan).numpy()
    return mean


def rela_impr(own: Value, other: Value) -> Value:
    """How much more of AUC - 0.5 `own` has than `other`, %: equation (15) of Zhu et al. (2021).

    It means nothing where the other is no better than chance.
    """
    return 100 * ((own - CHANCE) / (other - CHANCE) - 1)


def resampled(values: Mapping[str, Float64Array], counts: Float64Array) -> dict[str, Float64Array]:
    """Mean of each value over resampled persons, B; who has no value is left out.

    Args:
        values: S each, NaN where there is none.
        counts: B x S, how often each person was drawn.
    """
    known = {name: ~np.isnan(each) for name, each in values.items()}
    return {
        name: counts @ np.where(known[name], each, 0) / np.maximum(counts @ known[name], 1e-12)
        for name, each in values.items()
    }
