"""CPU time and peak memory of extraction against its peers, on logs that the simulation draws.

    python benchmarks/extraction.py                 # 1 and 10 million rows, some minutes
    python benchmarks/extraction.py 1 10 50         # millions of rows

Each measurement is a process of its own with one thread; imports are left out. Writes docs/results-extraction.md.
"""

import itertools
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import ahocorasick  # type: ignore[import-not-found]
import pandas as pd
import polars as pl
import typer
from rich.console import Console

from pipelines.cli import SETTINGS
from pipelines.config.migration import MigrationRun
from pipelines.migration.importing.extracting.extract import extract
from pipelines.migration.importing.extracting.lexicon import EMPLOYER, JOB, JOB_SITE, PLACE, lexicon
from pipelines.migration.importing.extracting.normalise import normal, normalised
from pipelines.migration.simulating import stage as simulate

TOP = Path(__file__).parent.parent
OUT = TOP / "docs" / "results-extraction.md"
MILLION = 1_000_000
MOST_FOR_ROWS = 10
"""Millions of rows up to which the row-by-row peer is run."""
GOALS = {
    "rows": (0.25, "at most a quarter of it"),
    "matching": (1.0, "no more than it"),
    "floor": (1.5, "at most 1.5 times it"),
}
COLUMNS = ["user_hash", "ts", "origin", "text"]
HEAD = """# Results: extraction

Written by `benchmarks/extraction.py`; do not edit. Logs of the simulation (24 cities, 72 months, all its dirt), one
parquet file a month. One process and one thread each, taking turns in one run; CPU seconds without imports, medians
over the repeats with the range; memory is the process's peak, imports included.

- **extraction**: the whole import stage: every field read and checked, quarantine, places and ambiguity, machines,
  repeats, k-anonymity, weights, accounts, files hashed and tables written
- **(a) rows**: pyahocorasick with the same dictionary, row by row in pandas; then distinct users, grouped
- **(b) matching**: Polars' `extract_many` with the same dictionary on every row's text as typed, nothing else
- **(b') normalised**: the same after the normalising that the dictionary needs (NFKC, case, word boundaries)
- **(c) floor**: read the same columns, distinct users by origin and text, grouped; no matching at all"""


def config(millions: float) -> MigrationRun:
    """The default run, that large."""
    entry = {
        "track": "migration",
        "data": "no-input",
        "seed": 7,
        "source": {"kind": "simulate", "cities": 24, "queries": millions * MILLION},
        "migration": {
            "period": {"unit": "month", "from": "2019-01", "to": "2024-12"},
            "cells": {"absent": "censored"},
            "windows": {"length": 12, "horizon": 3, "validation": 9, "test": 12},
        },
    }
    return MigrationRun.model_validate(entry)


def ours(millions: float) -> None:
    """The import stage."""
    extract("log", config(millions))


def rows(_: float) -> None:
    """Match row by row, then count distinct users."""
    words = lexicon()
    kinds = dict(words.kinds.rows())
    first = dict(words.readings.select("term", "code").unique("term", keep="first").rows())
    automaton = ahocorasick.Automaton()
    for term in words.patterns:
        automaton.add_word(term, term)
    automaton.make_automaton()

    def destination(text: object) -> int:
        if not isinstance(text, str):
            return 0
        found = [term for _, term in automaton.iter_long(normal(text))]
        has = 0
        for term in found:
            has |= kinds[term]
        if has & EMPLOYER or not has & (JOB | JOB_SITE):
            return 0
        return next((first[term] for term in found if kinds[term] == PLACE), 0)

    for path in months():
        frame = pd.read_parquet(path, columns=COLUMNS)
        frame["destination"] = [destination(text) for text in frame["text"]]
        people = frame[frame["destination"] > 0].drop_duplicates(["user_hash", "origin", "destination"])
        people.groupby(["origin", "destination"]).size()


def matching(_: float) -> None:
    """Match every row as it was typed, columnar."""
    patterns = lexicon().patterns
    for path in months():
        pl.read_parquet(path, columns=["text"]).select(
            pl.col("text").str.extract_many(patterns, leftmost=True)
        )


def normalising(_: float) -> None:
    """Normalise every row, then match it."""
    patterns = lexicon().patterns
    for path in months():
        texts = pl.read_parquet(path, columns=["text"])
        texts.select(normalised("text").str.extract_many(patterns, leftmost=True))


def floor(_: float) -> None:
    """Read, de-duplicate and group."""
    for path in months():
        frame = pl.read_parquet(path, columns=COLUMNS)
        frame.unique(["user_hash", "origin", "text"]).group_by("origin", "text").agg(pl.len())


