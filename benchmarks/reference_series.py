"""Flows that others counted, as the tables that a run of articles compares its own with (`transfer.references`).

python benchmarks/reference_series.py DIR --data ../shared/data      # DIR/football.csv, DIR/scholars.csv
"""

import sys
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

sys.path.append(str(Path(__file__).parents[1]))
from modules.transfer.places.policy import policy

SERIES = {
    "football": (
        "football_flows/country_flows_yearly.csv",
        {"season": "year", "origin_iso3": "origin", "destination_iso3": "destination", "n_use": "count"},
    ),
    "scholars": (
        "scholars_country_od/scopus_country_flows_1998_2018.csv.gz",
        {"year": "year", "orig": "origin", "dest": "destination", "n": "count"},
    ),
}
"""File, and which of its columns is what."""


def main(
    out: Annotated[Path, typer.Argument(help="Folder to write to: the run's data.")],
    data: Annotated[Path, typer.Option(help="Folder of the public data.")] = Path("../shared/data"),
) -> None:
    """Write one table for each series, of members of the United Nations."""
    members = policy().members
    for name, (path, columns) in SERIES.items():
        table = pd.read_csv(data / path, keep_default_na=False, usecols=list(columns)).rename(columns=columns)
        kept = table[table["origin"].isin(members) & table["destination"].isin(members)]
        kept = kept[kept["count"].astype(float) > 0]
        kept.sort_values(["year", "origin", "destination"]).to_csv(out / f"{name}.csv", index=False)


if __name__ == "__main__":
    typer.run(main)
