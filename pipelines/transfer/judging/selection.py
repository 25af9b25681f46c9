"""Whom agreement keeps: the share of labelled moves that reach each level, by country, source and period."""

from collections import Counter
from collections.abc import Callable, Sequence

from modules.transfer.consensus import LEVELS, UNKNOWN
from modules.transfer.ensemble import Reading
from modules.transfer.places.policy import policy
from pipelines.transfer.fitting.data import Answer
from pipelines.transfer.judging.evaluation import Selected, wilson

_COUNTRIES = 5
"""Destinations that are told of each for itself."""
_FEWEST = 5
"""Moves that a share needs."""


def selection(readings: Sequence[Reading], answers: Sequence[Answer]) -> tuple[Selected, ...]:
    """A part is far from the others where agreement distorts who is counted.

    Args:
        readings: the ensemble's, of labelled passages.
        answers: theirs, in the same order.
    """
    told = [
        (reading, answer) for reading, answer in zip(readings, answers, strict=True) if answer.circulation
    ]
    found = []
    for part, belongs in _parts([answer for _, answer in told]):
        levels = [reading.agreement.level if reading.agreement else None for reading, a in told if belongs(a)]
        if len(levels) < _FEWEST:
            continue
        shares = {
            level: wilson(sum(each in LEVELS[: at + 1] for each in levels), len(levels))
            for at, level in enumerate(LEVELS)
        }
        kept = {level: share for level, share in shares.items() if share is not None}
        found.append(Selected(part=part, moves=len(levels), kept=kept))
    return tuple(found)


def _parts(answers: Sequence[Answer]) -> list[tuple[str, Callable[[Answer], bool]]]:
    members = policy().members
    ends = Counter(answer.destination for answer in answers if answer.destination in members)
    often = [code for code, _ in sorted(ends.items(), key=lambda pair: (-pair[1], pair[0]))[:_COUNTRIES]]

    def to(code: str) -> Callable[[Answer], bool]:
        return lambda answer: answer.destination == code

    def of(source: str) -> Callable[[Answer], bool]:
        return lambda answer: answer.source == source

    return [
        ("all", lambda _: True),
        *((f"to {members[code].name}", to(code)) for code in often),
        (
            "to any other country",
            lambda answer: answer.destination in members and answer.destination not in often,
        ),
        *((f"from {source}", of(source)) for source in sorted({answer.source for answer in answers})),
        ("a period is told", lambda answer: answer.period != UNKNOWN),
        ("no period is told", lambda answer: answer.period == UNKNOWN),
    ]
