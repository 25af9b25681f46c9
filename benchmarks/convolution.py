"""Time of one forward and backward pass of the signed convolution, dense against sparse, by number of cities.

python benchmarks/convolution.py
"""

import statistics
import time
from collections.abc import Callable
from typing import Annotated

import torch
import typer
from torch import Tensor

from modules.migration.dhg_sil.dh_gcn import SignedConvolution
from modules.migration.dhg_sil.graphs import mobility_graph
from modules.migration.dhg_sil.sparse import SparseSignedConvolution

LENGTH, HIDDEN, REPEATS = 3, 16, 9


def main(cities: Annotated[list[int] | None, typer.Option(help="Sizes to measure.")] = None) -> None:
    """Print median milliseconds a pass on one thread, and the ratio."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    typer.echo("| cities | dense ms | sparse ms | sparse / dense |\n| ---: | ---: | ---: | ---: |")
    for number in cities or [24, 100, 365, 1000, 2000]:
        dense = SignedConvolution(HIDDEN, "high")
        sparse = SparseSignedConvolution(dense)
        graph = mobility_graph(torch.rand(1, 1, number, number).exponential_())
        h = torch.randn(1, LENGTH, number, HIDDEN)
        ours, theirs = milliseconds(lambda: dense(h, graph)), milliseconds(lambda: sparse(h[0], graph[0]))  # noqa: B023
        typer.echo(f"| {number} | {ours:.2f} | {theirs:.2f} | {theirs / ours:.2f} |")


def milliseconds(forward: Callable[[], Tensor]) -> float:
    """Median of a forward and a backward pass."""
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        forward().sum().backward()  # type: ignore[no-untyped-call]
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


if __name__ == "__main__":
    typer.run(main)
