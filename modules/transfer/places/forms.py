"""The forms in which a text writes a place."""

import re

_KINDS = "city town village state province region county district republic kingdom capital port islands? isle"
_DIRECTIONS = (
    "north south east west central upper lower mid greater inner outer downtown old suburban "
    "rural metropolitan mainland "
    "(?:north|south)(?:-?east|-?west)(?:ern)? (?:north|south|east|west)ern"
)
_TAILS = (
    "city town province state county region district oblast prefecture governorate (?:metropolitan\\s)?area "
    "municipality islands? peninsula valley"
)


def _any(words: str) -> str:
    return f"(?:{'|'.join(words.split())})"


_ARTICLE = re.compile(r"^(?:the|a|an)\s+", re.IGNORECASE)
_BRACKETED = re.compile(r"\s*\(([^()]+)\)$")
_KIND = re.compile(rf"^{_any(_KINDS)}\s+of\s+", re.IGNORECASE)
_DIRECTION = re.compile(rf"^(?:{_any(_DIRECTIONS)}[\s-]+)+", re.IGNORECASE)
_TAIL = re.compile(rf"\s+{_any(_TAILS)}$", re.IGNORECASE)
_NAME = r"([A-Z][\w.'-]*(?:\s+(?:and\s+)?[A-Z][\w.'-]*){0,3})"
_BEHIND = re.compile(rf"^\s*(?:,\s*{_NAME}|\(\s*{_NAME}\s*\))")
_SEATED = re.compile(rf"^,?\s+(?:in|at|near)\s+(?:the\s+)?{_NAME}")
_SHORTENED = re.compile(r"(?:[A-Z][a-z]*\.)+|[A-Z]{2,3}")
_ACRONYM = re.compile(r"[A-Z]{2,5}")
_COUNTY = re.compile(r"[A-Z][\w.' -]+ (?:County|Parish|Township|Co\.)")
_REACH = 48


def bare(mention: str) -> str:
    """A mention without its article and the punctuation around it, brackets at its end as a comma."""
    return _BRACKETED.sub(r", \1", _ARTICLE.sub("", mention.strip(" \t\n,;:\"\u201c\u201d'")))


def variants(said: str) -> tuple[str, ...]:
    """As it is, and without `city of`, without `province`, without `northern`, without what a comma adds."""
    inner = said.partition(",")[0]
    return tuple(
        dict.fromkeys((said, _KIND.sub("", said), _TAIL.sub("", said), _DIRECTION.sub("", said), inner))
    )


def qualifiers(said: str, after: str, text: str) -> list[str]:
    """What stands behind a name, after a comma or in brackets: here first, then wherever it is named."""
    elsewhere = re.finditer(rf"(?<!\w){re.escape(said)}(\s*[,(][^\n]{{0,{_REACH}}})", text)
    found = [_BEHIND.match(following) for following in (after, *(match.group(1) for match in elsewhere))]
    return [match.group(1) or match.group(2) for match in found if match]


def seat(after: str) -> str | None:
    """The place that stands right behind a name: `the Royal Academy in Stockholm`."""
    match = _SEATED.match(after)
    return match.group(1) if match else None


def is_shortened(said: str) -> bool:
    """Whether it is written like `Ga.`, `N.Y.` or `NSW`."""
    return _SHORTENED.fullmatch(said) is not None


def is_acronym(said: str) -> bool:
    """Whether it is a few capitals."""
    return _ACRONYM.fullmatch(said) is not None


def is_county(said: str) -> bool:
    """Whether it is written like `Cook County`."""
    return _COUNTY.fullmatch(said) is not None
