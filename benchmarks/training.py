"""Training speed of three baselines, against the libraries that offer them.

python benchmarks/training.py                  # writes docs/results-training.md, some 15 minutes
"""

import json
import os
import site
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Annotated, NamedTuple

import torch
import typer

OWN, PEER = (Path(__file__).with_name(name) for name in ("training_own.py", "training_peers.py"))
PEERS = {
    "deepctr-torch": ["deepctr-torch==0.3.0", "requests"],
    "torch-rechub": ["torch-rechub==0.9.0"],
    "fuxictr": ["fuxictr==2.3.10", "h5py"],
}
"""What each environment has beside this project's own packages, torch among them."""
LACKS = {("torch-rechub", "afn"), ("fuxictr", "autoint"), ("fuxictr", "afn")}
ROWS = {"deepfm": 65_536, "autoint": 32_768, "afn": 16_384}
BATCHES = (256, 4096)
GOALS = {("deepfm", 4096): 1.6, ("deepfm", 256): 2.0}
HEAD = """# Results: training speed

Written by `benchmarks/training.py`; do not edit. Rows per second of process CPU time on one thread, of whole epochs: each
library's own loader, step and optimiser (Adam, no dropout, no regularisation), ours through the stage's own path
(`pipelines.fitting`, Lightning, with gradient clipping). 22 categorical fields of the sizes of the paper's data set,
grades in 20 bins; vectors of 16, a deep part of 256 and 128, AutoInt of 3 layers and 2 heads, AFN of 256 logarithmic
neurons. Each process trains three epochs and the best of the last two counts; the libraries take turns, {rounds}
rounds. Speed is the median over the rounds, the ratio is of ours to the best other of the same round: median, and
least to most."""


class Speed(NamedTuple):
    """What the rounds of one model at one batch size gave."""

    model: str
    batch_size: int
    rounds: list[dict[str, float]]

    @property
    def ratios(self) -> list[float]:
        """Ours to the best other, a round each."""
        return [
            speeds["talentflow"] / max(speed for name, speed in speeds.items() if name != "talentflow")
            for speeds in self.rounds
        ]

    def median(self, library: str) -> float | None:
        """Rows per CPU-second."""
        found = [speeds[library] for speeds in self.rounds if library in speeds]
        return statistics.median(found) if found else None


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Times that all take their turn.")] = 3,
    environments: Annotated[Path | None, typer.Option(help="Folder of the environments, kept.")] = None,
    models: Annotated[list[str] | None, typer.Option(help="Some of the models only.")] = None,
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("docs/results-training.md"),
) -> None:
    """Make the environments, let the libraries take turns, write the page."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = environments or Path(temporary)
        pythons = {"talentflow": sys.executable}
        pythons |= {name: str(environment(folder / name, needs)) for name, needs in PEERS.items()}
        measured = []
        for model in models or list(ROWS):
            for batch_size in BATCHES:
                found = [turn(pythons, model, batch_size) for _ in range(rounds)]
                measured.append(Speed(model, batch_size, found))
                typer.echo(f"{model} {batch_size}: {statistics.median(measured[-1].ratios):.2f}x", err=True)
    out.write_text(page(measured, rounds), encoding="utf-8")


def environment(folder: Path, needs: list[str]) -> Path:
    """A virtual environment that sees this one's packages; its python."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        (own,) = folder.glob("lib/python3*/site-packages")
        (own / "shared.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
        command = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", *needs]
        subprocess.run(command, check=True)  # noqa: S603
    return python


def turn(pythons: dict[str, str], model: str, batch_size: int) -> dict[str, float]:
    """Each library's speed, one process after the other."""
    speeds = {}
    quiet = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(Path.cwd())}
    for name, python in pythons.items():
        if (name, model) in LACKS:
            continue
        worker = [str(OWN)] if name == "talentflow" else [str(PEER), name]
        command = [python, *worker, model, str(batch_size), str(ROWS[model])]
        done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}:\n{done.stderr[-2000:]}")
        epochs: list[float] = next(
            json.loads(line) for line in reversed(done.stdout.splitlines()) if line.startswith("[")
        )
        speeds[name] = max(epochs[1:])
    return speeds


def page(measured: list[Speed], rounds: int) -> str:
    """The page's text."""
    names = ["talentflow", *PEERS]
    lines = [
        f"| model | batch | {' | '.join(names)} | ratio | goal | met |",
        f"| --- | ---: | {'---: | ' * len(names)}---: | ---: | --- |",
    ]
    for each in measured:
        speeds = [each.median(name) for name in names]
        cells = " | ".join("none" if speed is None else f"{speed / 1000:.1f}k" for speed in speeds)
        ratio, goal = statistics.median(each.ratios), GOALS.get((each.model, each.batch_size), 1.0)
        lines.append(
            f"| {each.model} | {each.batch_size} | {cells} | {ratio:.2f}x ({min(each.ratios):.2f} to "
            f"{max(each.ratios):.2f}) | {goal:.1f}x | {'yes' if ratio >= goal else '**no**'} |"
        )
    versions = ", ".join(needs[0].replace("==", " ") for needs in PEERS.values())
    said = (
        f"{versions}, torch {torch.__version__.partition('+')[0]}. FuxiCTR's wheel holds layers, loaders and the training step "
        "but no DeepFM, AutoInt or AFN: its DeepFM is put together from its layers here, the other two are not measured. "
        "torch-rechub has no AFN. Ours is faster by one embedding table for all fields, batches sliced whole from tensors, "
        "one piece of memory for all parameters with the fused Adam over it, attention in parts that stay in cache, and Lightning being handed 32 batches at a time."
    )
    return "\n\n".join([HEAD.format(rounds=rounds), "\n".join(lines), said]) + "\n"


if __name__ == "__main__":
    typer.run(main)
