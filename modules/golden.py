"""Golden requests: how far an answer may be from the one that the artefact was packed with."""

import math
from typing import Any

from modules.errors import UserError

TOLERANCE = 1e-6
"""Relative difference between a served and an offline number, in float64."""
PATH = "/forecast"
"""Of golden requests that name none: those of artefacts from when there was one track."""


def apart(found: Any, expected: Any, where: str = "answer") -> float:
    """The largest relative difference between numbers of two answers of one shape.

    Raises:
        UserError: if their shapes or texts differ, naming where.
    """
    if isinstance(expected, dict) and isinstance(found, dict) and found.keys() == expected.keys():
        return max((apart(found[key], expected[key], f"{where}.{key}") for key in expected), default=0.0)
    if isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        return max(
            (apart(*pair, f"{where}.{n}") for n, pair in enumerate(zip(found, expected, strict=True))),
            default=0.0,
        )
    if isinstance(expected, float) and isinstance(found, float | int):
        scale = max(abs(expected), abs(found), math.ulp(0.0))
        return abs(found - expected) / scale
    if found != expected:
        raise UserError(f"golden {where}: served {str(found)[:80]!r}, offline {str(expected)[:80]!r}")
    return 0.0
