"""What silence and the diagonal of a table of flows mean."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class CellRules:
    """What an absent row, a written zero and the diagonal mean."""

    absent: Literal["zero", "missing", "censored"]
    zero: Literal[True, "censored"]
    diagonal: bool
