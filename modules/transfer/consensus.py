"""What the members of an ensemble agree on."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
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
    """Members that say so of the destination."""

    @property
    def complete(self) -> bool:
        """Whether it counts as a flow: both places are known, and they differ."""
        return UNKNOWN not in {self.origin, self.destination} and self.origin != self.destination


def consensus(votes: Sequence[Vote], second: Opinion | None = None) -> Agreement | None:
    """The narrowest level on which the members agree; none if they do not, or if none sees a move.

    strict: every field is the same (the rule of the talent-transfer data set); core: subject, origin and
    destination are; pair: origin and destination are; majority: more than half say the same destination.
    Origin and period are what more than half of all voices say besides, else UNKNOWN; the subject is one that
    all of these may mean. A second opinion is one voice more on the places.

    Raises:
        ValueError: without votes.
    """
    if not votes:
        raise ValueError("nobody votes")
    moves = [vote for vote in votes if vote.circulation]
    besides = [second] if second is not None else []
    voices = len(votes) + len(besides)
    destination = _most(voices, (each.destination for each in moves), (each.destination for each in besides))
    if destination == UNKNOWN:
        return None
    backing = [vote for vote in moves if vote.destination == destination]
    origin = _most(voices, (each.origin for each in backing), (each.origin for each in besides))
    same_places = (
        len(backing) == len(votes)
        and all(vote.origin == origin for vote in votes)
        and second in {None, Opinion(origin, destination)}
    )
    same_subject = _one_person(backing)
    same_period = len({vote.period for vote in backing}) == 1
    return Agreement(
        level=_level(same_places, same_subject, same_period),
        subject=max((vote.subject for vote in backing), key=lambda name: (len(name), name))
        if same_subject
        else "",
        origin=origin,
        destination=destination,
        period=_most(len(votes), (vote.period for vote in backing)),
        agreed=_agreed(votes),
        votes=len(backing),
    )


def _most(voices: int, *said: Iterable[str]) -> str:
    """What more than half of the voices say."""
    ((told, count),) = Counter(chain(*said)).most_common(1) or [(UNKNOWN, 0)]
    return told if 2 * count > voices else UNKNOWN


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


def _level(same_places: bool, same_subject: bool, same_period: bool) -> Level:
    if not same_places:
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
