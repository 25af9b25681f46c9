"""A map of the world: who leaves, who arrives, and along which lines, in all or year by year."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import altair as alt

from modules.transfer.places.policy import Member, policy

ARCS = 50
"""Lines that a year shows, the strongest first."""
_WIDTH, _HEIGHT = 960, 500
_ALL = "all"
Flow = tuple[int | None, str, str, int]
"""Year (none: not known), origin, destination (alpha-3) and count."""


def world_map(flows: Sequence[Flow]) -> Any:
    """A map of all years or, by a slider, of one, and a choice of out, in or net.

    Flows without a year count among all years only. Countries too small for the
    outline (Natural Earth, 1:110 million) are dots at their capitals, and every line runs between capitals.

    Raises:
        ValueError: without flows.
    """
    if not flows:
        raise ValueError("there are no flows to draw")
    everything, year = _years(sorted({year for year, *_ in flows if year is not None}))
    when = alt.param(name="when", expr=f"everything ? '{_ALL}' : toString(year)")
    shown = alt.param(
        name="shown",
        value="net",
        bind=alt.binding_select(options=["out", "in", "net"], name="show "),
    )
    balances = alt.InlineData(values=_balances(flows))
    outlines = alt.InlineData(
        values=_outlines(), format=alt.TopoDataFormat(type="topojson", feature="countries")
    )
    ground = alt.Chart(outlines).mark_geoshape(fill="#eeeeee", stroke="#bbbbbb", strokeWidth=0.4)
    lookup = alt.LookupData(balances, "key", ["country", "out", "in", "net"])
    colour = alt.Color(
        "value:Q", title="flows", scale=alt.Scale(type="symlog", scheme="blueorange", domainMid=0)
    )
    tooltip = [
        alt.Tooltip(f"{name}:{kind}")
        for name, kind in (("country", "N"), ("out", "Q"), ("in", "Q"), ("net", "Q"))
    ]
    areas = (
        alt.Chart(outlines)
        .mark_geoshape(stroke="#888888", strokeWidth=0.4)
        .transform_calculate(key="toNumber(datum.id) + '/' + when")
        .transform_lookup("key", lookup)
        .transform_filter("isValid(datum.country)")
        .transform_calculate(value="datum[shown]")
        .encode(color=colour, tooltip=tooltip)
    )
    dots = (
        alt.Chart(alt.InlineData(values=_dots()))
        .mark_circle(size=45, stroke="#888888", strokeWidth=0.4, opacity=1)
        .transform_calculate(key="datum.m49 + '/' + when")
        .transform_lookup("key", lookup)
        .transform_filter("isValid(datum.country)")
        .transform_calculate(value="datum[shown]")
        .encode(longitude="lon:Q", latitude="lat:Q", color=colour, tooltip=tooltip)
    )
    lines = (
        alt.Chart(alt.InlineData(values=_arcs(flows)))
        .mark_rule(color="#333333", opacity=0.45)
        .transform_filter("datum.year == when")
        .encode(
            longitude="lon:Q",
            latitude="lat:Q",
            longitude2="lon2:Q",
            latitude2="lat2:Q",
            size=alt.Size("count:Q", legend=None, scale=alt.Scale(range=[0.4, 4])),
            tooltip=["origin:N", "destination:N", "count:Q"],
        )
    )
    chart: Any = (
        (ground + areas + dots + lines)
        .add_params(everything, year, when, shown)
        .project(type="equalEarth")
        .properties(width=_WIDTH, height=_HEIGHT)
        .configure_view(stroke=None)
    )
    return chart


def _years(years: Sequence[int]) -> tuple[Any, Any]:
    """The switch of all years and the slider of one; neither can be moved where no year is known."""
    if not years:
        return alt.param(name="everything", value=True), alt.param(name="year", value=0)
    slider = alt.binding_range(min=years[0], max=years[-1], step=1, name="or one year ")
    return (
        alt.param(name="everything", value=True, bind=alt.binding_checkbox(name="all years ")),
        alt.param(name="year", value=years[-1], bind=slider),
    )


@cache
def _outlines() -> Mapping[str, Any]:
    content: dict[str, Any] = json.loads((files(__package__) / "world-110m.json").read_text(encoding="utf-8"))
    return content


def _balances(flows: Sequence[Flow]) -> list[dict[str, Any]]:
    out: Counter[tuple[str, str]] = Counter()
    into: Counter[tuple[str, str]] = Counter()
    for year, origin, destination, count in flows:
        for when in _times(year):
            out[origin, when] += count
            into[destination, when] += count
    found = []
    for iso3, when in sorted(out.keys() | into.keys()):
        member, left, came = policy().members[iso3], out[iso3, when], into[iso3, when]
        key = f"{int(member.m49)}/{when}"
        found.append({"key": key, "country": member.name, "out": left, "in": came, "net": came - left})
    return found


def _arcs(flows: Sequence[Flow]) -> list[dict[str, Any]]:
    by_year: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for year, origin, destination, count in flows:
        for when in _times(year):
            by_year[when][origin, destination] += count
    members = policy().members
    return [
        {
            "year": when,
            "count": count,
            "origin": members[pair[0]].name,
            "destination": members[pair[1]].name,
            **_place(members[pair[0]], ""),
            **_place(members[pair[1]], "2"),
        }
        for when, pairs in sorted(by_year.items())
        for pair, count in sorted(pairs.items(), key=lambda each: (-each[1], each[0]))[:ARCS]
    ]


def _times(year: int | None) -> tuple[str, ...]:
    return (_ALL,) if year is None else (_ALL, str(year))


def _dots() -> list[dict[str, Any]]:
    drawn = {int(each["id"]) for each in _outlines()["objects"]["countries"]["geometries"] if "id" in each}
    return [
        {"m49": int(member.m49), **_place(member, "")}
        for member in policy().members.values()
        if int(member.m49) not in drawn
    ]


def _place(member: Member, ending: str) -> dict[str, float]:
    return {f"lon{ending}": member.longitude, f"lat{ending}": member.latitude}
