"""Every table of the city report as rows: what the CSV files hold."""

from collections.abc import Iterator

from pipelines.migration.reporting.attraction.record import CityReport, Shown

Rows = list[list[object]]


def tables(report: CityReport) -> dict[str, Rows]:
    """File name without its ending -> rows, the first of them the header; an unknown value is empty."""
    made: dict[str, Rows] = {
        "ranking": _ranking(report),
        "corridors": _corridors(report),
        "groups": _groups(report),
        "dials": _dials(report),
        "partners": _partners(report),
        "series": _series(report),
        "changes": _changes(report),
        "reasons": _reasons(report),
        "peers": _peers(report),
        "quality": [["step", "rows"], *([step, rows] for step, rows in report.quality.rows)],
    }
    return {name: rows for name, rows in made.items() if len(rows) > 1}


def _kind(shown: Shown) -> str:
    return "forecast" if shown.ahead else "observed"


def _who(report: CityReport, place: int) -> list[object]:
    city = report.cities[place]
    return [city.region, city.name, city.name_en]


def _share(part: float | None, whole: float) -> float | None:
    return None if part is None or not whole else round(part / whole, 6)


def _ranking(report: CityReport) -> Rows:
    header = [
        "period",
        "kind",
        "region",
        "name",
        "name_en",
        "rank",
        "rank_low",
        "rank_high",
        "tied_with_above",
    ]
    rows: Rows = [
        [*header, "index", "inflow", "outflow", "net", "inflow_share", "outflow_share", "net_share"]
    ]
    for shown in report.shown:
        index = shown.index
        for place in sorted(range(len(report.cities)), key=lambda city: index.rank[city] or 0):
            inflow, outflow = shown.inflow[place] or 0.0, shown.outflow[place] or 0.0
            net = round(inflow - outflow, 6)
            rows.append(
                [
                    *(shown.period, _kind(shown), *_who(report, place)),
                    *(_whole(each[place]) for each in (index.rank, index.low, index.high)),
                    *("yes" if index.tied[place] else "no", index.value[place], inflow, outflow, net),
                    *(_share(part, shown.total) for part in (inflow, outflow, net)),
                ]
            )
    return rows


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _corridors(report: CityReport) -> Rows:
    rows: Rows = [["period", "kind", "origin", "origin_name", "destination", "destination_name", "moves"]]
    for shown in report.shown:
        for i, j, moves in shown.corridors:
            ends = (*_who(report, i)[:2], *_who(report, j)[:2])
            rows.append([shown.period, _kind(shown), *ends, moves])
    return rows


def _groups(report: CityReport) -> Rows:
    rows: Rows = [["grouping", "group", "cities", "period", "kind", "inflow_share", "net_share"]]
    for grouping in report.groupings:
        for place, group in enumerate(grouping.groups):
            rows += [
                [grouping.name, group, grouping.members[place], shown.period, _kind(shown), *values]
                for shown, *values in zip(
                    report.shown,
                    (row[place] for row in grouping.inflow),
                    (row[place] for row in grouping.net),
                    strict=True,
                )
            ]
    return rows


def _dials(report: CityReport) -> Rows:
    header = ["period", "basis", "region", "name", "name_en", "variable", "value"]
    rows: Rows = [[*header, "percentile", "rank", "rank_low", "rank_high"]]
    for shown in report.shown:
        for variable, dial in shown.dials.items():
            for place in range(len(report.cities)):
                rank = dial.rank[place]
                rows.append(
                    [
                        *(shown.period, shown.basis, *_who(report, place), variable, dial.value[place]),
                        percentile(rank, sum(each is not None for each in dial.rank)),
                        *(_whole(each) for each in (rank, dial.low[place], dial.high[place])),
                    ]
                )
    return rows


def percentile(rank: float | None, ranked: int) -> float | None:
    """Share of the other ranked cities that lie below, in per cent."""
    return None if rank is None else round(100 * (ranked - rank) / max(ranked - 1, 1), 1)


def _partners(report: CityReport) -> Rows:
    header = ["period", "kind", "region", "name", "name_en", "direction", "place", "partner", "partner_name"]
    rows: Rows = [[*header, "moves", "share_of_city", "moves_period_before", "expected_next"]]
    for shown in report.shown:
        for direction, total, partners in (
            ("from", shown.inflow, shown.sources),
            ("to", shown.outflow, shown.destinations),
        ):
            for place, listed in enumerate(partners):
                rows += [
                    [
                        *(shown.period, _kind(shown), *_who(report, place), direction, order),
                        *(
                            *_who(report, partner)[:2],
                            moves,
                            _share(moves, total[place] or 0.0),
                            then,
                            expected,
                        ),
                    ]
                    for order, (partner, moves, then, expected) in enumerate(listed, start=1)
                ]
    return rows


def _series(report: CityReport) -> Rows:
    header = ["region", "name", "name_en", "period", "kind", "inflow", "inflow_low", "inflow_high"]
    rows: Rows = [[*header, "outflow", "outflow_low", "outflow_high"]]
    series = report.series
    for place in range(len(report.cities)):
        for step, period in enumerate(series.periods):
            ahead = step - series.observed
            rows.append([*_who(report, place), period, "observed" if ahead < 0 else "forecast"])
            for side, low, high in (
                (series.inflow, series.inflow_low, series.inflow_high),
                (series.outflow, series.outflow_low, series.outflow_high),
            ):
                bounds = [None, None] if ahead < 0 else [low[place][ahead], high[place][ahead]]
                rows[-1] += [side[place][step], *bounds]
    return rows


def _changes(report: CityReport) -> Rows:
    header = ["period", "against", "region", "name", "name_en", "rank", "rank_then", "inflow", "inflow_then"]
    rows: Rows = [[*header, "outflow", "outflow_then"]]
    for shown in report.shown:
        for then in filter(None, (shown.since, shown.cycle_ago)):
            for place in range(len(report.cities)):
                ranks = (_whole(shown.index.rank[place]), _whole(then.rank[place]))
                flows = (shown.inflow[place], then.inflow[place], shown.outflow[place], then.outflow[place])
                rows.append([shown.period, then.period, *_who(report, place), *ranks, *flows])
    return rows


def _reasons(report: CityReport) -> Rows:
    rows: Rows = [["region", "name", "name_en", "period", "addend", "log_moves"]]
    ahead = [shown.period for shown in report.shown if shown.ahead]
    for period, cities in zip(ahead, report.reasons.value, strict=False):
        for place, values in enumerate(cities):
            named = zip(addend_names(report), values, strict=True)
            rows += [[*_who(report, place), period, addend, value] for addend, value in named]
    return rows


def addend_names(report: CityReport) -> Iterator[str]:
    """The addends as words: own past 1 month ago."""
    for place, addend in enumerate(report.reasons.addends):
        plural = "" if addend == "1" else "s"
        yield f"own past, {addend} {report.unit}{plural} ago" if place < report.reasons.lags else addend


def _peers(report: CityReport) -> Rows:
    rows: Rows = [["region", "name", "name_en", "place", "peer", "peer_name", "similarity"]]
    for place, row in enumerate(report.peers.nearest):
        for order, (peer, alike) in enumerate(row, start=1):
            rows.append([*_who(report, place), order, *_who(report, peer)[:2], alike])
    return rows
