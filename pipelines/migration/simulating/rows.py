"""Rows of a month while they are numbers."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

KINDS = (
    "job",
    "background",
    "ambiguous",
    "employer",
    "navigational",
    "no_place",
    "unknown_origin",
    "malformed",
    "wrong_type",
    "out_of_range",
    "repeat",
    "bot",
)
"""What a row is; the position is its number."""


@dataclass(frozen=True)
class Rows:
    """n rows; cities are numbers, -1 is none."""

    kind: NDArray[np.int8]
    origin: NDArray[np.int32]
    destination: NDArray[np.int32]
    user: NDArray[np.uint64]
    second: NDArray[np.int32]
    """From the month's start."""
    held_back: NDArray[np.bool_]
    host: NDArray[np.int32]
    pieces: NDArray[np.int32]
    """[8, n] of the text."""

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, at: NDArray[np.int64]) -> "Rows":
        """The rows at these positions."""
        return Rows(*(getattr(self, field.name)[..., at] for field in fields(self)))

    @classmethod
    def stack(cls, parts: list["Rows"]) -> "Rows":
        """All parts, in time order (ties: in the parts' order)."""
        whole = cls(
            *(np.concatenate([getattr(part, field.name) for part in parts], axis=-1) for field in fields(cls))
        )
        return whole.take(np.argsort(whole.second, kind="stable"))
