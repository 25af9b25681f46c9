"""What a frame makes of a sentence: who, where to, where from, when, and whether it is a fact."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from spacy.tokens import Span, Token

from modules.transfer.grammar.facts import doubt, is_captive, is_trip
from modules.transfer.grammar.frames import Frame, frames, vocabulary
from modules.transfer.grammar.people import RELATIVE, described, named, object_of, subject_of
from modules.transfer.grammar.places import is_town, place, ways
from modules.transfer.times import when

_ENDS = frozenset({"until", "till", "before", "to"})
_OF_NOUNS = frozenset({"compound", "nmod", "amod", "nummod"})
_LOCATING = frozenset({"in", "at", "near"})
_STATES = frozenset({"sent", "spent", "lived", "return", "move"})
"""Frames that tell of prisoners, too."""
_WHERE = _LOCATING | {"from"}
_PLACED = frozenset({"move", "settle", "return", "flee", "leave", "go", "sign", "the move", "the return"})
"""Frames whose preposition leads to no person: a name that is tagged as one is a place or a club."""
_A_YEAR = re.compile(r"\b\d{3,4}\b")
_ANY_DAY = date(2000, 7, 1)
"""A day to try a mention of time on, where the article has none."""


@dataclass(frozen=True)
class Reading:
    """What one frame makes of one word."""

    frame: Frame
    veto: str
    """Why it is no move; empty where it is one."""
    subject: Span | None
    origin: Span | None
    destination: Span | None
    time: Span | None
    cue: Token

    @property
    def is_doubtful(self) -> bool:
        """Whether it may not have happened; a trip or a state has."""
        return bool(self.veto) and not self.veto.startswith("none of")

    @property
    def rank(self) -> tuple[bool, bool, bool, float]:
        """Facts first, then those with a destination, best a town or country, then by the frame's score."""
        to = self.destination
        return not self.veto, to is not None, to is not None and is_town(to), self.frame.score


def readings(sentence: Span) -> list[Reading]:
    """What every frame makes of a sentence, the best first."""
    found = [
        reading
        for cue in sentence
        if cue.pos_ in {"VERB", "AUX", "NOUN"}
        for frame in frames().get(cue.lemma_.lower(), ())
        if (cue.pos_ == "NOUN") == (frame.who == "possessor")
        for reading in _reading(cue, frame)
    ]
    return sorted(found, key=lambda reading: reading.rank, reverse=True)


def last_known(move: Reading, others: Sequence[Reading], before: Span | None) -> Span | None:
    """Where the one who moves was: what another clause says she left, else where she was before."""
    hers = [other for other in others if not other.is_doubtful and _is_same(move, other)]
    known = [other.origin for other in hers]
    known += [other.destination for other in hers if other.cue.i < move.cue.i]
    if before is not None:
        earlier = [other for other in readings(before) if not other.is_doubtful and _is_same(move, other)]
        known += [other.destination or other.origin for other in earlier]
        known += _last_place(before, move)
    here = move.destination.text if move.destination else ""
    return next((where for where in known if where is not None and where.text != here), None)


def _last_place(sentence: Span, move: Reading) -> list[Span]:
    """The last town or country that is in, at or from in a sentence of the one who moves."""
    is_hers = any(
        token.dep_ in {"nsubj", "nsubjpass"}
        and move.subject is not None
        and token.text in move.subject.text.split()
        for token in sentence
    )
    places = [entity for entity in sentence.ents if is_town(entity) and entity.root.head.lower_ in _WHERE]
    return places[-1:] if is_hers else []


def _is_same(move: Reading, other: Reading) -> bool:
    """Whether two readings are of one person."""
    return bool(move.subject and other.subject and move.subject[-1].text == other.subject[-1].text)


def _reading(cue: Token, frame: Frame) -> Iterator[Reading]:
    """What one frame makes of one word; nothing where its shape is not there."""
    mover = _mover(cue, frame)
    if mover is None or (frame.through and not _passes(cue, frame)):
        return
    if frame.objects and _objects(cue) - frame.objects:
        return
    destination, origin = _ends(cue, frame)
    if destination is None and (origin is None or not is_town(origin)):
        return
    subject = named(mover, lenient=frame.personal) or described(mover)
    if subject and any(end is not None and end.text in subject.text for end in (destination, origin)):
        return
    time = _time(cue)
    evidence = set(_evidence(cue, origin, time))
    yield Reading(frame, _veto(cue, frame, subject, evidence), subject, origin, destination, time, cue)


def _veto(cue: Token, frame: Frame, subject: Span | None, evidence: set[str]) -> str:
    if doubted := doubt(cue):
        return doubted
    if subject is None:
        return "no person with a name"
    if is_trip(cue, journey=frame.journey):
        return "a trip"
    if frame.name in _STATES and is_captive(cue):
        return "captive"
    if frame.needs and not frame.needs & evidence:
        return f"none of {', '.join(sorted(frame.needs))}"
    return ""


def _mover(cue: Token, frame: Frame) -> Token | None:
    if frame.who == "possessor":
        return next((child for child in cue.children if child.dep_ == "poss"), None)
    is_passive = any(child.dep_ in {"auxpass", "nsubjpass"} for child in cue.children)
    if frame.who == "object":
        return object_of(cue)
    if is_passive and frame.name not in {"studied", "settle", "enrol"}:
        return None
    return subject_of(cue)


