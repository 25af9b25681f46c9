"""Tables 3 to 7 and figure 4 of Zhu et al. 2021 on the simulated twin, as docs/results-paper.md.

    python benchmarks/paper.py --parallel 2      # make paper
    python benchmarks/paper.py --students 400 --employers 40 --seeds 1 --epochs 2 --methods fm,popularity --out /tmp/paper

Every finished fit is kept under .scratch/paper, so a killed run goes on where it stopped.
"""

import json
import multiprocessing
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console

sys.path.append(str(Path(__file__).parents[1]))
from benchmarks.paper_fits import Configuration, Job, Values, World, code_hash, configurations, sampled, work
from benchmarks.paper_page import ADDED, METHODS, NOTICE, SHOWN, page
from benchmarks.paper_printed import EMPLOYERS, FIGURE_4, OURS, STUDENTS, THRESHOLDS
from benchmarks.paper_results import Results
from modules.errors import did_you_mean
from pipelines.drawing import BASELINE, OTHER, OWN, drawing, ticks
from pipelines.files import write_text

ALL = tuple(name for name in (*METHODS.values(), *ADDED.values()) if name != METHODS[OURS])
RESAMPLES = 1000


def main(
    students: Annotated[int, typer.Option(help="Students of the twin.", min=200)] = STUDENTS,
    employers: Annotated[int, typer.Option(help="Employers of the twin.", min=40)] = EMPLOYERS,
    seeds: Annotated[int, typer.Option(help="Fits of every row.", min=1)] = 5,
    epochs: Annotated[str, typer.Option(help="Numbers of epochs to choose from.")] = "5,10,20",
    methods: Annotated[str, typer.Option(help="Rows of table 3 beside ours.")] = ",".join(ALL),
    parallel: Annotated[int, typer.Option(help="Fits at a time, one thread each.", min=1)] = 2,
    out: Annotated[Path, typer.Option(help="Folder of the page and its image.")] = Path("docs"),
    scratch: Annotated[Path, typer.Option(help="Folder of finished fits.")] = Path(".scratch/paper"),
) -> None:
    """Fit every row that is not kept yet, write the page."""
    console = Console(stderr=True, highlight=False)
    console.print(f"notice: {NOTICE}")
    world, wanted = World(students, employers), configurations(_named(methods))
    choices = _numbers(epochs)
    work_of = Work(world, scratch, parallel, console)
    chosen = work_of.choose(wanted, choices)
    fits = work_of.test(wanted, {name: number for name, (number, _) in chosen.items()}, seeds)
    minutes = sum(float(fit.pop("cpu_seconds")) for each in fits.values() for fit in each) / 60
    results = Results(fits, RESAMPLES, world.seed)
    about = (
        f"{sum(map(len, fits.values()))} fits for the test of {len(fits)} configurations, {seeds} seeds, {minutes:.0f} minutes "
        f"of CPU time; {platform.machine()}, torch {torch.__version__}, numpy {np.__version__}."
    )
    (out / "images").mkdir(parents=True, exist_ok=True)
    draw(results, out / "images" / "paper-thresholds.png")
    write_text(out / "results-paper.md", page(results, chosen, about, world))
    console.print(f"wrote {out / 'results-paper.md'}")


def _named(methods: str) -> list[str]:
    named = [each.strip() for each in methods.split(",") if each.strip()]
    for each in named:
        if each not in ALL:
            raise typer.BadParameter(
                f"--methods: no {each!r}{did_you_mean(each, ALL)}; there are {', '.join(ALL)}"
            )
    return [each for each in ALL if each in named]


def _numbers(epochs: str) -> tuple[int, ...]:
    parts = [each.strip() for each in epochs.split(",")]
    if not all(each.isdecimal() and int(each) for each in parts):
        raise typer.BadParameter(
            f"--epochs: {epochs!r} is no list of whole numbers from 1; write it like 5,10"
        )
    return tuple(sorted({int(each) for each in parts}))


