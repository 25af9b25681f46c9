"""The figures of the report on forecasters."""

import math
from collections.abc import Sequence

from markupsafe import Markup
from matplotlib.ticker import MaxNLocator, PercentFormatter

from modules.period import Calendar, Unit
from pipelines.drawing import (
    BAD,
    BAND,
    BASELINE,
    INK,
    MUTED,
    OTHER,
    OWN,
    TO_COME,
    WIDTH,
    drawing,
    svg,
    ticks,
)
from pipelines.migration.judging.evaluation import TOLERANCE, Coverage, FlowRow, Series
from pipelines.pages import decimals, number, plain

HISTORY = 2
"""History shown of a corridor, as a multiple of the periods forecast."""
OFF_SCALE = 2.5
"""An error this many times the best one leaves the figures, or it would flatten all the others."""
MARKERS = {"small": "^", "medium": "o", "large": "s"}


def scale(rows: Sequence[FlowRow]) -> float:
    """The largest error that the figures show."""
    return OFF_SCALE * min(row.test_mae.estimate for row in rows)


def leaderboard(rows: Sequence[FlowRow]) -> Markup:
    """Test MAE of every model, a dot with its 95 % interval: disc if our own, square if a baseline."""
    with drawing(WIDTH, 0.75 + 0.32 * len(rows)) as (figure, axes):
        limit = scale(rows)
        for place, row in enumerate(rows):
            colour, marker = (BASELINE, "s") if row.role == "baseline" else (OWN, "o")
            bounds = row.test_mae
            if bounds.estimate > limit:
                off = number(bounds.estimate, decimals([bounds.estimate])) + " \N{RIGHTWARDS ARROW}"
                edge = axes.get_yaxis_transform()
                axes.text(0.99, place, off, color=colour, ha="right", va="center", transform=edge)
                continue
            axes.plot([bounds.low, bounds.high], [place, place], color=colour, lw=1.8)
            axes.plot(bounds.estimate, place, marker, color=colour, ms=6.5)
        axes.set_yticks(range(len(rows)), [plain(row.model) for row in rows], color=INK)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(axis="x")
        axes.margins(x=0.08)
        ticks(axes.xaxis, 6)
        axes.set_xlabel("test MAE, moves (further left is better)")
        return svg(figure, "Dot plot of the test error of every model with its 95 % interval")


def horizons(rows: Sequence[FlowRow], shown: tuple[str, ...], unit: str) -> Markup:
    """Test MAE by horizon: the models of `shown` in colour, the others in grey."""
    with drawing(WIDTH, 2.9) as (figure, axes):
        for row in sorted(rows, key=lambda row: row.model in shown):
            steps = range(1, len(row.by_horizon) + 1)
            if row.model in shown:
                colour, line = (BASELINE, "--s") if row.role == "baseline" else (OWN, "-o")
                axes.plot(steps, row.by_horizon, line, color=colour, lw=2, ms=5.5)
            else:
                axes.plot(steps, row.by_horizon, "-o", color=OTHER, lw=1, ms=2)
        highest = max(max(row.by_horizon) for row in rows if row.test_mae.estimate <= scale(rows))
        axes.set_ylim(0, 1.08 * highest)
        axes.grid(axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        ticks(axes.yaxis, 6)
        axes.set_xlabel(f"{unit}s ahead")
        axes.set_ylabel("test MAE, moves")
        return svg(figure, f"Line chart of the test error of every model by {unit}s ahead")


def coverage(cells: Sequence[Coverage], nominal: float, unit: str) -> Markup:
    """Coverage by horizon and size of the corridor, around the band in which an interval held."""
    with drawing(WIDTH, 3.2) as (figure, axes):
        axes.axhspan(nominal - TOLERANCE, nominal + TOLERANCE, color=TO_COME, lw=0)
        axes.axhline(nominal, color=OTHER, lw=1)
        for shift, (size, marker) in zip((-0.12, 0, 0.12), MARKERS.items(), strict=True):
            part = [cell for cell in cells if cell.corridors == size]
            for cell in part:
                colour = OWN if cell.held else BAD
                axes.plot(cell.horizon + shift, cell.coverage, marker, color=colour, ms=6.5)
            axes.plot([], [], marker, color=MUTED, ms=6, label=f"{size} corridors")
        axes.set_ylim(min([nominal - 0.15, *(cell.coverage - 0.02 for cell in cells)]), 1.005)
        axes.margins(x=0.1)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol="\N{NARROW NO-BREAK SPACE}%"))
        axes.set_xlabel(f"{unit}s ahead")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False, handletextpad=0.1)
        return svg(figure, f"Dot plot of the coverage of the intervals by {unit}s ahead and corridor size")


def corridor(series: Series, unit: Unit, alt: str) -> Markup:
    """History and truth, forecast with its interval, the best baseline, and the time to come shaded."""
    calendar = Calendar(unit)
    actual = _points(calendar, series.periods, series.actual)
    forecast = _points(calendar, series.forecast_periods, series.forecast)
    start = min(forecast) - HISTORY * len(forecast)
    span = range(min(period for period in actual if period >= start), max([*actual, *forecast]) + 1)
    end = max(actual)
    with drawing(3.7, 2.0) as (figure, axes):
        if span[-1] > end:
            axes.axvspan(end + 0.5, span[-1] + 0.5, color=TO_COME, lw=0)
        lower, upper, baseline = (
            _line(_points(calendar, series.forecast_periods, values), span)
            for values in (series.lower, series.upper, series.baseline)
        )
        axes.fill_between(span, lower, upper, color=BAND, lw=0)
        axes.plot(span, _line(actual, span), color=INK, lw=1.3)
        axes.plot(span, baseline, color=BASELINE, lw=1.1, ls=(0, (3, 1.5)))
        axes.plot(span, _line(forecast, span), color=OWN, lw=1.8)
        axes.set_xlim(span[0] - 0.5, span[-1] + 0.5)
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        ticks(axes.yaxis, 4)
        shown = [span[0], span[len(span) // 2], span[-1]]
        axes.set_xticks(shown, [calendar.label(tick) for tick in shown])
        axes.get_xticklabels()[0].set_horizontalalignment("left")
        axes.get_xticklabels()[-1].set_horizontalalignment("right")
        return svg(figure, alt)


def _points(
    calendar: Calendar, labels: tuple[str, ...], values: tuple[float | None, ...]
) -> dict[int, float]:
    return {
        calendar.ordinal(label): math.nan if value is None else value
        for label, value in zip(labels, values, strict=True)
    }


def _line(points: dict[int, float], span: range) -> list[float]:
    """The points over the whole span; the line breaks where there is none, as at a gap."""
    return [points.get(period, math.nan) for period in span]
