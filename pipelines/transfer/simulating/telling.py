"""A sentence of a family, filled in, with the spans of what it tells."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from pipelines.transfer.simulating.world import World

_SPANS = {"S": "subject", "O": "origin", "D": "destination", "T": "time"}
"""By the first letter of a slot in capitals."""
_BY_MONTH = 0.5
_SLOT = re.compile(r"\{(\w+)\}")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SCHOOLS = ("University of {place}", "{place} University", "Technical University of {place}")


@dataclass(frozen=True)
class Family:
    """One way of telling."""

    name: str
    part: str
    moves: bool
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Move:
    """Who goes from where to where, and when."""

    origin: str
    destination: str
    year: int
    month: int


@dataclass(frozen=True)
class Told:
    """A sentence and where in it each of subject, origin, destination and time first stands."""

    text: str
    spans: Mapping[str, tuple[int, int]]
    surname: str
    by_month: bool


@cache
def families() -> tuple[Family, ...]:
    """Those of families.toml, in its order."""
    content = _read("families.toml")
    return tuple(
        Family(each["name"], each["part"], each["moves"], tuple(each["sentences"]))
        for each in content["family"]
    )


@cache
def words() -> dict[str, Any]:
    """What words.toml lists."""
    return _read("words.toml")


def tell(family: Family, move: Move, world: World, rng: np.random.Generator) -> Told:
    """Fill a sentence of a family with a person and a move."""
    known = words()
    pronoun = ("he", "she")[rng.integers(2)]
    surname = one(known["family"], rng)
    by_month = bool(rng.random() < _BY_MONTH)
    fills = {
        "S": f"{one(known['given'][pronoun], rng)} {surname}",
        "s": surname,
        "he": pronoun,
        "his": "his" if pronoun == "he" else "her",
        "role": one(known["roles"], rng),
        "T": f"{_MONTHS[move.month - 1]} {move.year}" if by_month else str(move.year),
    }
    for letter, iso3 in (("O", move.origin), ("D", move.destination)):
        fills |= _places(letter, iso3, world, rng)
    pattern = one(family.sentences, rng)
    text, at = "", 0
    spans: dict[str, tuple[int, int]] = {}
    for slot in _SLOT.finditer(pattern):
        name = slot.group(1)
        text += pattern[at : slot.start()]
        if name[0] in _SPANS:
            spans.setdefault(_SPANS[name[0]], (len(text), len(text) + len(fills[name])))
        text, at = text + fills[name], slot.end()
    text += pattern[at:]
    return Told(text[0].upper() + text[1:], spans, surname, by_month)


def _places(letter: str, iso3: str, world: World, rng: np.random.Generator) -> dict[str, str]:
    city, name = one(world.cities[iso3], rng), next(m.name for m in world.members if m.iso3 == iso3)
    return {
        letter: (city, name, f"{city}, {name}")[rng.integers(3)],
        f"{letter}U": one(_SCHOOLS, rng).format(place=city),
        f"{letter}F": one(words()["firms"], rng).format(place=city),
    }


def one(choices: Any, rng: np.random.Generator) -> str:
    """Any of some texts, each alike."""
    return str(choices[rng.integers(len(choices))])


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))
