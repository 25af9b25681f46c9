"""The split stage: which periods train, validate and test, frozen with the hashes of their rows."""

import hashlib
from typing import Any

import pyarrow.parquet as pq

from modules.migration.windows import WindowDataset
from pipelines.config import RunConfig
from pipelines.files import whole_folder, write_json
from pipelines.migration.data import RunData, open_data
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


def run(name: str, config: RunConfig) -> None:
    """Write `split.json`: for each part its span, periods and forecast origins; every period's row keys."""
    data = open_data(name, config)
    with whole_folder(RunPaths(name).split) as folder:
        write_json(
            folder / "split.json",
            {
                "unit": config.period.unit,
                "length": config.windows.length,
                "horizon": config.windows.horizon,
                "parts": _parts(data),
                "row_keys": row_keys(name),
            },
        )


def _parts(data: RunData) -> dict[str, dict[str, Any]]:
    cuts = [0, data.split.validation, data.split.test, len(data.flows.observed)]
    datasets = {
        "train": data.backtest.fitting,
        "validation": data.backtest.judging,
        "test": data.final.judging,
    }
    return {
        part: _part(data, dataset, start, stop)
        for (part, dataset), start, stop in zip(datasets.items(), cuts[:-1], cuts[1:], strict=True)
    }


def _part(data: RunData, dataset: WindowDataset, start: int, stop: int) -> dict[str, Any]:
    labels, observed = data.flows.labels, data.flows.observed
    periods = [labels[step] for step in range(start, stop) if observed[step]]
    return {
        "from": periods[0],
        "to": periods[-1],
        "periods": len(periods),
        "origins": [labels[step] for step in dataset.origins],
    }
