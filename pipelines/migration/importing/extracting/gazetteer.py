"""China's provinces, prefectures and districts, and the short names that people write for them."""

import re
from dataclasses import dataclass
from functools import cache, cached_property

from GeoToolCN import list_regions

_ONE_PREFECTURE = {"11", "12", "31", "50", "81", "82"}
"""Municipalities and special regions: province and prefecture in one, 110000."""
_PEOPLES = (
    "朝鲜 土家 布依 哈尼 景颇 傈僳 蒙古 柯尔克孜 哈萨克 仫佬 毛南 仡佬 东乡 保安 撒拉 "
    "裕固 达斡尔 鄂伦春 鄂温克 锡伯 塔吉克 拉祜 纳西 独龙 布朗 普米 维吾尔"
)
_AUTONOMOUS = re.compile(
    rf"(.{{2,}}?)(?:(?:{'|'.join(_PEOPLES.split())})族?|[苗藏羌彝侗傣白回壮瑶满畲黎水土佤怒各]族)+自治[区州县旗]"
)
_ENDINGS = ("特别行政区", "自治区", "自治县", "自治旗", "地区", "林区", "新区", *"省市区县旗盟")


@dataclass(frozen=True)
class Place:
    """A division of China, and the prefecture that a move to it counts for."""

    code: int
    """Its own adcode, like 320583."""
    name: str
    """Its full name, like 昆山市."""
    prefecture: int
    """Adcode of the prefecture (or municipality) that it is or lies in; 0 for a province with several."""

    @property
    def province(self) -> int:
        """The first two digits of its adcode."""
        return self.code // 10000

    @cached_property
    def short(self) -> str:
        """Its name as people write it, without 市, 县 or 土家族苗族自治州."""
        match = _AUTONOMOUS.fullmatch(self.name)
        if match is not None:
            return match[1]
        stems = (self.name.removesuffix(ending) for ending in _ENDINGS if self.name.endswith(ending))
        return next((stem for stem in stems if len(stem) > 1), self.name)


@dataclass(frozen=True)
class Gazetteer:
    """All divisions by level; every prefecture, municipalities included, stands in `prefectures`."""

    provinces: tuple[Place, ...]
    prefectures: tuple[Place, ...]
    districts: tuple[Place, ...]

    @property
    def parents(self) -> dict[int, int]:
        """Adcode of a prefecture or district -> adcode of the prefecture."""
        return {place.code: place.prefecture for place in (*self.districts, *self.prefectures)}


@cache
def gazetteer() -> Gazetteer:
    """Read GeoToolCN's tables of GB/T 2260 adcodes: the provinces and what they hold."""
    provinces, cities, districts = (
        [(int(region.code), region.name) for region in list_regions(level)]
        for level in ("province", "city", "district")
    )
    known = {code for code, _ in cities}

    def prefecture(code: int) -> int:
        if str(code)[:2] in _ONE_PREFECTURE:
            return code // 10000 * 10000
        above = code // 100 * 100
        return above if above in known else code if code in known else 0

    whole = [Place(code, name, prefecture(code)) for code, name in provinces]
    return Gazetteer(
        tuple(place for place in whole if not place.prefecture),
        tuple(
            sorted(
                [place for place in whole if place.prefecture]
                + [Place(code, name, code) for code, name in cities],
                key=lambda place: place.code,
            )
        ),
        tuple(Place(code, name, prefecture(code)) for code, name in districts),
    )
