"""Time of one training step of DHG-SIL, and of its convolution in both forms, by number of cities.

python benchmarks/step_time.py                  # writes docs/results-step-time.md, some minutes
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, cast

import numpy as np
import torch
import typer

from modules.migration.cells import CellRules
from modules.migration.dhg_sil.dh_gcn import SignedConvolution
from modules.migration.dhg_sil.graphs import mobility_graph
from modules.migration.dhg_sil.sparse import SparseSignedConvolution
from modules.migration.flow_data import FlowData
from modules.migration.flows import Flows
from modules.migration.forecast_module import ForecastModule
from modules.migration.track import MODELS
from modules.period import Calendar

PERIODS, LENGTH, HORIZON, HIDDEN, REPEATS = 40, 3, 2, 16, 5
CHOSEN: dict[str, float | int | str] = {
    "alpha": 0.1, "anchor": "last", "size_weight": 0.5, "beta": 0.1, "half_life": 0.0, "sides": "all",
    "shrinkage": 8.0, "season_shrinkage": 0.0, "lag_shrinkage": 0.0, "loss_weight": 0.5,
    "hidden": HIDDEN, "dropout": 0.1, "learning_rate": 5e-4, "steps": 1,
}  # fmt: skip
HEAD = f"""# Results: training time by number of cities

Written by `benchmarks/step_time.py`; do not edit. Random flows, windows of {LENGTH} periods seen and {HORIZON} forecast,
batches of 8 windows, hidden width {HIDDEN}; one thread, medians of {REPEATS}. A step is forward, loss with contrast,
backward and optimiser. A convolution is one signed convolution of {LENGTH} periods, forward and backward, each
city joined to its 20 largest partners."""


def main(
    cities: Annotated[list[int] | None, typer.Option(help="Sizes to measure.")] = None,
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("docs/results-step-time.md"),
) -> None:
    """Measure every size, write the page."""
    torch.set_num_threads(1)
    sizes = cities or [50, 100, 200, 365]
    step, dense, sparse = ({size: measure(size) for size in sizes} for measure in (_step, _dense, _sparse))
    head = "| cities | step, ms | convolution dense, ms | convolution sparse, ms |\n| ---: | ---: | ---: | ---: |"
    rows = [f"| {n} | {step[n]:.0f} | {dense[n]:.2f} | {sparse[n]:.2f} |" for n in sizes]
    power = np.polyfit(np.log(sizes), np.log([step[size] for size in sizes]), 1)[0]
    wide = [1000, 2000]
    rows += [f"| {n} | | {_dense(n):.2f} | {_sparse(n):.2f} |" for n in wide]
    said = (
        f"A step grows with the number of cities to the power of {power:.1f}: every corridor is forecast, and there "
        "are as many as cities squared."
    )
    out.write_text("\n\n".join([HEAD, "\n".join([head, *rows]), said]) + "\n", encoding="utf-8")


def _median_ms(work: Callable[[], object]) -> float:
    work()  # the first pass allocates
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


def _step(cities: int) -> float:
    spec = next(spec for spec in MODELS if spec.name == "dhg_sil")
    data = FlowData(_flows(cities), LENGTH, HORIZON, PERIODS - HORIZON, PERIODS)
    network = spec.build(data, CHOSEN)
    training = spec.phases[0](network, data, CHOSEN, 0)
    module = cast("ForecastModule", training.module)
    batch = next(iter(training.batches.train_dataloader()))
    optimizer = torch.optim.AdamW(network.parameters())

    def step() -> None:
        optimizer.zero_grad()
        module.loss(batch).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return _median_ms(step)


def _flows(cities: int) -> Flows:
    draw = np.random.default_rng(0)
    values = draw.poisson(draw.gamma(0.5, 40, (1, cities, cities)), (PERIODS, cities, cities))
    place = draw.uniform(0, 2000, (cities, 2))
    km = np.linalg.norm(place[:, None] - place, axis=-1)
    names = tuple(f"{index:03d}" for index in range(cities))
    return Flows(
        calendar=Calendar("week"),
        rules=CellRules(absent="zero", zero=True, diagonal=False),
        first=Calendar("week").ordinal("2020-01-06"),
        regions=names,
        names=names,
        values=values.astype(np.float32),
        scored=np.broadcast_to(~np.eye(cities, dtype=bool), values.shape),
        observed=np.ones(PERIODS, dtype=bool),
        log_km=np.log((km + 1) / 500).astype(np.float32),
    )


def _graph(cities: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    graph = mobility_graph(torch.rand(1, 1, cities, cities).exponential_())
    return torch.randn(1, LENGTH, cities, HIDDEN), graph


def _dense(cities: int) -> float:
    convolve, (h, graph) = SignedConvolution(HIDDEN, "high"), _graph(cities)
    return _median_ms(lambda: convolve(h, graph).sum().backward())


def _sparse(cities: int) -> float:
    convolve, (h, graph) = SparseSignedConvolution(SignedConvolution(HIDDEN, "high")), _graph(cities)
    return _median_ms(lambda: convolve(h[0], graph[0]).sum().backward())


if __name__ == "__main__":
    typer.run(main)
