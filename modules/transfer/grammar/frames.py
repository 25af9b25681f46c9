"""The frames of member D: which words tell of a move, and where their grammar puts its ends."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from modules.transfer.word_list import words


@dataclass(frozen=True)
class Frame:
    """Words that tell of a move, and what follows them."""

    name: str
    cues: frozenset[str]
    """Lemmas of the verb or noun."""
    score: float
    """How sure it is; of several that fit, the surest speaks."""
    to: frozenset[str] = frozenset()
    """Prepositions that lead to the destination."""
    away: frozenset[str] = frozenset({"from"})
    """Prepositions that lead to the origin."""
    takes: Literal["", "destination", "origin"] = ""
    """What a direct object is: joined Ajax, left Spain."""
    who: Literal["subject", "object", "possessor"] = "subject"
    """Where the one who moves stands: he moved; they hired him, he was hired; his return."""
    through: frozenset[str] = frozenset()
    """Nouns of which one has to stand between: accepted a *chair* at X; empty where none has to."""
    needs: frozenset[str] = frozenset()
    """Evidence (purpose, origin, time, past) of which one is needed, since else it is a trip or a state."""
    objects: frozenset[str] = frozenset()
    """Direct objects that it may have besides (signed a *contract* with Ajax); empty for any."""
    journey: bool = False
    """Whether it may as well be a visit."""
    houses: bool = True
    """Whether an organisation can be the destination."""
    personal: bool = False
    """Whether only people do it, so that a name tagged otherwise may be a person's."""


@cache
def vocabulary(name: str) -> frozenset[str]:
    """A list of words of the table: posts, degrees, roles, purposes (what nobody visits for), stays."""
    return words(_table()["lists"][name])


@cache
def frames() -> dict[str, list[Frame]]:
    """The frames of each cue."""
    all_frames = [_frame(row) for row in _table()["frames"]]
    return {
        cue: [frame for frame in all_frames if cue in frame.cues]
        for frame in all_frames
        for cue in frame.cues
    }


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "frames.toml").read_text(encoding="utf-8"))


def _frame(row: dict[str, Any]) -> Frame:
    several = {"cues", "to", "away", "through", "needs", "objects"} & row.keys()
    sets = {key: vocabulary(row[key][1:]) if row[key].startswith("=") else words(row[key]) for key in several}
    return Frame(**{**row, **sets})
