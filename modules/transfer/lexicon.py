"""The first and cheapest step of the filter: words of moving, joining, studying that lead to a name.

Recall first: whatever may be a move has to pass, and most of what passes is none.
"""

import re

from modules.transfer.passage import Span
from modules.transfer.sentences import sentences

_GOING = (
    r"mov(?:e[ds]?|ing)|relocat(?:e[ds]?|ing|ions?)|transfer(?:s|red|ring)?|return(?:s|ed|ing)?|came|went|"
    r"travel(?:l?ed|l?ing)|journey(?:ed|ing)?|sail(?:ed|ing)?|flew|defect(?:ed|s|ing|ion)?|escap(?:ed|ing)|"
    r"fle[de]|flee(?:s|ing)|exiled?|sent|loan(?:ed)?|sold|drafted|followed|withdr[ae]wn?"
)
_SETTLING = (
    r"settl(?:e[ds]?|ing)|resettl(?:e[ds]?|ing|ement)|e?migrat(?:e[ds]?|ing|ion)|immigrat(?:e[ds]?|ing)|"
    r"expatriated?|repatriated?|arriv(?:ed|ing|al)|exiled?|refuge|asylum|posted|stationed|lived|resided|stayed|"
    r"spent|found(?: \w+)? work"
)
_HIRING = (
    r"hir(?:ed|es|ing)|recruited|sign(?:ed|ing)|appoint(?:ed|s|ing|ment)|named|elevated|assigned|invited|poached|"
    r"(?:accepted|took(?: up)?|obtained) (?:[\w-]+ ){0,3}?"
    r"(?:job|post|position|offer|chair|professorship|fellowship)|"
    r"(?:was|been|as|were|bec[ao]me) (?:[\w-]+ ){0,4}?"
    r"(?:professor|lecturer|fellow|assistant|director|researcher|teacher|coach|attach[ée]|surgeon|player|striker|"
    r"midfielder|defender|goalkeeper|engineer|scientist|painter|correspondent|chair|head|dean|chief|student|"
    r"minister|bishop|conductor)"
)
_STUDYING = (
    r"stud(?:y|ied|ying)|train(?:ed|ing)|graduat(?:ed|ing|ion)|educated|matriculated|enrol(?:l?ed|l?s?|ling)|"
    r"enlisted|degree|doctorate|PhD|Ph\.D\.|master's|scholarship|apprentice(?:d|ship)?"
)
_CUES = (
    (_GOING, "to|into|from|towards?|out of"),
    ("le(?:ft|ave|aving)|depart(?:ed|s|ing|ure)?|headed", "for"),
    (_SETTLING, "to|into|from|in|at"),
    (_HIRING, "at|to|with|for|by|from|in|as|of"),
    ("worked|joined|taught|lectured|played|practi[sc]ed|coached", "at|in|for"),
    (_STUDYING, "at|in|from|to|under|with"),
)
"""Words, and what leads from them to a name."""
_DIRECT = r"(?:re-?)?join(?:ed|s|ing)|attended|left|leaving|entered|fled|fleeing"
"""Verbs that the name may follow at once."""
_NAME = (
    r"(?:[a-z\u2019'-]+ ){0,3}?(?!January|February|March|April|May|June|July|August|September|October|"
    r"November|December|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)(?=[^\W\d_a-zß-ÿ])"
)
_PATTERNS = [
    *(rf"(?:{words})(?: [\w\u2019'-]+){{0,5}}? (?:{ways}) {_NAME}" for words, ways in _CUES),
    rf"(?:{_DIRECT}) {_NAME}",
]
_CUE = re.compile(rf"[ —\u2013(\"“-](?:{'|'.join(_PATTERNS)})")


def has_cue(sentence: str) -> bool:
    """Whether a sentence may tell of a move."""
    return _CUE.search(_lowered(sentence)) is not None


def cues(text: str) -> list[Span]:
    """Every cue of a text, from its verb or noun up to the name that it leads to."""
    return [
        Span.of(text, sentence.start + mark.start(), sentence.start + mark.end() - 1)
        for sentence in sentences(text)
        for mark in _CUE.finditer(_lowered(sentence.text))
    ]


def _lowered(sentence: str) -> str:
    """The sentence behind a space, without the capital that begins it: cues are words in small letters."""
    first = sentence[:1].lower()
    return f" {first}{sentence[1:]}" if len(first) == 1 else f" {sentence}"
