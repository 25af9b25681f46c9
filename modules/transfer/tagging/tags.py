"""Spans as one tag a word, and back."""

from collections.abc import Mapping, Sequence

FIELDS = ("subject", "origin", "destination", "time")
TAGS = ("O", *(f"{place}-{field}" for field in FIELDS for place in ("B", "I")))
"""Inside, outside, beginning (Ramshaw and Marcus, WVLC 1995)."""
OUTSIDE = 0


def begin(field: str) -> int:
    """The tag of a span's first word."""
    return 1 + 2 * FIELDS.index(field)


def inside(field: str) -> int:
    """The tag of its others."""
    return begin(field) + 1


def may_follow(tag: int, after: int) -> bool:
    """Whether a tag may stand behind another: I only behind B or I of its own field."""
    if tag == OUTSIDE or tag % 2 == 1:
        return True
    return after in {tag - 1, tag}


def to_tags(words: Sequence[tuple[int, int]], spans: Mapping[str, tuple[int, int]]) -> list[int]:
    """One tag a word; a word belongs to a span that it overlaps, the first of FIELDS if to several."""
    tags = [OUTSIDE] * len(words)
    for field in reversed(FIELDS):
        if field in spans:
            start, end = spans[field]
            covered = [at for at, (first, last) in enumerate(words) if first < end and last > start]
            for at in covered:
                tags[at] = begin(field) if at == covered[0] else inside(field)
    return tags


def to_spans(
    words: Sequence[tuple[int, int]], tags: Sequence[int], scores: Sequence[float]
) -> dict[str, tuple[int, int]]:
    """The spans that tags mark, one a field: of several the one with the greatest mean score."""
    found: dict[str, list[tuple[float, tuple[int, int]]]] = {}
    at = 0
    while at < len(tags):
        tag, first = tags[at], at
        at += 1
        if tag == OUTSIDE or tag % 2 == 0:
            continue
        while at < len(tags) and tags[at] == tag + 1:
            at += 1
        score = sum(scores[first:at]) / (at - first)
        found.setdefault(FIELDS[tag // 2], []).append((score, (words[first][0], words[at - 1][1])))
    return {field: max(spans, key=lambda each: (each[0], -each[1][0]))[1] for field, spans in found.items()}
