"""What may stand in each slot of an answer: pieces of the passage, found cheaply."""

import re
from collections.abc import Iterable, Iterator, Mapping

from modules.transfer.passage import Span
from modules.transfer.tagging.tags import FIELDS

_LONGEST = 80
"""Characters of a candidate."""
_MOST = 12
"""Candidates of a slot; of more, those nearest to the end stay: what is asked about stands last."""

_CAPITAL = r"[^\W\d_a-z\u00df-\u00f6\u00f8-\u00ff]"
_WORD = (
    rf"(?:(?:[A-Z]\.)+|(?:St|Ste|Mt|Ft)\.|{_CAPITAL}\w*(?:['\u2019](?!s\b)\w+)*"
    rf"(?:-(?:\w{{1,2}}\b|(?:\w{{1,3}}-)?{_CAPITAL}\w*))*)"
)
"""A word with a capital: Zsófia, O'Brien, Jin-ho, Guinea-Bissau, U.S., St."""
_NAME_LINKS = r"(?:(?:van|von|der|den|de|del|da|dos|di|du|la|le|el|al|bin|es|ibn|ter) ){0,2}"
_PLACE_LINKS = r"(?:(?:of|the|de|del|da|di|du|la|le|el|al|am|es|upon) ){0,2}(?:d['\u2019]|al-)?"
_NAME = re.compile(rf"\b{_WORD}(?: {_NAME_LINKS}(?:al-)?{_WORD})*")
_PLACE = re.compile(rf"\b{_WORD}(?: {_PLACE_LINKS}{_WORD})*")
_JOIN = re.compile(r", | and ")
_PRONOUN = re.compile(r"\b(?:[Ss]?[Hh]e|I)\b")

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)(?:\.|(?= \d)))"
)
_YEAR = r"(?:1[5-9]|20)\d\d(?![\d'\u2019]|s\b)"
_DAY = r"[0-3]?\d(?:st|nd|rd|th)?"
_SEASON = r"(?:spring|summer|autumn|fall|winter)"
_WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_COUNT = r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\d{1,2})"
_TIME = re.compile(
    rf"\b(?:\d{{4}}-\d\d(?:-\d\d)?|(?:{_DAY} (?:of )?)?{_MONTH}(?: {_DAY})?(?:,? (?:of )?{_YEAR})?"
    rf"|{_SEASON} (?:of )?{_YEAR}|{_YEAR}"
    rf"|(?:last|this|past) (?:year|month|week|{_SEASON}|{_MONTH}|{_WEEKDAY})"
    rf"|{_COUNT} (?:year|month|week|day)s? (?:ago|later|earlier)|yesterday|today|{_WEEKDAY})(?!\w)"
)
_IS_TIME = re.compile(rf"(?:{_MONTH}|{_WEEKDAY})")

_OPENING = re.compile(
    r"(?:The|An?|In|On|At|After|Before|When|While|For|From|As|If|His|Her|Its|Their|Our|My|Since|By|With|Now|Then|But|And|So|"
    r"It|They|We|You|He|She|I|This|That|These|Those|There|Here|Until|Once|Born|Having|Mr|Mrs|Ms|Dr|Sir)\b\.?\s*"
)
"""Words that begin a sentence, or stand before a name, and are no part of it."""


def candidates(text: str) -> Mapping[str, tuple[Span | None, ...]]:
    """Spans for subject, origin, destination and time, each text once, in order; None (not told) last."""
    places = _chosen(text, _places(text))
    found = (_chosen(text, _people(text)), places, places, _chosen(text, _times(text)))
    return dict(zip(FIELDS, found, strict=True))


def _people(text: str) -> Iterator[tuple[int, int]]:
    yield from (match.span() for match in _PRONOUN.finditer(text))
    for start, end in _runs(_NAME, text):
        yield start, end
        behind = text.find(" ", start, end) + 1
        if behind and not text[:start].rstrip(" \"'\u201c\u2018(").rpartition(" ")[2].strip(".!?\n"):
            yield behind, end  # the first word of a sentence has a capital anyhow


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Runs of capitals, what stands behind `of`, and two that belong together: Szeged, Hungary."""
    end_before = 0
    start_before = 0
    for start, end in _runs(_PLACE, text):
        if _JOIN.fullmatch(text, end_before, start):
            yield start_before, end
        yield start, end
        for link in re.finditer(r" of (?:the )?", text[start:end]):
            yield start + link.end(), end
        start_before, end_before = start, end


def _times(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _TIME.finditer(text))


def _runs(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Matches without what opens a sentence; months and days of the week are no names."""
    for match in pattern.finditer(text):
        start, end = match.span()
        while opening := _OPENING.match(text, start, end):
            start = opening.end()
        while time := _IS_TIME.match(text, start, end):
            start = min(end, time.end() + 1)
        if start < end and text[start].isalpha():
            yield start, end


def _chosen(text: str, spans: Iterable[tuple[int, int]]) -> tuple[Span | None, ...]:
    first: dict[str, tuple[int, int]] = {}
    for start, end in sorted(spans):
        if end - start <= _LONGEST:
            first.setdefault(text[start:end], (start, end))
    return (*(Span.of(text, *span) for span in list(first.values())[-_MOST:]), None)
