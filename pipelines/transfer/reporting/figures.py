"""The plain figures of the report on transfers."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import MaxNLocator

from pipelines.drawing import BAND, BASELINE, INK, MUTED, OTHER, OWN, WIDTH, drawing, svg, ticks
from pipelines.transfer.judging.evaluation import LevelScore
from pipelines.transfer.reporting.tallies import Trajectory

EVENTS = (("SARS", 2003, 2003), ("H1N1", 2009, 2010), ("COVID-19", 2020, 2023))
"""Name, first and last year."""
_MARKS = ("o", "s", "^", "D")


def domains(counts: Mapping[str, int]) -> Markup:
    """Articles by registered domain, on a log axis."""
    with drawing(WIDTH, 0.7 + 0.25 * len(counts)) as (figure, axes):
        axes.barh(range(len(counts)), list(counts.values()), color=OWN, height=0.65)
        axes.set_yticks(range(len(counts)), list(counts), color=INK)
        axes.set_ylim(len(counts) - 0.4, -0.6)
        axes.set_xscale("log")
        axes.set_xlim(left=0.8)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.grid(axis="x")
        axes.set_xlabel("articles (log)")
        return svg(figure, "Bars of the articles of the largest registered domains")


def trajectory(shown: Trajectory) -> Markup:
    """Arrivals and departures of a country by year."""
    years = [year for year, _, _ in shown.years]
    with drawing(3.2, 1.8) as (figure, axes):
        axes.plot(years, [into for _, into, _ in shown.years], "o-", color=OWN, ms=3, label="in")
        axes.plot(years, [out for *_, out in shown.years], "s-", color=BASELINE, ms=3, label="out")
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        _whole(axes.yaxis, 4)
        _whole(axes.xaxis, 5)
        axes.legend(loc="upper left", frameon=False, ncols=2)
        return svg(figure, f"Lines of the flows into and out of {shown.country} by year")


def years(counts: Mapping[int, Mapping[str, int]]) -> Markup:
    """Flows by year, those with a month below those without, and bands of epidemics behind."""
    when = list(counts)
    with drawing(WIDTH, 2.4) as (figure, axes):
        _events(axes, when[0], when[-1])
        below = [counts[year].get("month", 0) for year in when]
        axes.bar(when, below, color=OWN, width=0.75, label="month known")
        rest = [counts[year].get("year", 0) for year in when]
        axes.bar(when, rest, bottom=below, color=OTHER, width=0.75, label="year only")
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        _whole(axes.xaxis, 8)
        _whole(axes.yaxis, 5)
        axes.set_ylabel("flows")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.06), ncols=2, frameon=False)
        return svg(figure, "Bars of the flows by year, by whether the month is known")


def months(counts: Mapping[str, int]) -> Markup:
    """Flows whose month is known, by month (2015-03)."""
    when = [int(month[:4]) + (int(month[5:]) - 1) / 12 for month in counts]
    with drawing(WIDTH, 2.2) as (figure, axes):
        axes.vlines(when, 0, list(counts.values()), color=OWN, lw=1.1)
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        _whole(axes.xaxis, 8)
        _whole(axes.yaxis, 5)
        axes.set_ylabel("flows, month known")
        return svg(figure, "Bars of the flows by month, of those whose month is known")


def precision_coverage(levels: Sequence[LevelScore]) -> Markup:
    """Precision with its interval against coverage, a mark for each level of agreement."""
    with drawing(WIDTH, 2.7) as (figure, axes):
        for level, mark in zip(levels, _MARKS, strict=False):
            if level.precision is None:
                continue
            bounds = level.precision
            axes.plot([level.coverage] * 2, [bounds.low, bounds.high], color=OWN, lw=1.6)
            axes.plot(
                level.coverage, bounds.estimate, mark, color=OWN, ms=6.5, ls="", label=level.level, zorder=3
            )
        axes.axhline(0.9, color=OTHER, lw=1)
        axes.set_ylim(0, 1.04)
        axes.set_xlim(left=0)
        axes.margins(x=0.08)
        axes.grid(axis="y")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axes.set_xlabel("coverage: labelled test moves that are kept")
        axes.set_ylabel("precision")
        axes.legend(loc="lower right", frameon=False, ncols=2, handletextpad=0.1)
        return svg(figure, "Precision against coverage of each level of agreement, with 95 % intervals")


def _events(axes: Axes, first: int, last: int) -> None:
    for name, begin, end in EVENTS:
        if begin > last or end < first:
            continue
        axes.axvspan(begin - 0.5, end + 0.5, color=BAND, alpha=0.45, lw=0)
        axes.annotate(
            name,
            ((begin + end) / 2, 1),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="bottom",
            fontsize=7,
            color=MUTED,
        )


def _whole(axis: Axis, most: int) -> None:
    """At most so many ticks, none between two whole numbers."""
    ticks(axis, most)
    axis.set_major_locator(MaxNLocator(most, integer=True))
    axis.set_major_formatter(lambda value, _: f"{value:.0f}")
