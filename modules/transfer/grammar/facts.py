"""Whether a clause tells of what happened: not denied, planned, supposed, asked, or only a trip."""

import re
from collections.abc import Iterator

from spacy.tokens import Token

from modules.transfer.word_list import words

_MODALS = words("may might can could should must will shall wo ca 'll ought")
_LATER = words("later eventually then soon finally subsequently never afterwards ultimately")
_DONE = words(
    "decide begin start manage continue choose agree elect come get use oblige compel force allow "
    "help succeed return go have emigrate leave move determine opt permit enable travel retire invite "
    "select resign quit fly require lead"
)
"""Verbs whose infinitive took place: decided to move, was forced to leave. After others it is a plan."""
_UNDONE = frozenset({"without", "instead", "of", "from", "for", "about", "against", "despite"})
"""Prepositions whose gerund did not take place, or may not have: instead of moving, thought of leaving."""
_IF = frozenset({"if", "unless", "whether", "lest"})
_MAYBE = words("perhaps possibly maybe likely probably nearly almost supposedly hypothetically")
_TRIPS = words(
    "trip visit tour holiday vacation meeting summit talk weekend conference rally event funeral "
    "wedding race match game festival ceremony concert interview briefing debate fundraiser "
    "convention pilgrimage errand honeymoon campaign"
)
_ERRANDS = frozenset({"meet", "visit", "see", "discuss", "participate", "speak", "address", "watch"})
_CAPTIVE = words(
    "custody prison jail detention inmate detainee guantanamo deport extradite imprison deportation"
)
_VISITING = frozenset({"for", "on"})
_COMING_BACK = frozenset({"after", "from", "during"})
_WEEKDAY = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|yesterday|today|tonight")
_SHORT = frozenset({"day", "week", "hour", "minute", "night"})
_MARKS = frozenset({"aux", "advmod", "mark", "neg", "det"})
_WISHED = frozenset({"deny", "doubt", "hope", "wish", "want"})
_REFUSED = words("refuse decline fail refrain deny reject forbid ban bar prevent avoid")


def doubt(cue: Token) -> str:
    """Why what a word tells of is no fact: negated, hypothetical, a question; empty where it is one."""
    if cue.sent.text.rstrip("\"'”\u2019 ").endswith("?"):
        return "question"
    for verb in chain(cue):
        beside = {child.lower_ for child in verb.children if child.dep_ in _MARKS}
        if any(child.dep_ == "neg" for child in verb.children) or beside & {"never", "no"}:
            return "negated"
        if verb.i != cue.i and verb.lemma_ in _REFUSED:
            return "negated"
        if beside & _IF or beside & _MAYBE:
            return "hypothetical"
        if beside & _MODALS or (beside & {"would", "'d"} and not (beside & _LATER or _has_year(verb))):
            return "hypothetical"
    return _undone(cue)


def _undone(cue: Token) -> str:
    for verb in chain(cue):
        above = verb.head
        if is_infinitive(verb) and (verb.dep_ == "ROOT" or above.lemma_ not in _DONE):
            return "hypothetical"
        if verb.dep_ == "pcomp" and above.lower_ in _UNDONE:
            return "hypothetical"
    return ""


def chain(cue: Token) -> Iterator[Token]:
    """A word, the verbs that it is the complement of, and those that it stands beside."""
    seen = cue
    while True:
        yield seen
        above = seen.head
        if seen.dep_ in {"pobj", "pcomp", "nsubj", "dobj"} and seen.i == cue.i and cue.pos_ == "NOUN":
            above = above.head if above.pos_ == "ADP" else above
        elif seen.dep_ == "conj":
            if _has_own_subject(seen):
                return
        elif seen.dep_ == "ccomp":
            if above.lemma_ not in _REFUSED | _WISHED:
                return
        elif seen.dep_ != "xcomp":
            return
        if above.i == seen.i or above.pos_ not in {"VERB", "AUX"}:
            return
        seen = above


def is_trip(verb: Token, *, journey: bool) -> bool:
    """Whether somebody only visits: on a trip, for a meeting, for two days, to meet somebody.

    Of a verb of a `journey`, too: after a visit, and told to the day, as news tells of visits.
    """
    if journey and any(_WEEKDAY.fullmatch(token.text) for token in verb.sent if token.ent_type_ == "DATE"):
        return True
    ways = _VISITING | _COMING_BACK if journey else _VISITING
    for child in verb.children:
        if child.dep_ == "advcl" and child.lemma_ in _ERRANDS and is_infinitive(child):
            return True
        if child.dep_ in {"dobj", "npadvmod"} and child.lemma_ in _TRIPS:
            return True
        if child.dep_ == "prep" and child.lower_ in ways:
            trips = _TRIPS | _SHORT if child.lower_ == "for" else _TRIPS
            if any(noun.dep_ == "pobj" and noun.lemma_ in trips for noun in child.children):
                return True
    return False


def is_captive(cue: Token) -> bool:
    """Whether somebody is moved, and does not move: in custody, to prison, deported."""
    return any(token.lemma_.lower() in _CAPTIVE for token in cue.subtree)


def is_infinitive(verb: Token) -> bool:
    """Whether a verb is one with *to*."""
    return any(child.dep_ == "aux" and child.lower_ == "to" for child in verb.children)


def _has_own_subject(verb: Token) -> bool:
    return any(child.dep_ in {"nsubj", "nsubjpass"} for child in verb.children)


def _has_year(verb: Token) -> bool:
    return any(token.shape_ == "dddd" for token in verb.subtree)
