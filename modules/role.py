"""What a model is there for."""

from typing import Literal

Role = Literal["baseline", "own", "part"]
"""To be beaten, to ship, or to show what a part of our own does alone."""
