"""What is asked of a recommender."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Record = Mapping[str, Any]
"""Field -> value; a field that is left out, or null, is unknown."""


@dataclass(frozen=True)
class RecommendRequest:
    """The employers that fit a student best."""

    student: Record
    k: int = 10
    exclude: Sequence[str] = ()
    """Ids of employers that are closed, or full."""
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Categorical field of employers -> the values that are wanted."""


@dataclass(frozen=True)
class CandidatesRequest:
    """The students that fit an employer best."""

    employer: str
    students: Sequence[Record]
    k: int = 10


@dataclass(frozen=True)
class ScoreRequest:
    """How well each student fits the employer beside."""

    pairs: Sequence[tuple[Record, str]]


@dataclass(frozen=True)
class ExplainRequest:
    """Why a student and an employer fit, or do not."""

    student: Record
    employer: str
    k: int = 10
    """Length of the list that the counterfactual is to enter."""
