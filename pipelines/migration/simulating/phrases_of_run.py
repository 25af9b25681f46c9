"""The inventories, compiled over a run's cities: queries are drawn as numbers and spelt out at the end."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.migration.simulating.choices import Choices
from pipelines.migration.simulating.cities import City
from pipelines.migration.simulating.names import every_city_meant, provinces_named, short_province
from pipelines.migration.simulating.phrase_file import read_phrases
from pipelines.migration.simulating.place_forms import PlaceForms, falling

_PIECE = re.compile(r"\{(\w+)\}|(_)|([^{_]+)")
_SLOTS = ("separator", "place", "city", "job", "role", "extra", "site", "topic", "unsure")
_BY_CITY = {"place", "city"}
_LISTS = {"job": "jobs", "role": "jobs_en", "extra": "extras", "site": "sites", "topic": "topics"}
_LONG = 8  # pieces, of which a template may have so many

Ints = NDArray[np.int32]


class Phrases:
    """The main inventory (0) and the held-back one (1) over N cities.

    Pieces [8, n] are numbers in one pool of strings; piece by piece, they spell n queries.
    """

    def __init__(self, cities: list[City]) -> None:
        files: list[Mapping[str, Any]] = [read_phrases("main"), read_phrases("held_back")]
        self._number: dict[str, int] = {}
        self._of("")
        places = [PlaceForms(phrases, files) for phrases in files]
        self._slots = {
            "separator": self._choices([phrases["separators"] for phrases in files]),
            "place": self._choices([forms.chinese(city) for forms in places for city in cities]),
            "city": self._choices([forms.english(city) for forms in places for city in cities]),
        }
        for slot, key in _LISTS.items():
            self._slots[slot] = self._choices([falling(phrases[key]) for phrases in files])
        unsure = [_unsure_forms(phrases["unsure"], cities) for phrases in files]
        self._slots["unsure"] = self._choices([dict.fromkeys(forms, 1.0) for forms in unsure])
        homes = {self._of(form): home for forms in unsure for form, home in forms.items()}
        self._templates: list[list[int]] = []
        sorts = files[0]["templates"]
        self._sorts = {
            sort: Choices([self._compiled(phrases["templates"][sort]) for phrases in files]) for sort in sorts
        }
        self._table = np.array(self._templates, np.int32)
        self._cities = len(cities)
        self._pool = pa.array(list(self._number), pa.string())
        self._home_row = np.full(len(self._number), -1, np.int32)
        self._home_row[list(homes)] = np.arange(len(homes))
        self._home = np.array(list(homes.values()), np.int32)

    @property
    def sorts(self) -> frozenset[str]:
        """What a query can be: job, no_place, employer, navigational, ambiguous, background."""
        return frozenset(self._sorts)

    def write(self, sort: str, held_back: NDArray[np.bool_], place: Ints, rng: np.random.Generator) -> Ints:
        """Pieces [8, n] of n queries of a sort (job, no_place, ...), the i-th about city place[i]."""
        which = held_back.astype(np.int64)
        pieces: Ints = self._table.T[:, self._sorts[sort].draw(which, rng)]
        for line in pieces:
            for code in np.unique(line[line < 0]):
                slot = _SLOTS[-code - 1]
                at = np.flatnonzero(line == code)
                key = which[at] * self._cities + place[at] if slot in _BY_CITY else which[at]
                line[at] = self._slots[slot].draw(key, rng)
        return pieces

    def spell(self, pieces: Ints) -> pa.Array:
        """The texts [n]."""
        return pc.binary_join_element_wise(*(self._pool.take(pa.array(line)) for line in pieces), "")

    def meant(self, pieces: Ints, origin: Ints) -> Ints:
        """What an unsure name means to a searcher in `origin` [n]: a city's number, or -1 if it stays unsure.

        The parent that is written decides (辽宁朝阳); else a searcher in one of the cities means it; else the
        only candidate in the searcher's province is meant, unless the name is also a province's.
        """
        row = self._home_row[pieces].max(axis=0)
        home: Ints = self._home[row, origin]
        return home

    def _of(self, string: str) -> int:
        return self._number.setdefault(string, len(self._number))

    def _choices(self, lists: list[dict[str, float]]) -> Choices:
        return Choices([{self._of(item): weight for item, weight in one.items()} for one in lists])

    def _compiled(self, templates: list[str]) -> dict[int, float]:
        numbers = {}
        for template, weight in falling(templates).items():
            pieces = [
                -_SLOTS.index(slot) - 1 if slot else -1 if separator else self._of(words)
                for slot, separator, words in _PIECE.findall(template)
            ]
            numbers[len(self._templates)] = weight
            self._templates.append([*pieces, *[0] * (_LONG - len(pieces))])
        return numbers


def _unsure_forms(names: list[str], cities: list[City]) -> dict[str, list[int]]:
    """Each unsure name, bare and with the parents that settle it -> what it means by origin: [N]."""
    number = {city.adcode: at for at, city in enumerate(cities)}
    forms: dict[str, list[int]] = {}
    for name in names:
        candidates = every_city_meant(name)
        forms[name] = [_home(name, city.adcode, candidates, number) for city in cities]
        for code in sorted(candidates & set(number)):
            city = cities[number[code]]
            parent = short_province(city.province) if name == city.name else city.name
            forms[parent + name] = [number[code]] * len(cities)
    return forms


def _home(name: str, origin: str, candidates: frozenset[str], number: dict[str, int]) -> int:
    near = {code for code in candidates if code[:2] == origin[:2]}
    if origin in candidates:
        near = {origin}
    elif name in provinces_named():
        return -1
    return number.get(near.pop(), -1) if len(near) == 1 else -1
