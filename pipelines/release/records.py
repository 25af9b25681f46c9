"""The records of a release: gates, comparison, decision."""

from typing import Literal

from pipelines.config import Section
from pipelines.evaluation import Bounds

Outcome = Literal["champion", "refused", "pending"]
GateName = Literal["clean", "leak", "validation", "audit", "served", "slices"]


class Gate(Section):
    """One condition that a candidate must meet."""

    name: GateName
    passed: bool
    detail: str
    """What was found, in one clause."""


class Comparison(Section):
    """Candidate and champion on the same frozen test set, the champion scored anew."""

    metric: str
    """What is compared; smaller is better."""
    candidate: float
    champion: float
    improvement: Bounds
    """Champion less candidate, paired bootstrap."""
    cells: int
    """Errors in each mean."""
    blocks: int
    """What the bootstrap resampled: blocks of time, or people."""
    span: tuple[str, str]
    """First and last period, or cohort, compared: those of the test that neither was trained on."""
    slices: dict[str, tuple[float, float]]
    """Slice -> candidate's and champion's error."""


class Realised(Section):
    """What became of the champion's last forecast in the periods that have come since."""

    as_of: str
    """Last period that the champion knew when it was packaged."""
    periods: tuple[str, ...]
    """Periods that have come since and that it had forecast."""
    cells: int
    mae: float
    wape: float
    coverage: float
    """Share of cells inside the champion's intervals."""
    nominal: float


class Decision(Section):
    """What becomes of a candidate, and why."""

    outcome: Outcome
    reason: str
    """One word: none, baseline, better, equal, worse, incomparable, how the same model differs, or the gate
    that failed."""
    detail: str
    """One sentence for people."""
