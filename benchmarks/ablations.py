"""DHG-SIL with a part left out, on built runs: same hyperparameters, seeds and test as the whole.

    python benchmarks/ablations.py korea scholars

Writes runs/<run>/ablations.json, which benchmarks/migration.py shows.
"""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console

from modules.migration.arrays import Float64Array
from modules.migration.dhg_sil.dhg_sil import DHGSIL
from modules.migration.dhg_sil.variables import VARIABLES
from modules.migration.forecasting import forecast, truth
from modules.migration.track import models_for
from pipelines.bootstrap import draw_resamples, percentile_interval, resampled_means
from pipelines.config import load_run
from pipelines.config.migration import MigrationRun
from pipelines.config.run import of_track
from pipelines.files import write_json
from pipelines.fitting import fit
from pipelines.migration.fitting.data import open_data
from pipelines.paths import RunPaths

WHOLE = "whole"
ABLATED: dict[str, dict[str, str | float]] = {
    WHOLE: {},
    "no geographic channel": {"without": "geography"},
    "no mobility channel": {"without": "mobility"},
    "low-pass on both": {"without": "high-pass"},
    "no graph": {"without": "geography,mobility"},
    "softmax lags": {"without": "signs"},
    "no contrast": {"contrast": 0.0},
    **{f"no {name}": {"without": name} for name in VARIABLES},
}


def main(
    runs: Annotated[list[str], typer.Argument(help="Built runs of params.yaml.")],
    seeds: Annotated[int | None, typer.Option(help="Only so many of the run's seeds.")] = None,
    part: Annotated[list[str] | None, typer.Option(help="Only these, like 'no graph'; repeatable.")] = None,
) -> None:
    """Fit every ablation of every run, and keep what it cost in error."""
    torch.set_num_threads(1)
    for name in runs:
        write_json(
            path(name), ablate(name, of_track(load_run(name), MigrationRun), seeds, part or list(ABLATED))
        )


def path(name: str) -> Path:
    """Where a run's ablations lie."""
    return RunPaths(name).top / "ablations.json"


def ablate(name: str, config: MigrationRun, seeds: int | None, parts: list[str]) -> list[dict[str, object]]:
    """Test MAE of each seed, what leaving the part out adds to the error with its interval."""
    data = open_data(name, config).final
    spec = next(model for model in models_for(data.task) if model.name == DHGSIL.name)
    chosen = json.loads((RunPaths(name).tune / "best.json").read_text(encoding="utf-8"))[spec.name]
    actual, scored = truth(data.judging)
    cells = scored.sum(1).astype(np.float64)
    block = max(config.evaluate.block, actual.shape[1])
    resamples = draw_resamples(len(actual), actual.shape[-1], block, config.evaluate.bootstrap, config.seed)
    console = Console(stderr=True)
    maes: dict[str, list[float]] = {}
    resampled: dict[str, Float64Array] = {}
    rows: list[dict[str, object]] = []
    for title, change in ABLATED.items():
        if title not in {WHOLE, *parts}:
            continue
        if data.log_km is None and "geography" in str(change.get("without")):
            continue  # there is none to leave out
        errors = []
        for seed in config.train.seeds[:seeds]:
            network = fit(spec, data, {**chosen, **change}, seed)
            errors.append(np.where(scored, np.abs(forecast(network, data.judging) - actual), 0))  # type: ignore[arg-type]
        maes[title] = [float(error.sum() / scored.sum()) for error in errors]
        resampled[title] = resampled_means(np.mean(errors, axis=0).sum(1), cells, resamples)
        worse = float(np.mean(maes[title]) - np.mean(maes[WHOLE]))
        interval = percentile_interval(worse, resampled[title] - resampled[WHOLE])
        rows.append({"title": title, "mae": maes[title], "worse": interval})
        console.print(f"{name}, {title}: {np.mean(maes[title]):.4g}")
    return rows


if __name__ == "__main__":
    typer.run(main)