def _objects(cue: Token) -> set[str]:
    """What a verb is done to; in "a deal that they signed", what the clause belongs to."""
    found = {child.lemma_.lower() for child in cue.children if child.dep_ == "dobj"}
    subjects = [child for child in cue.children if child.dep_ == "nsubj"]
    is_gap = cue.dep_ == "relcl" and bool(subjects) and subjects[0].lower_ not in RELATIVE
    if is_gap and all(child.lower_ != "where" for child in cue.children):
        found.add(cue.head.lemma_.lower())
    return found


def _passes(cue: Token, frame: Frame) -> bool:
    """Whether one of the nouns that the frame goes through is an object or complement: accepted a *chair*."""
    nouns = [child for child in cue.children if child.dep_ in {"dobj", "attr", "oprd", "npadvmod", "acomp"}]
    nouns += [
        noun
        for child in cue.children
        if child.dep_ == "prep" and child.lower_ in {"into", "in"}
        for noun in child.children
    ]
    nouns += [noun for first in nouns for noun in first.conjuncts]
    return any(noun.lemma_.lower() in frame.through for noun in nouns)


def _ends(cue: Token, frame: Frame) -> tuple[Span | None, Span | None]:
    """Destination and origin; a town or country before a house, else what comes first."""
    to: list[Span] = []
    away: list[Span] = []
    near: list[Span] = []
    for word, noun in ways(cue, frame.through):
        is_plain = word in _LOCATING or frame.name in _PLACED
        found = place(noun, houses=word in frame.away or frame.houses, persons=is_plain)
        if found is not None:
            side = to if word in frame.to else away if word in frame.away else near
            side += [found] if side is not near or (word in _LOCATING and is_town(found)) else []
    for child in cue.children:
        found = place(child, houses=True)
        if found is None:
            continue
        is_tagged = bool(found.root.ent_type_) or found.root.i != child.i
        if frame.takes == "destination" and child.dep_ == "dobj" and is_tagged:
            to.append(found)
        if frame.takes == "origin" and child.dep_ == "dobj" and is_town(found):
            away.append(found)
        if frame.who == "object" and child.dep_ == "nsubj" and child.ent_type_ in {"ORG", "GPE"}:
            to.append(found)
    return _surest(to, near if to else []), _surest(away, [])


def _surest(found: list[Span], near: list[Span]) -> Span | None:
    """The first town or country, or the first of all where that is a name and no tag says what of."""
    if found and not found[0].root.ent_type_:
        return found[0]
    return next((words for words in [*found, *near] if is_town(words)), found[0] if found else None)


def _evidence(cue: Token, origin: Span | None, time: Span | None) -> Iterator[str]:
    if origin is not None:
        yield "origin"
    if time is not None and _A_YEAR.search(time.text):
        yield "time"
    if cue.tag_ in {"VBD", "VBN", "VBG"} or any(
        child.lower_ in {"had", "did", "would"} for child in cue.children
    ):
        yield "past"
    for child in cue.children:
        if child.dep_ in {"advcl", "conj", "xcomp"} and child.lemma_ in vocabulary("purposes"):
            yield "purpose"
        if child.dep_ == "prep" and child.lower_ in {"for", "as", "on"}:
            nouns = [noun.lemma_.lower() for noun in child.children if noun.dep_ == "pobj"]
            if any(
                noun in vocabulary("stays") | vocabulary("roles") | vocabulary("arrivals") for noun in nouns
            ):
                yield "purpose"
        is_with = child.dep_ == "prep" and child.lower_ == "with"
        if is_with and any(noun.lemma_.lower() in vocabulary("relatives") for noun in child.children):
            yield "purpose"


def _time(cue: Token) -> Span | None:
    """The date that hangs on the word, else the nearest of its sentence."""

    def rank(dated: Span) -> tuple[bool, bool, int]:
        above = dated.root.head
        above = above.head if above.pos_ in {"ADP", "SCONJ"} else above
        return above.i != cue.i, not _A_YEAR.search(dated.text), abs(dated.root.i - cue.i)

    dates = [
        dated
        for dated in _dates(cue.sent)
        if not _is_others(dated.root) and when(dated.text, _ANY_DAY).text is not None
    ]
    return min(dates, key=rank, default=None)


def _is_others(dated: Token) -> bool:
    """Whether a date ends a time, or is of a noun: until 1990, his 2014 tour."""
    return dated.head.lower_ in _ENDS or (dated.dep_ in _OF_NOUNS and dated.head.pos_ == "NOUN")


def _dates(sentence: Span) -> Iterator[Span]:
    """What is tagged as a date, and bare years that are not: in 822."""
    yield from (entity for entity in sentence.ents if entity.label_ == "DATE")
    for token in sentence:
        is_year = token.ent_type_ != "DATE" and token.is_digit and len(token) in {3, 4}
        if is_year and token.head.lower_ in {"in", "by", "since", "from"}:
            yield sentence.doc[token.i : token.i + 1]
