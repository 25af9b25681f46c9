"""The split stage: which periods train, validate and test, frozen with the hashes of their rows."""

import hashlib
from typing import Any

import pyarrow.parquet as pq

from modules.errors import UserError
from modules.migration.flows import Flows
from modules.migration.origins import forecast_origins
from pipelines.config.migration import MigrationRun, Windows
from pipelines.files import whole_folder, write_json
from pipelines.migration.fitting.flows_of_run import open_flows
from pipelines.paths import RunPaths


def row_keys(name: str) -> dict[str, str]:
    """Period -> sha256 of its rows' keys (origin, destination), so that a leak can be named by its period."""
    table = pq.read_table(
        RunPaths(name).extracted / "flows.parquet", columns=["period", "origin", "destination"]
    )
    digests: dict[str, Any] = {}
    for batch in table.to_batches():
        columns = (batch.column(index).to_pylist() for index in range(3))
        for period, origin, destination in zip(*columns, strict=True):
            digest = digests.setdefault(period, hashlib.sha256())
            digest.update(f"{origin}\t{destination}\n".encode())
    return {period: digest.hexdigest() for period, digest in sorted(digests.items())}


def run(name: str, config: MigrationRun) -> None:
    """Write `split.json`: for each part its span, periods and forecast origins; every period's row keys.

    Raises:
        UserError: if gaps leave a part without a single window, or the data without a last one.
    """
    flows, split = open_flows(name, config)
    period, windows = config.migration.period, config.migration.windows
    if not flows.observed[-windows.length :].all():
        raise UserError(
            f"runs.{name}.migration.period: a gap lies in the last {windows.length} periods, so nothing "
            "can be forecast from the end of the data; end the period before the gap, or shorten the windows"
        )
    cuts = [0, split.validation, split.test, len(flows.observed)]
    parts = {
        part: _part(name, windows, flows, part, start, stop)
        for part, start, stop in zip(("train", "validation", "test"), cuts[:-1], cuts[1:], strict=True)
    }
    with whole_folder(RunPaths(name).split) as folder:
        keys = row_keys(name)
        frozen = {"unit": period.unit, "labels": list(keys), "parts": parts, "row_keys": keys}
        write_json(folder / "split.json", frozen)


def _part(name: str, windows: Windows, flows: Flows, part: str, start: int, stop: int) -> dict[str, Any]:
    labels, observed = flows.labels, flows.observed
    rolling = part != "train"
    origins = forecast_origins(observed, windows.length, windows.horizon, start, stop, rolling=rolling)
    if not origins:
        raise UserError(
            f"runs.{name}.migration.windows: no unbroken {windows.length} periods before any {part} target: "
            "gaps cut the axis too short; shorten windows.length or move the spans"
        )
    periods = [labels[step] for step in range(start, stop) if observed[step]]
    return {
        "from": periods[0],
        "to": periods[-1],
        "periods": len(periods),
        "origins": [labels[step] for step in origins],
    }
