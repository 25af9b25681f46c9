"""Cities put together: by size class, by part of the country, by province."""

from collections.abc import Sequence

import numpy as np

from modules.migration.arrays import Float64Array
from pipelines.migration.reporting.attraction.record import City

SIZE_CLASSES = ("super", "very large", "large", "medium")
_MOST_GROUPS = 6
_AREAS = {
    "East": "北京 天津 河北 上海 江苏 浙江 福建 山东 广东 海南",
    "Central": "山西 安徽 江西 河南 湖北 湖南",
    "West": "内蒙古 广西 重庆 四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆",
    "Northeast": "辽宁 吉林 黑龙江",
}
"""Four parts of China, as the National Bureau of Statistics divides it (2011)."""


def groupings(cities: Sequence[City], inflow: Float64Array) -> dict[str, list[str]]:
    """Name of a grouping -> the group of every city; only groupings that all cities are known for.

    By size class; and by part of the country where every province is a Chinese one, else by province: the
    five with the most inflow, and the others.

    Args:
        cities: the N cities.
        inflow: N, moves.
    """
    found: dict[str, list[str]] = {}
    tiers = [city.tier for city in cities if city.tier]
    if len(tiers) == len(cities):
        found["Size class"] = tiers
    provinces = [city.province for city in cities if city.province]
    if len(provinces) == len(cities):
        areas = [area_of(province) for province in provinces]
        known = [area for area in areas if area]
        if len(known) == len(cities):
            found["Part of China"] = known
        else:
            found["Province"] = _busiest(provinces, inflow)
    return {name: groups for name, groups in found.items() if len(set(groups)) > 1}


def area_of(province: str) -> str | None:
    """Which part of China a province lies in: 江苏省 -> East."""
    return next(
        (area for area, names in _AREAS.items() if any(province.startswith(name) for name in names.split())),
        None,
    )


def group_order(groups: Sequence[str]) -> list[str]:
    """Size classes by size, parts of China as listed, others by name, "others" last."""
    order = [*SIZE_CLASSES, *_AREAS]
    return sorted(
        set(groups), key=lambda name: (name == "others", order.index(name) if name in order else 99, name)
    )


def summed(values: Float64Array, groups: Sequence[str], order: Sequence[str]) -> Float64Array:
    """Sums over the cities of each group: ... x N -> ... x G."""
    member = np.array([[name == group for group in order] for name in groups], dtype=np.float64)
    total: Float64Array = values @ member
    return total


def _busiest(provinces: list[str], inflow: Float64Array) -> list[str]:
    names = sorted(set(provinces))
    if len(names) <= _MOST_GROUPS:
        return provinces
    sums = {name: sum(v for p, v in zip(provinces, inflow, strict=True) if p == name) for name in names}
    kept = sorted(names, key=lambda name: (-sums[name], name))[: _MOST_GROUPS - 1]
    return [province if province in kept else "others" for province in provinces]
