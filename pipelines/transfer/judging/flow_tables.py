"""The transfers of a run as origin-destination flows, as a migration run reads them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from modules.period import Calendar
from modules.transfer.places.policy import policy

_FLOWS = pa.schema(
    [("period", pa.string()), ("origin", pa.string()), ("destination", pa.string()), ("count", pa.int32())]
)


def flow_tables(rows: Sequence[Mapping[str, Any]]) -> dict[str, pa.Table]:
    """`flows_month.parquet` (where the month is known), `flows_year.parquet`, and `countries.parquet`.

    Args:
        rows: of transfers.parquet.
    """
    flows = [row for row in rows if row["flow"] and row["period"]]
    by_month = [row for row in flows if row["precision"] == "month"]
    seen = {code for row in flows for code in (row["origin"], row["destination"])}
    members = [member for code, member in sorted(policy().members.items()) if code in seen]
    return {
        "flows_month.parquet": _counted(by_month, len("2015-03"), Calendar("month")),
        "flows_year.parquet": _counted(flows, len("2015"), Calendar("year")),
        "countries.parquet": pa.table(
            {
                "iso3": [member.iso3 for member in members],
                "name": [member.name for member in members],
                "lat": [member.latitude for member in members],
                "lon": [member.longitude for member in members],
            }
        ),
    }


def _counted(rows: Sequence[Mapping[str, Any]], length: int, calendar: Calendar) -> pa.Table:
    counts = Counter((row["period"][:length], row["origin"], row["destination"]) for row in rows)
    told = {period for period, _, _ in counts}
    if told:
        # A period of which nobody tells has a row that says so: nothing is missing there.
        _, origin, destination = min(counts)
        span = range(calendar.ordinal(min(told)), calendar.ordinal(max(told)) + 1)
        counts.update(
            {(each, origin, destination): 0 for each in map(calendar.label, span) if each not in told}
        )
    content = [dict(zip(_FLOWS.names, (*key, count), strict=True)) for key, count in sorted(counts.items())]
    return pa.Table.from_pylist(content, _FLOWS)
