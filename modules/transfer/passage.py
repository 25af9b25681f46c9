"""A passage of text, and what one member of the ensemble says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True)
class Span:
    """A piece of a passage's text: text[start:end]."""

    start: int
    end: int
    text: str

    @classmethod
    def of(cls, text: str, start: int, end: int) -> "Span":
        """The piece of a text between two offsets."""
        return cls(start, end, text[start:end])


@dataclass(frozen=True)
class Passage:
    """A sentence and the one before it: the last is what is asked about, what precedes it is context."""

    text: str
    published: date | None = None
    """When the article appeared, if that is known."""
    passage_id: str = ""


@dataclass(frozen=True)
class Extraction:
    """What one member says of one passage."""

    circulation: bool
    """Whether a person is said to have moved."""
    subject: Span | None
    origin: Span | None
    destination: Span | None
    time: Span | None
    score: float
    """How sure the member is of `circulation`, 0 to 1."""
    model: str


@dataclass(frozen=True)
class Located(Extraction):
    """What a member says that knows countries itself; only large language models do."""

    countries: Mapping[str, str]
    """Of origin and destination, the country that it takes it for, by name."""


class Extractor(Protocol):
    """A member of the ensemble: it copies mentions, and normalises nothing."""

    name: str

    def extract(self, passages: Sequence[Passage]) -> Sequence[Extraction]:
        """One extraction a passage, in their order."""
        ...
