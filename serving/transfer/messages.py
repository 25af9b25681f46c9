"""What the transfer track is sent, and what it answers."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, FailFast, Field
from pydantic_core import PydanticCustomError

from modules.transfer.request import (
    AskedMention,
    AskedText,
    ExtractRequest,
    FlowsRequest,
    NormaliseRequest,
)
from serving.message import STRICT

MOST = 64
"""Texts of one message."""
LONGEST = 2_000
"""Characters of one text."""
MENTIONS = 256


def _sound(value: Any) -> Any:
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise PydanticCustomError("string_unicode", "Input should be valid Unicode")
    return value


def _day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise PydanticCustomError("date", "Input should be a day like 2015-03-17") from error
    return value


Text = Annotated[str, BeforeValidator(_sound), Field(min_length=1, max_length=LONGEST)]
Day = Annotated[date, BeforeValidator(_day)]
Code = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Period = Annotated[str, Field(pattern=r"^[12]\d{3}(-(0[1-9]|1[0-2]))?$")]
Level = Literal["strict", "core", "pair", "majority"]
Share = Annotated[float, Field(ge=0, le=1)]


class Message(BaseModel):
    """A strict record."""

    model_config = STRICT


class TextRow(Message):
    """A text of some sentences."""

    text: Text
    published: Day | None = None
    """When it appeared, by which relative dates are counted; left out, they stay unknown."""


class ExtractQuestion(Message):
    """Who moved between which countries, by some texts."""

    passages: Annotated[list[TextRow], Field(min_length=1, max_length=MOST), FailFast()]
    screen: bool = True
    """Whether the filter drops sentences that hardly tell of a move before the members read."""

    def request(self) -> ExtractRequest:
        """What the extractor is asked."""
        return ExtractRequest([AskedText(row.text, row.published) for row in self.passages], self.screen)


class SpanRow(Message):
    """A piece of the text that was sent: text[start:end]."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    text: str


class Candidate(Message):
    """A country that a mention may mean, and the share that speaks for it."""

    code: str
    share: Share


class ResolvedRow(Message):
    """What a mention counts for."""

    mention: str
    status: Literal["RESOLVED", "AMBIGUOUS", "UNRESOLVED", "DROPPED"]
    iso3: str | None
    """Alpha-3 of a member of the United Nations, where the mention is resolved."""
    rule: str
    """By which rule; of a dropped one also why."""
    raw_entity: str | None
    """What was meant before the policy."""
    candidates: list[Candidate]


class MemberRow(Message):
    """What one member says."""

    member: str
    circulation: bool
    """Whether a person is said to have moved."""
    score: Share
    """How sure it is of that."""
    spans: dict[str, SpanRow | None]
    """Its evidence: subject, origin, destination, time."""
    places: dict[str, ResolvedRow | None]
    """Origin and destination, normalised."""
    period: str | None


class Verdict(Message):
    """What the members agree on."""

    level: Level
    """strict: every field; core: subject, origin and destination; pair: both places; majority: more than half
    of the voices say the destination. Origin and period are what more than half say, else null."""
    subject: str | None
    origin: str | None
    destination: str | None
    period: str | None
    inferred: bool
    """Whether the day of the text was needed for the period."""
    votes: Annotated[int, Field(ge=1)]
    agreed: list[str]
    """Fields on which all voters say the same."""
    flow: bool
    """Whether it counts: both places are known and differ."""


class ReadingRow(Message):
    """A sentence with the one before it: text[start:end]."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    members: list[MemberRow]
    second: dict[str, str | None] | None
    """The places by the mentions alone, without the text around them."""
    verdict: Verdict | None
    """None: the members do not agree, or none sees a move."""


class PassageRow(Message):
    """What a text says."""

    sentences: Annotated[int, Field(ge=0)]
    readings: list[ReadingRow]
    """Of the sentences that pass the filter."""


class ExtractAnswer(Message):
    """By text, in the order of the question."""

    model: str
    passages: list[PassageRow]


class MentionRow(Message):
    """A mention of a place, a people or an organisation."""

    mention: Annotated[str, BeforeValidator(_sound), Field(min_length=1, max_length=200)]
    text: Text | None = None
    """Where it stands; other names in it tell which of several places is meant."""


class NormaliseQuestion(Message):
    """Which countries some mentions count for."""

    mentions: Annotated[list[MentionRow], Field(min_length=1, max_length=MENTIONS), FailFast()]

    def request(self) -> NormaliseRequest:
        """What the extractor is asked."""
        return NormaliseRequest([AskedMention(row.mention, row.text) for row in self.mentions])


class NormaliseAnswer(Message):
    """By mention, in the order of the question."""

    model: str
    policy: str
    """Version of the table that says what counts as a country; it takes no position on status."""
    mentions: list[ResolvedRow]


class FlowsQuery(Message):
    """Which flows of the run's articles."""

    origin: Code | None = None
    destination: Code | None = None
    since: Period | None = None
    until: Period | None = None
    level: Level | None = None

    def request(self) -> FlowsRequest:
        """What the extractor is asked."""
        return FlowsRequest(self.origin, self.destination, self.since, self.until, self.level)


class FlowRow(Message):
    """Transfers between two countries that the articles tell of."""

    origin: str
    destination: str
    period: str
    """A month, a year, or UNKNOWN."""
    level: Level
    count: Annotated[int, Field(ge=1)]


class FlowsAnswer(Message):
    """News attention, no mobility."""

    model: str
    total: Annotated[int, Field(ge=0)]
    flows: list[FlowRow]
