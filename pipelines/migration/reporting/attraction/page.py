"""The city report's files: one page that needs no network, and a CSV file for every table."""

import csv
import io
from pathlib import Path

from markupsafe import Markup

from pipelines.migration.reporting.attraction.headline import both, headline, in_order, signed
from pipelines.migration.reporting.attraction.index import INFLOW, NET
from pipelines.migration.reporting.attraction.ranks import LEVEL
from pipelines.migration.reporting.attraction.record import CityReport
from pipelines.migration.reporting.attraction.resampling import DRAWS
from pipelines.migration.reporting.attraction.tables import Rows, tables
from pipelines.pages import render

PAGE = "cities.html"
TABLES = "tables"


def write_city_report(folder: Path, report: CityReport) -> None:
    """Write the page and its tables into an existing folder: the same record gives the same bytes."""
    made = tables(report)
    (folder / TABLES).mkdir()
    for name, rows in made.items():
        # With a byte-order mark, or Excel reads the Chinese names as Latin letters.
        (folder / TABLES / f"{name}.csv").write_text(csv_of(rows), encoding="utf-8-sig", newline="")
    (folder / PAGE).write_text(city_page(report, tuple(made)), encoding="utf-8")


def city_page(report: CityReport, table_names: tuple[str, ...]) -> str:
    """The page: the record, from which its script draws, and the latest period as plain tables."""
    record = report.model_dump_json().replace("<", "\\u003c")  # no text ends the script that holds it
    return render(
        "cities.html",
        report=report,
        latest=report.latest,
        order=in_order(report.latest),
        head=headline(report),
        both=both,
        signed=signed,
        tables=table_names,
        record=Markup(record),  # noqa: S704
        weights={"inflow": INFLOW, "net": NET},
        level=LEVEL,
        draws=DRAWS,
    )


def csv_of(rows: Rows) -> str:
    """Rows as CSV (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
