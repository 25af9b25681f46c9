"""The second step of the filter: a sentence has to name somebody and some place."""

import re

from modules.transfer.passage import Span
from modules.transfer.places.normaliser import Normaliser

_CAPITAL = r"[^\W\d_a-zß-öø-ÿ]"
_NAME = re.compile(
    rf"\b{_CAPITAL}[\w'\u2019.-]*(?:(?: (?:of|de|van|von|al|the|bin|la|du|di|da))* {_CAPITAL}[\w'\u2019.-]*)*"
)
_PRONOUN = re.compile(r"\b(?:he|she|his|her|him|who|I|my)\b", re.IGNORECASE)
_LONGEST = 3
_PLACED = re.compile(r"\b(?:Universit|Institut|Colleg|Academ|School|Hospital|FC\b|United\b|City\b)")


class Gate:
    """Lets a sentence pass that names a place, or something that lies somewhere, and a person beside it.

    A person is a further name, or a pronoun: cheap, and recall first.

    Args:
        normaliser: whose names of countries and places count.
    """

    def __init__(self, normaliser: Normaliser) -> None:
        self._is_place = normaliser.is_place

    def __call__(self, sentence: Span) -> bool:
        """Whether the sentence passes."""
        names = [mark.group() for mark in _NAME.finditer(sentence.text)]
        placed = [name for name in names if self._placed(name)]
        if not placed:
            return False
        return len(names) > len(placed) or len(placed) > 1 or _PRONOUN.search(sentence.text) is not None

    def _placed(self, name: str) -> bool:
        if _PLACED.search(name):
            return True
        words = name.rstrip(".,").split()
        return any(
            self._is_place(" ".join(words[first : first + length]))
            for length in range(min(_LONGEST, len(words)), 0, -1)
            for first in range(len(words) - length + 1)
        )
