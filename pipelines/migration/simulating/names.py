"""What a Chinese place name can mean in the whole country, so that a phrase is labelled with what it says."""

import re
from collections import defaultdict
from functools import cache

from GeoToolCN import Region, list_regions

from pipelines.migration.simulating.cities import MUNICIPALITIES, largest_cities, short_name, units

_PROVINCE = re.compile(r"(省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)$")


def short_province(name: str) -> str:
    """A province's everyday name: 江苏省 -> 江苏, 广西壮族自治区 -> 广西."""
    return _PROVINCE.sub("", name)


def unit_of(district: str) -> str:
    """The code of the city that a district's code lies in."""
    province = district[:2] + "0000"
    return province if province in MUNICIPALITIES else district[:4] + "00"


@cache
def districts_of_units() -> dict[str, list[Region]]:
    """Districts and counties by the code of their city, in the order of their codes."""
    found: dict[str, list[Region]] = defaultdict(list)
    for district in sorted(list_regions("district"), key=lambda region: str(region.code)):
        found[unit_of(district.code)].append(district)
    return found


@cache
def provinces_named() -> frozenset[str]:
    """Everyday and full names of provinces that are no city."""
    regions = [region for region in list_regions("province") if region.code not in MUNICIPALITIES]
    return frozenset(name for region in regions for name in (region.name, short_province(region.name)))


@cache
def cities_meant(name: str) -> frozenset[str]:
    """The codes of the cities that are called so, or else have a district called so."""
    by_name, by_district = _meanings()
    return by_name.get(name) or by_district.get(name) or frozenset()


@cache
def every_city_meant(name: str) -> frozenset[str]:
    """The codes of the cities that are called so or have a district called so."""
    by_name, by_district = _meanings()
    return by_name.get(name, frozenset()) | by_district.get(name, frozenset())


@cache
def city_of_pinyin() -> dict[str, str]:
    """Lower-case English name -> the code of the most populous city that has it (Suzhou is Jiangsu's)."""
    owner: dict[str, str] = {}
    for city in largest_cities(len(units())):
        owner.setdefault(city.name_en.lower(), city.adcode)
    return owner


@cache
def _meanings() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    cities: dict[str, set[str]] = defaultdict(set)
    for unit in units():
        for name in (unit.name, short_name(unit.name)):
            cities[name].add(unit.code)
    districts: dict[str, set[str]] = defaultdict(set)
    for code, found in districts_of_units().items():
        for district in found:
            for name in (district.name, short_name(district.name)):
                districts[name].add(code)
    return (
        {name: frozenset(codes) for name, codes in cities.items()},
        {name: frozenset(codes) for name, codes in districts.items()},
    )
