"""The headline of a report."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Verdict:
    """One headline and the sentences under it."""

    tone: Literal["good", "warn", "bad"]
    headline: str
    detail: str
