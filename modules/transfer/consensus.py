"""What the members of an ensemble agree on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from modules.transfer.places.names import name_key

Level = Literal["strict", "core", "pair", "majority"]
LEVELS: tuple[Level, ...] = ("strict", "core", "pair", "majority")
"""From the narrowest; what is of one level is of all that follow."""
UNKNOWN = "UNKNOWN"
"""A field that is not told. Two members who both say so agree on not knowing, and not on a place."""

_TITLES = frozenset({"dr", "prof", "professor", "mr", "mrs", "ms", "sir", "dame", "lord", "lady"})


@dataclass(frozen=True)
class Vote:
    """What one member says of a passage, normalised."""

    member: str
    circulation: bool
    subject: str = ""
    origin: str = UNKNOWN
    """Alpha-3, or UNKNOWN."""
    destination: str = UNKNOWN
    period: str = UNKNOWN
    """A month (2015-03), a year, or UNKNOWN."""

    @property
    def places(self) -> tuple[str, str]:
        """Origin and destination."""
        return self.origin, self.destination


@dataclass(frozen=True)
class Opinion:
    """A second opinion on the places, by means that the members do not share."""

    origin: str
    destination: str


@dataclass(frozen=True)
class Agreement:
    """What is kept of a passage, and how far the members agree on it."""

    level: Level
    subject: str
    origin: str
    destination: str
    period: str
    agreed: tuple[str, ...]
    """Fields on which all voters say the same."""
    votes: int
    """Members that say so of the places."""

    @property
    def complete(self) -> bool:
        """Whether it counts as a flow: both places are known, and they differ."""
        return UNKNOWN not in {self.origin, self.destination} and self.origin != self.destination


def consensus(votes: Sequence[Vote], second: Opinion | None = None) -> Agreement | None:
    """The narrowest level on which the members agree; none if they do not, or if none sees a move.

    strict: every field is the same (the rule of the talent-transfer data set); core: subject, origin and
    destination are; pair: origin and destination are; majority: more than half say the same of both. What a
    level does not ask for is UNKNOWN where members differ. A second opinion is one voice more on the places.

    Raises:
        ValueError: without votes.
    """
    if not votes:
        raise ValueError("nobody votes")
    told = Counter(vote.places for vote in votes if vote.circulation and vote.destination != UNKNOWN)
    if not told:
        return None
    places, count = max(told.items(), key=lambda each: (each[1], each[0]))
    others = second is not None and (second.origin, second.destination) != places
    voices = len(votes) + (second is not None)
    backing = [vote for vote in votes if vote.circulation and vote.places == places]
    if 2 * (count + (second is not None and not others)) <= voices:
        return None
    same_subject = _one_person(backing)
    same_period = len({vote.period for vote in backing}) == 1
    everybody = len(backing) == len(votes) and not others
    return Agreement(
        level=_level(everybody, same_subject, same_period),
        subject=max((vote.subject for vote in backing), key=lambda name: (len(name), name))
        if same_subject
        else "",
        origin=places[0],
        destination=places[1],
        period=backing[0].period if same_period else UNKNOWN,
        agreed=_agreed(votes),
        votes=len(backing),
    )


def same_person(name: str, other: str) -> bool:
    """Whether two names may be one person's: the same last word, and no initial that speaks against it.

    `Anna Kovács`, `A. Kovács` and `Kovács` may; `Anna Kovács` and `Béla Kovács` may not.
    """
    (*given, last), (*others, other_last) = _words(name), _words(other)
    return last == other_last and all(a[0] == b[0] for a, b in zip(given, others, strict=False))


def _one_person(votes: Sequence[Vote]) -> bool:
    return all(same_person(a.subject, b.subject) for a, b in combinations(votes, 2))


def person_key(name: str) -> str:
    """A name in the form in which people are compared: without titles, accents and capitals."""
    return " ".join(_words(name))


def _words(name: str) -> list[str]:
    return [word for word in name_key(name).split() if word not in _TITLES] or [""]


def _fullest(name: str) -> tuple[int, str]:
    return len(name), name


def _level(everybody: bool, same_subject: bool, same_period: bool) -> Level:
    if not everybody:
        return "majority"
    if not same_subject:
        return "pair"
    return "strict" if same_period else "core"


def _agreed(votes: Sequence[Vote]) -> tuple[str, ...]:
    fields = ("circulation", "origin", "destination", "period")
    same = [field for field in fields if len({getattr(vote, field) for vote in votes}) == 1]
    if _one_person(votes):
        same.append("subject")
    return tuple(sorted(same))
