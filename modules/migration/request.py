"""What a predictor is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from modules.errors import RequestError, did_you_mean


@dataclass(frozen=True)
class Move:
    """How many moved in one period from one region to another."""

    period: str
    origin: str
    destination: str
    count: float


@dataclass(frozen=True)
class ForecastRequest:
    """What is asked: one corridor, all from an origin, all to a destination, or the whole matrix."""

    origin: str | None = None
    """Region code (none: every origin)."""
    destination: str | None = None
    """Region code (none: every destination)."""
    horizon: int | None = None
    """Periods ahead (none: as many as the model was trained for)."""
    intervals: bool = True
    """Whether each forecast comes with its lower and upper bound."""
    flows: tuple[Move, ...] = ()
    """Flows of the periods right after the model's last one, which it has not seen."""

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """A request from its JSON form."""
        return cls(**{**fields, "flows": tuple(Move(**row) for row in fields.get("flows", ()))})


@dataclass(frozen=True)
class ExplainRequest:
    """Of which corridor the forecast is to be taken apart."""

    origin: str
    destination: str
    horizon: int | None = None
    """Periods ahead (none: as many as the model was trained for)."""
    flows: tuple[Move, ...] = ()
    """As in `ForecastRequest`."""


def check_region(field: str, region: str, known: Mapping[str, int]) -> None:
    """Refuse a region that a model does not know, with the nearest that it does.

    Raises:
        RequestError: naming `field`, with every known region.
    """
    if region not in known:
        hint = did_you_mean(region, known)
        raise RequestError(field, f"{region!r} is not a region of this model{hint}", tuple(known))
