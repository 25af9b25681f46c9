"""What the members of the ensemble say of a passage, as countries and months, and what they agree on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modules.transfer.consensus import UNKNOWN, Agreement, Opinion, Vote, consensus
from modules.transfer.passage import Extraction, Extractor, Located, Passage, Span
from modules.transfer.places.context import Context, around
from modules.transfer.places.normaliser import Normaliser, Resolved
from modules.transfer.times import Period, when

PLACES = ("origin", "destination")


@dataclass(frozen=True)
class Told:
    """What one member says of a passage, and what it comes to."""

    extraction: Extraction
    places: Mapping[str, Resolved | None]
    """Origin and destination; none where the member names none."""
    period: Period | None
    vote: Vote


@dataclass(frozen=True)
class Reading:
    """A passage as the ensemble reads it."""

    passage: Passage
    told: tuple[Told, ...]
    second: Opinion | None
    """On agreed places: by the mentions alone, and by members that know countries themselves."""
    agreement: Agreement | None

    @property
    def period(self) -> Period | None:
        """The agreed period as the first backing member has it, with its precision."""
        agreed = self.agreement.period if self.agreement else UNKNOWN
        return next((each.period for each in self.told if each.period and each.period.text == agreed), None)


class Ensemble:
    """The members that vote, one normaliser for what they copy, and the rules of agreement.

    Since a shared normaliser makes shared errors, agreed places need a second opinion: what the mentions
    mean without the text around them, and which country a member itself takes them for (large language
    models do). Where that is another country, the members do not all agree.

    Args:
        members: name -> who extracts.
        voters: names of those who vote.
        normaliser: of places.

    Raises:
        ValueError: if a voter is no member.
    """

    def __init__(
        self, members: Mapping[str, Extractor], voters: Sequence[str], normaliser: Normaliser
    ) -> None:
        if set(voters) - set(members):
            raise ValueError(f"voters {', '.join(voters)} of members {', '.join(members)}")
        self.members, self.voters, self.normaliser = dict(members), tuple(voters), normaliser

    def read(self, passages: Sequence[Passage]) -> list[Reading]:
        """One reading a passage, in their order."""
        said = [self.members[voter].extract(passages) for voter in self.voters]
        return [self.agreed(passage, told) for passage, *told in zip(passages, *said, strict=True)]

    def agreed(self, passage: Passage, said: Sequence[Extraction]) -> Reading:
        """What some extractions of one passage come to."""
        told = [self.told(passage, extraction) for extraction in said]
        votes = [each.vote for each in told]
        agreed = consensus(votes)
        if agreed is None:
            return Reading(passage, tuple(told), None, None)
        backing = [each for each in told if each.vote.circulation]
        agreed_on = Opinion(agreed.origin, agreed.destination)
        second = Opinion(*(self._second(backing, field, getattr(agreed_on, field)) for field in PLACES))
        if second != agreed_on:
            agreed = consensus(votes, second)
        return Reading(passage, tuple(told), second, agreed)

    def told(self, passage: Passage, extraction: Extraction) -> Told:
        """What one extraction comes to."""
        countries = self.normaliser.context(passage.text)
        places = {field: self._place(getattr(extraction, field), passage, countries) for field in PLACES}
        return _told(extraction, places, passage)

    def _place(self, span: Span | None, passage: Passage, countries: Counter[str]) -> Resolved | None:
        if span is None:
            return None
        return self.normaliser(span.text, around(passage.text, span.end, countries))

    def _second(self, moves: Sequence[Told], field: str, known: str) -> str:
        """What the first mention of an agreed place means alone, or a member knows that names its country."""
        if known == UNKNOWN:
            return known
        backing = [each for each in moves if getattr(each.vote, field) == known]
        asked = [place.mention for each in backing[:1] if (place := each.places[field])]
        asked += [
            each.extraction.countries[field]
            for each in backing
            if isinstance(each.extraction, Located) and field in each.extraction.countries
        ]
        opinions = [self.normaliser(mention, Context()) for mention in asked]
        # A mention that means nothing alone ("the state") is no contradiction; another country is one.
        return min({each.iso3 for each in opinions if each.iso3} - {known}, default=known)


def _told(extraction: Extraction, places: Mapping[str, Resolved | None], passage: Passage) -> Told:
    period = when(extraction.time.text, passage.published) if extraction.time else None
    codes = {
        field: found.iso3 if found is not None and found.iso3 is not None else UNKNOWN
        for field, found in places.items()
    }
    vote = Vote(
        member=extraction.model,
        circulation=extraction.circulation,
        subject=extraction.subject.text if extraction.subject else "",
        period=(period.text if period else None) or UNKNOWN,
        **codes,
    )
    return Told(extraction, places, period, vote)