def months() -> list[Path]:
    """The log's files."""
    return sorted(Path("runs/log/raw/queries").glob("*.parquet"))


PEERS: dict[str, Callable[[float], None]] = {
    "ours": ours,
    "rows": rows,
    "matching": matching,
    "normalising": normalising,
    "floor": floor,
}
NAMES = {
    "ours": "extraction",
    "rows": "(a) rows",
    "matching": "(b) matching",
    "normalising": "(b') normalised",
    "floor": "(c) floor",
}
Found = dict[str, list[tuple[float, float]]]


def measure(name: str, millions: float, folder: Path) -> tuple[float, float]:
    """CPU seconds and peak MB of one peer, in a process of its own."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, __file__, "--one", name, str(millions)],
        cwd=folder,
        env=os.environ
        | SETTINGS
        | {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    cpu, memory = json.loads(done.stdout.splitlines()[-1])
    return cpu, memory


def one(name: str, millions: float) -> None:
    """Run one peer here and print what it took."""
    start = time.process_time()
    PEERS[name](millions)
    cpu = time.process_time() - start
    typer.echo(json.dumps([cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def measured(millions: float, repeats: int, console: Console) -> Found:
    """All peers on a log of that size, taking turns."""
    found: Found = {name: [] for name in PEERS if name != "rows" or millions <= MOST_FOR_ROWS}
    with tempfile.TemporaryDirectory() as folder:
        here = Path.cwd()
        os.chdir(folder)
        simulate.run("log", config(millions))
        os.chdir(here)
        for _ in range(repeats):
            for name, so_far in found.items():
                so_far.append(measure(name, millions, Path(folder)))
                console.print(
                    f"{millions:g} million, {NAMES[name]}: {so_far[-1][0]:.2f} s, {so_far[-1][1]:.0f} MB"
                )
    return found


def page(every: dict[float, Found]) -> str:
    """The results page."""
    repeats = ", ".join(f"{len(found['floor'])} of {millions:g} million" for millions, found in every.items())
    facts = f"{_processor()}; Python {platform.python_version()}, polars {pl.__version__}. Repeats: {repeats} rows."
    lines = [
        "| million rows | | CPU s | extraction's ratio to it | us a row | peak MB |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    for millions, found in every.items():
        mine = _median(found["ours"], 0)
        for name, runs in found.items():
            cpu = [run[0] for run in runs]
            took = statistics.median(cpu)
            ratio = "" if name == "ours" else f"{mine / took:.2f}"
            lines.append(
                f"| {millions:g} | {NAMES[name]} | {took:.2f} [{min(cpu):.2f}, {max(cpu):.2f}] | {ratio} "
                f"| {took / millions:.2f} | {_median(runs, 1):.0f} |"
            )
    return "\n\n".join([HEAD, facts, "\n".join(lines), "\n".join(verdicts(every))]) + "\n"


def verdicts(every: dict[float, Found]) -> list[str]:
    """Whether each goal is met at each size, and how time grows."""
    lines = []
    for millions, found in every.items():
        for name, (goal, words) in GOALS.items():
            if name in found:
                ratio = _median(found["ours"], 0) / _median(found[name], 0)
                said = "**met**" if ratio <= goal else "**missed**"
                lines.append(f"- {millions:g} million: {ratio:.2f} times {NAMES[name]}, {said} ({words})")
    sizes = sorted(every)
    for small, large in itertools.pairwise(sizes):
        grown = _median(every[large]["ours"], 0) / _median(every[small]["ours"], 0)
        lines.append(
            f"- from {small:g} to {large:g} million rows, {large / small:g} times: {grown:.1f} times the CPU"
        )
    return lines


def _median(runs: list[tuple[float, float]], at: int) -> float:
    return statistics.median(run[at] for run in runs)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(
        (line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine()
    )


def main(
    millions: Annotated[list[float] | None, typer.Argument(help="Millions of rows, several.")] = None,
    repeats: Annotated[int, typer.Option(help="Measurements of each.")] = 3,
    only: Annotated[str, typer.Option("--one", help="Run this peer here; for the benchmark itself.")] = "",
    out: Annotated[Path, typer.Option(help="Page to write.")] = OUT,
) -> None:
    """Draw the logs, measure, write the page."""
    sizes = millions or [1, 10]
    if only:
        one(only, sizes[0])
        return
    console = Console(stderr=True)
    every = {size: measured(size, repeats, console) for size in sizes}
    out.write_text(page(every), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
