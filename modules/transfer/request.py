"""What the predictor is asked, checked already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class AskedText:
    """A text of some sentences, and the day on which it appeared."""

    text: str
    published: date | None = None


@dataclass(frozen=True)
class ExtractRequest:
    """Texts to read."""

    passages: Sequence[AskedText]
    screen: bool = True
    """Whether the filter comes first."""


@dataclass(frozen=True)
class AskedMention:
    """A mention, and the text in which it stands."""

    mention: str
    text: str | None = None


@dataclass(frozen=True)
class NormaliseRequest:
    """Mentions of places, peoples or organisations."""

    mentions: Sequence[AskedMention]


@dataclass(frozen=True)
class FlowsRequest:
    """Which flows are asked for; none of a field: all."""

    origin: str | None = None
    destination: str | None = None
    since: str | None = None
    """First year or month."""
    until: str | None = None
    level: str | None = None