class Work:
    """Does jobs in processes of their own, and keeps what they find.

    Args:
        world: the twin.
        scratch: everything that is kept lies in it, by the code that made it.
        parallel: processes.
        console: where progress is told.
    """

    def __init__(self, world: World, scratch: Path, parallel: int, console: Console) -> None:
        self.world, self.parallel, self.console = world, parallel, console
        code = (scratch / code_hash()[:12]).absolute()
        self.twin = code / f"twin-{world.students}-{world.employers}-{world.seed}"
        self.kept = code / "fits"
        self.kept.mkdir(parents=True, exist_ok=True)
        world.build(self.twin)

    def choose(
        self, wanted: Mapping[str, Configuration], choices: tuple[int, ...]
    ) -> dict[str, tuple[int, dict[int, float]]]:
        """By configuration that learns: its number of epochs, and the validation error after each."""
        learned = {name: each for name, each in wanted.items() if each.spec.learned}
        own = {name: each for name, each in learned.items() if not each.epochs_of}
        if len(choices) == 1:
            return {name: (choices[0], {}) for name in own}
        jobs = {name: Job(each, 0, self.world, choices=choices) for name, each in own.items()}
        self._do(list(jobs.values()))
        found = {}
        for name, job in jobs.items():
            errors = json.loads((self.kept / job.file).read_text(encoding="utf-8"))["errors"]
            by_number = {int(number): error for number, error in errors.items()}
            found[name] = (min(choices, key=by_number.__getitem__), by_number)
        return found

    def test(
        self, wanted: Mapping[str, Configuration], epochs: Mapping[str, int], seeds: int
    ) -> dict[str, list[dict[str, Values]]]:
        """By configuration what each of its fits found."""
        jobs = {
            name: [
                Job(each, seed, self.world, epochs=epochs.get(each.epochs_of or name, 0))
                for seed in range(seeds if each.spec.learned else 1)
            ]
            for name, each in wanted.items()
        }
        self._do([job for each in jobs.values() for job in each])
        return {name: [self._read(job) for job in each] for name, each in jobs.items()}

    def _read(self, job: Job) -> dict[str, Values]:
        with np.load(self.kept / job.file) as found:
            return {name: found[name] for name in found.files}

    def _do(self, jobs: Sequence[Job]) -> None:
        left = [job for job in jobs if not (self.kept / job.file).exists()]
        if not left:
            return
        self.console.print(f"{len(left)} of {len(jobs)} fits to do")
        os.environ["OMP_NUM_THREADS"] = "1"
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(self.parallel, mp_context=spawn) as pool:
            doing = {pool.submit(work, job, self.twin, self.kept): job for job in left}
            try:
                for number, done in enumerate(as_completed(doing), start=1):
                    job, seconds = doing[done], done.result()
                    what = "epochs" if job.choices else f"seed {job.seed}"
                    self.console.print(
                        f"{number}/{len(left)} {job.configuration.name}, {what}: {seconds:.0f} s"
                    )
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


def draw(results: Results, path: Path) -> None:
    """Figure 4: test AUC by threshold with its 95 % interval; a ring where the paper found the best."""
    with drawing(5.6, 3.2) as (figure, axes):
        styles = zip(FIGURE_4, (OTHER, BASELINE, OWN), ("s", "^", "o"), (-0.8, 0, 0.8), strict=True)
        for method, colour, marker, aside in styles:
            found = [results.interval(sampled("concatenation", method, share), "auc") for share in THRESHOLDS]
            at = [100 * share + aside for share in THRESHOLDS]
            means = [each.estimate for each in found]
            reach = [[e.estimate - e.low for e in found], [e.high - e.estimate for e in found]]
            axes.errorbar(
                at,
                means,
                reach,
                color=colour,
                marker=marker,
                ms=5,
                lw=1.4,
                elinewidth=0.8,
                label=SHOWN[method],
            )
            best = THRESHOLDS.index(FIGURE_4[method])
            axes.plot(at[best], means[best], "o", mec=colour, mfc="none", ms=12, mew=1.2)
        axes.set_xticks([100 * share for share in THRESHOLDS])
        axes.set_xlabel("threshold: share of students and employers that count as unlike, %")
        axes.set_ylabel("test AUC")
        axes.grid(axis="y")
        ticks(axes.yaxis, 6)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)
        figure.savefig(path, dpi=160, facecolor="white", metadata={"Software": None})


if __name__ == "__main__":
    typer.run(main)
