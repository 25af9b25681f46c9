"""What each stage of each track costs at 1, 10 and 100 times the default run's size, as docs/results-scale.md.

    python benchmarks/scale.py .scratch/scale                                  # 1 and 10 times
    python benchmarks/scale.py .scratch/scale --times 100 --only cities        # keeps what is in the folder already

Each stage is `talentflow STAGE RUN`, as `dvc repro` calls it, in a clone of this commit. One seed and one configuration of
a few models each, since what is asked is how a fit grows, not how many there are.
"""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from rich.console import Console
from ruamel.yaml import YAML

from pipelines.cli import SETTINGS
from pipelines.config import read_yaml
from pipelines.files import write_json, write_text
from pipelines.stage_key import STAGES

TOP = Path(__file__).parent.parent
PAGE = TOP / "docs" / "results-scale.md"
SIZES = {
    "cities": ("queries", 3_000_000, ["ridge_ar_calendar", "dhg_sil_core", "dhg_sil"]),
    "recommendation": ("students", 4_000, ["logistic_regression", "rcjr"]),
    "transfer": ("articles", 3_000, ["filter", "grammar"]),
}
"""Run of params.yaml -> what grows, its default, the models that are fitted."""
EVERY = 0.5
"""Seconds between two looks at a stage's processes."""
HEAD = """# Results: scale

Written by `benchmarks/scale.py`; do not edit. The default runs, that many times as large, on disk as simulation leaves them, stage by
stage with the two processes that the runs' settings allow: CPU seconds of all of them, imports included, and the largest sum of their
memory, what they share counted once. One seed and one configuration of the models named, nothing repeated."""


def entry(run: str, times: float) -> dict[str, Any]:
    """The default run's entry, that much larger."""
    found: dict[str, Any] = read_yaml(TOP / "params.yaml")["runs"][run]
    what, default, models = SIZES[run]
    found["source"][what] = round(default * times)
    found["tune"] |= {"models": models, "trials": 1, "closed_form_trials": 1, "space": {}}
    found["train"]["seeds"] = [0]
    if run == "transfer":
        found["transfer"]["voters"] = ["grammar"]
    return found


def measured(command: list[str], folder: Path, patience: float) -> dict[str, float] | None:
    """CPU seconds and peak MB of a command and all that it starts; none: it took too long.

    Raises:
        RuntimeError: with the end of what it said, if it fails.
    """
    spent: dict[tuple[int, float], float] = {}
    peak, start = 0.0, time.monotonic()
    environment = os.environ | SETTINGS | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = psutil.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        while process.poll() is None:
            if time.monotonic() - start > patience:
                for each in (*process.children(recursive=True), process):
                    each.kill()
                process.wait()
                return None
            memory = 0
            for each in (process, *process.children(recursive=True)):
                try:
                    times = each.cpu_times()
                    spent[each.pid, each.create_time()] = times.user + times.system
                    memory += each.memory_full_info().pss
                except (psutil.NoSuchProcess, psutil.ZombieProcess):
                    continue
            peak = max(peak, memory / 1e6)
            time.sleep(EVERY)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: {(folder / 'log').read_text(encoding='utf-8')[-2000:]}")
    return {"cpu": sum(spent.values()), "mb": peak}


def clone(folder: Path) -> Path:
    """This commit, where nothing was built."""
    if not folder.exists():
        subprocess.run(["git", "clone", "--quiet", TOP, folder], check=True)  # noqa: S603, S607
    return folder


def walk(run: str, times: float, folder: Path, patience: float, console: Console) -> None:
    """Measure the stages of a run of that size one after another; those measured already are kept."""
    name, kept = f"{run}_{times:g}".replace(".", "_"), folder / f"{run}-{times:g}.json"
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    project = clone(folder / "talentflow")
    command = [sys.executable, "-m", "pipelines"]
    YAML(typ="safe").dump({name: entry(run, times)}, folder / "entry.yaml")
    for verb in (["runs", "add", str(folder / "entry.yaml")], ["gazetteer"]):
        measured([*command, *verb], project, patience)
    for stage in STAGES:
        if stage in found:
            continue
        found[stage] = measured([*command, stage, name], project, patience)
        write_json(kept, found)
        console.print(f"{name}: {stage} {found[stage] or f'not done in {patience:g} s'}")
        if found[stage] is None:
            return


def page(folder: Path) -> str:
    """A table a track: a line a stage, a column a size."""
    cpu = next(
        line.partition(": ")[2]
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    )
    parts = [HEAD, f"{os.cpu_count()} cores, {cpu}; Python {platform.python_version()}."]
    for run, (what, default, models) in SIZES.items():
        files = {float(path.stem.rpartition("-")[2]): path for path in folder.glob(f"{run}-*.json")}
        if not files:
            continue
        every = {times: json.loads(path.read_text(encoding="utf-8")) for times, path in sorted(files.items())}
        sizes = [f"{default * times:,.0f}" for times in every]
        lines = [
            f"| {what} | " + " | ".join(f"{size} CPU s | MB" for size in sizes) + " |",
            "|---|" + "---:|" * 2 * len(sizes),
            *(
                f"| {stage} | " + " | ".join(_cells(each, stage) for each in every.values()) + " |"
                for stage in STAGES
            ),
        ]
        parts += [f"## {run}", f"Models: {', '.join(models)}.", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _cells(found: dict[str, Any], stage: str) -> str:
    took = found.get(stage)
    if took is None:
        return "too long | " if stage in found else " | "
    return f"{took['cpu']:.0f} | {took['mb']:,.0f}"


def main(
    folder: Annotated[Path, typer.Argument(help="Where it works, and keeps what it has measured.")],
    times: Annotated[list[float] | None, typer.Option(help="Times the default size.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Runs.")] = None,
    patience: Annotated[float, typer.Option(help="Seconds after which a stage is given up.")] = 1800,
    out: Annotated[Path, typer.Option(help="Page to write.")] = PAGE,
) -> None:
    """Measure and write the page."""
    folder.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    for factor in times or [1, 10]:
        for run in only or SIZES:
            walk(run, factor, folder.resolve(), patience, console)
    write_text(out, page(folder))


if __name__ == "__main__":
    typer.run(main)
