"""Words of a text, with their places."""

import re

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?|\d+|[^\w\s]|_")


def words(text: str) -> list[tuple[int, int]]:
    """Start and end of each word, number and mark of a text; spaces belong to none."""
    return [match.span() for match in _WORD.finditer(text)]
