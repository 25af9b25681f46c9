"""Sentences of a text, cheaply: by punctuation, with the abbreviations that English news uses."""

import re
from collections.abc import Iterator
from itertools import pairwise

from modules.transfer.passage import Span
from modules.transfer.word_list import words

_END = re.compile(r"""[.!?…]+["'”\u2019)\]]*(?:\s+|(?=[“\u2018]))|\s*\n\s*""")
_OPENING = "\"'“\u2018([-\u2013—•*"
_NEVER_LAST = words(
    "Mr Mrs Ms Dr Prof Rev Hon Sen Sens Rep Reps Gov Gen Col Lt Capt Cmdr Maj Sgt Pres St Ste Mt Ft Jan Feb "
    "Mar Apr Jun Jul Aug Sept Sep Oct Nov Dec No Nos vs cf ca approx viz al e.g i.e"
)
"""What stands before something; the full stop behind it ends no sentence."""
_STARTERS = words(
    "The A An He She It They We I You This That These Those There Here But And So Yet In On At After Before "
    "When While For From As If His Her Its Their Our My However Since By With Now Then Not No Some Many What"
)
"""Words that begin a sentence, even behind `U.S.` and other abbreviations that also end one."""
_DOTTED = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]$")
"""Initials and the like: J, U.S, a.m."""
_LAST_WORD = re.compile(r"[^\s(\"'“\u2018]+$")
_FIRST_WORD = re.compile(r"[^\W_]+")


def sentences(text: str) -> list[Span]:
    """The sentences of a text as spans; each character that is no white space is in one."""
    edges = [0, *_ends(text), len(text)]
    return [span for start, end in pairwise(edges) if (span := _trimmed(text, start, end)).text]


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    return Span.of(text, left, max(left, start + len(piece.rstrip())))


def _ends(text: str) -> Iterator[int]:
    for mark in _END.finditer(text):
        if "\n" in mark.group() or _ends_sentence(text, mark):
            yield mark.end()


def _ends_sentence(text: str, mark: re.Match[str]) -> bool:
    behind = text[mark.end() : mark.end() + 40].lstrip(_OPENING)
    if not behind or behind[0].islower():
        return False
    if mark.group()[0] != "." or mark.group().startswith(".."):
        return True
    last = _LAST_WORD.search(text, max(0, mark.start() - 20), mark.start())
    if last is None:
        return True
    if last.group() in _NEVER_LAST:
        return False
    if _DOTTED.fullmatch(last.group()):
        following = _FIRST_WORD.match(behind)
        return following is not None and following.group() in _STARTERS
    return True
