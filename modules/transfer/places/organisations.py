"""Places in the names of institutions."""

import re
from collections.abc import Iterator

LARGE = 50_000.0
"""Inhabitants of a city from which on it names an institution, and its name in capitals is no acronym."""
SHORTEST = 4
"""Letters of a city in an institution's name; shorter ones are mostly other words."""
INSTITUTION = re.compile(
    r"universit|college|institut|academy|akademi|school|hospital|polytech|politec|conservator|museum|library|"
    r"\bclub\b|\bf\.?c\b|observatory|laborator|orchestra|opera|philharmonic|symphon|theat|ballet|church|"
    r"cathedral|seminary|ministry|parliament|government|congress|senate|\bbank\b|council|association|federation|"
    r"airport|stadium|company|corporation|society|cent(?:re|er)\b|army|navy|police|embassy|national team",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W\d_][\w'\u2019.-]*")
_MOST = 4


def inner_names(said: str) -> Iterator[str]:
    """Runs of an institution's words that start and end with a capital, longest first; none of another name.

    `University of Cape Town` gives `Cape Town`, `Cape` and `Town`.
    """
    if not INSTITUTION.search(said):
        return
    words = [match.group() for match in _WORDS.finditer(said)]
    for length in range(min(_MOST, len(words)), 0, -1):
        for first in range(len(words) - length + 1):
            run = words[first : first + length]
            name = " ".join(run)
            if run[0][0].isupper() and run[-1][0].isupper() and name != said and not INSTITUTION.search(name):
                yield name
