"""Algorithm 1 of Zhu et al. 2021, as printed: lists built in plain Python, one student at a time."""

from collections.abc import Sequence

import numpy as np

Record = tuple[Sequence[str | None], Sequence[float]]
"""Texts and numbers of one student, or one employer; the numbers are scaled so that their range is 1."""


def similarity(one: Record, other: Record) -> float:
    """Equations (1) and (2)."""
    same = sum(a == b for a, b in zip(one[0], other[0], strict=True) if a is not None)
    near = sum(1 - abs(a - b) for a, b in zip(one[1], other[1], strict=True))
    return (same + near) / (len(one[0]) + len(one[1]))


def least_similar(of: Record, among: Sequence[Record], share: float, rng: np.random.Generator) -> list[int]:
    """The share of positions least similar to a record; equals in random order."""
    keyed = sorted((round(similarity(of, each), 5), rng.random(), at) for at, each in enumerate(among))
    return [at for *_, at in keyed[: max(1, round(share * len(among)))]]


def candidates(
    student: int,
    students: Sequence[Record],
    employers: Sequence[Record],
    hires: Sequence[int],
    share: float,
    method: str,
    rng: np.random.Generator,
) -> list[int]:
    """The multiset that a student's negatives are drawn from; student i was hired by hires[i]."""
    if method == "random":
        chosen = list(range(len(employers)))
    else:
        chosen = []
        if method in {"similar_s", "ours"}:
            chosen += [hires[at] for at in least_similar(students[student], students, share, rng)]
        if method in {"similar_u", "ours"}:
            chosen += least_similar(employers[hires[student]], employers, share, rng)
    return [employer for employer in chosen if employer != hires[student]]


def negatives(
    students: Sequence[Record],
    employers: Sequence[Record],
    hires: Sequence[int],
    share: float,
    method: str,
    wanted: int,
    rng: np.random.Generator,
) -> list[list[int]]:
    """`wanted` negatives of every student."""
    return [
        rng.choice(candidates(at, students, employers, hires, share, method, rng), wanted, False).tolist()
        for at in range(len(students))
    ]
