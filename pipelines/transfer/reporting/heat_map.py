"""From which country to which: a heat map of the busiest."""

from typing import Any

import altair as alt
import pandas as pd

from modules.transfer.consensus import LEVELS
from modules.transfer.places.policy import policy
from pipelines.transfer.reporting.tallies import busiest, name_of

COUNTRIES = 40
SMALL = 5
"""Counts below it can be hidden."""
_STEP, _SIDE = 16, 160
"""Pixels of a cell and of the whole, at least."""
_AXIS: dict[str, Any] = {"grid": True, "gridColor": "#eef1f5", "labelLimit": 160, "tickBand": "extent"}


def heat_map(flows: pd.DataFrame) -> Any:
    """Origin by destination of the 40 busiest countries, by region, with a switch that hides small cells.

    Raises:
        ValueError: without flows.
    """
    if flows.empty:
        raise ValueError("there are no flows to draw")
    shown = sorted(busiest(flows)[:COUNTRIES], key=_place)
    kept = flows[flows["origin"].isin(shown) & flows["destination"].isin(shown)]
    step = alt.Step(max(_STEP, _SIDE / len(shown)))
    hide = alt.param(name="hide", value=False, bind=alt.binding_checkbox(name=f"hide cells below {SMALL} "))
    order = [_label(iso3) for iso3 in shown]
    count = alt.Color(
        "count:Q",
        title="flows",
        scale=alt.Scale(type="log", scheme="blues", domainMin=1),
        legend=alt.Legend(tickCount=4, format="d"),
    )
    chart: Any = (
        alt.Chart(alt.InlineData(values=_cells(kept)))
        .mark_rect(stroke="#ffffff", strokeWidth=0.5)
        .transform_filter(f"!hide || datum.count >= {SMALL}")
        .encode(
            x=alt.X("to:N", title="destination", sort=order, scale=alt.Scale(domain=order)).axis(
                labelAngle=-90, orient="top", titlePadding=12, **_AXIS
            ),
            y=alt.Y("from:N", title="origin", sort=order, scale=alt.Scale(domain=order)).axis(
                titlePadding=12, **_AXIS
            ),
            color=count,
            tooltip=["origin:N", "destination:N", "count:Q", *(f"{level}:Q" for level in LEVELS)],
        )
        .add_params(hide)
        .properties(width=step, height=step)
        .configure_view(stroke="#d9dee5")
    )
    return chart


def _cells(flows: pd.DataFrame) -> list[dict[str, Any]]:
    levels = pd.crosstab([flows["origin"], flows["destination"]], flows["level"])
    return [
        {
            "from": _label(row["origin"]),
            "to": _label(row["destination"]),
            "origin": name_of(row["origin"]),
            "destination": name_of(row["destination"]),
            "count": sum(int(row.get(level, 0)) for level in LEVELS),
            **{level: int(row.get(level, 0)) for level in LEVELS},
        }
        for row in levels.reset_index().to_dict("records")
    ]


def _place(iso3: str) -> tuple[str, str, str]:
    member = policy().members.get(iso3)
    return (member.region, member.subregion, member.name) if member else ("other", "", iso3)


def _label(iso3: str) -> str:
    member = policy().members.get(iso3)
    # The region's first letters tell where its countries begin and end.
    return f"{name_of(iso3)} · {member.region[:2] if member else ''}"
