"""What the city report says first."""

from dataclasses import dataclass

from pipelines.migration.reporting.attraction.record import City, CityReport, Shown
from pipelines.pages import MINUS, number, percent


@dataclass(frozen=True)
class Headline:
    """One sentence, a few more under it, and four figures."""

    headline: str
    detail: str
    facts: tuple[tuple[str, str, str], ...]
    """Label, value, what the value is of."""


def headline(report: CityReport) -> Headline:
    """Who attracts most in the last observed period, whether that is sure, and what comes."""
    latest = report.latest
    order = in_order(latest)
    first, second = (report.cities[place] for place in order[:2])
    top = order[0]
    if latest.index.tied[order[1]]:
        said = f"{both(first)} and {both(second)} attract most: which of them leads cannot be told"
    else:
        said = f"{both(first)} attracts most"
    net = [(latest.inflow[place] or 0) - (latest.outflow[place] or 0) for place in order]
    ties = sum(latest.index.tied)
    share = percent((latest.inflow[top] or 0) / (latest.total or 1), 1)
    detail = (
        f"In {latest.period} {first.name_en or first.name} takes {share} of all moves between the "
        f"{number(len(order))} cities, and {_gain(net[0])}. {_second(report, order)} {_outlook(report, top)}"
    )
    gainer, loser = (order[net.index(end(net))] for end in (max, min))
    facts = (
        (f"Moves between cities in {latest.period}", number(latest.total), _against(report)),
        ("Largest net gain", signed(max(net)), both(report.cities[gainer])),
        ("Largest net loss", signed(min(net)), both(report.cities[loser])),
        ("Neighbours in the ranking that are tied", f"{ties} of {len(order) - 1}", "too close to order"),
    )
    return Headline(said, detail.strip(), facts)


def in_order(shown: Shown) -> list[int]:
    """Places of the cities, the most attractive first."""
    return sorted(range(len(shown.index.rank)), key=lambda place: shown.index.rank[place] or 0)


def both(city: City) -> str:
    """English and Chinese name, as far as known."""
    return f"{city.name_en} {city.name}" if city.name_en and city.name_en != city.name else city.name


def signed(value: float) -> str:
    """A number with its sign."""
    return ("+" if value > 0 else "") + number(value)


def _gain(net: float) -> str:
    if net == 0:
        return "gains as many as it loses"
    return f"{number(net)} more come than go" if net > 0 else f"{number(-net)} more go than come"


def _second(report: CityReport, order: list[int]) -> str:
    index = report.latest.index
    close = [place for place in order[1:] if index.tied[place]][:1]
    if not close:
        return "" if None in index.low else "Every place in the ranking is clear of the next."
    lower = close[0]
    upper = order[order.index(lower) - 1]
    one, other = (report.cities[place] for place in (upper, lower))
    values = [index.value[place] or 0 for place in (upper, lower)]
    places = 0 if round(values[0]) != round(values[1]) else 1
    points = [number(value, places) for value in values]
    return (
        f"An index of {points[0]} against {points[1]} may be a tie, as between "
        f"{one.name_en or one.name} and {other.name_en or other.name}: ties are marked."
    )


def _outlook(report: CityReport, top: int) -> str:
    last = report.shown[-1]
    if not last.ahead:
        return ""
    ahead = report.cities[in_order(last)[0]]
    word = "still" if in_order(last)[0] == top else "then"
    return f"For {last.period} the model expects {ahead.name_en or ahead.name} {word} in front."


def _against(report: CityReport) -> str:
    latest = report.latest
    parts = [
        f"{_percent_change(latest.total, sum(value or 0 for value in then.inflow))} since {then.period}"
        for then in (latest.since, latest.cycle_ago)
        if then is not None and any(then.inflow)
    ]
    return ", ".join(parts)


def _percent_change(now: float, then: float) -> str:
    text = percent(now / then - 1, 1)
    return text if text.startswith(MINUS) else "+" + text
