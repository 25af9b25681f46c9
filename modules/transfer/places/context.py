"""What stands around a mention, and which countries a text is about."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_WORD = re.compile(r"[A-Z][^\W_]*(?:[.'\u2019-][^\W_]+)*\.?|[^\W_]+(?:[.'\u2019-][^\W_]+)*")
_LONGEST = 4
_AFTER = 48


@dataclass(frozen=True)
class Context:
    """The words around one mention."""

    after: str = ""
    text: str = ""
    """All of it, for the cues of names that several countries share."""
    countries: Counter[str] = field(default_factory=Counter)
    """Alpha-3 -> how often the text names the country, its people or a part; `USA-OH`: a state too."""


def counted(text: str, country_of: Callable[[str], Sequence[str]]) -> Counter[str]:
    """How often a text names each country and state, where `country_of` tells of words; none counts twice."""
    found: Counter[str] = Counter()
    words = list(_WORD.finditer(text))
    at = 0
    while at < len(words):
        taken = 1
        if words[at].group()[0].isupper():
            for length in range(min(_LONGEST, len(words) - at), 0, -1):
                codes = country_of(text[words[at].start() : words[at + length - 1].end()])
                if codes:
                    found.update(codes)
                    taken = length
                    break
        at += taken
    return found


def around(text: str, end: int, countries: Counter[str]) -> Context:
    """The context of a mention that ends at text[end]."""
    return Context(text[end : end + _AFTER], text, countries)
