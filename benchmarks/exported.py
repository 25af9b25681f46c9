"""Whether networks answer alike under ONNX Runtime, as docs/results-exported.md.

    make demo && python benchmarks/exported.py cities recommendation transfer

Every network that gradient descent made in a run (its first seed's final fit) is exported by torch.onnx, and asked what the run's test
asks; but the filter, a layer upon the encoder's base, and the language model, whose decoding is no single graph. ONNX Runtime and what
it takes to export are installed into a folder of their own, which takes a network.
"""

import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from torch import Tensor, nn

from modules.migration.networks import load_network as load_forecaster
from modules.recommendation.features import Features
from modules.recommendation.networks import load_network as load_scorer
from modules.transfer.networks import load_network as load_member
from modules.transfer.tagging.tagger import Tagger
from pipelines.config import RunConfig, load_run
from pipelines.config.migration import MigrationRun
from pipelines.config.recommendation import RecommendationRun
from pipelines.files import write_text
from pipelines.fitting import fitting_of
from pipelines.paths import RunPaths

TOP = Path(__file__).parent.parent
ASKED = 64
"""Windows, pairs or passages that each network is asked about."""
AGREES = 1e-5
HEAD = """# Results: networks under ONNX Runtime

Written by `benchmarks/exported.py`; do not edit. Largest difference from torch over what the test asks (at most 64 windows, pairs or
passages), as a share of the answer where that is above 1: forecasts are moves and run to millions, and a float32 has seven digits.
Left out are the filter, a layer upon the encoder's base, and the language model, whose decoding is no single graph."""


class Flat(nn.Module):
    """A network behind a function that makes its input of tensors alone, as an exported graph takes them."""

    def __init__(self, network: nn.Module, ask: Callable[..., Any]) -> None:
        super().__init__()
        self.network, self.ask = network, ask

    def forward(self, *tensors: Tensor) -> Any:
        """The network's answer."""
        return self.ask(self.network, *tensors)


@dataclass(frozen=True)
class Question:
    """A network, and inputs for it."""

    model: str
    network: Flat
    inputs: Sequence[tuple[Tensor, ...]]


def questions(name: str, config: RunConfig) -> Iterator[Question]:
    """Every network of a run that is one graph of tensors, with what the test asks of it."""
    fitting = fitting_of(config)
    data: Any = fitting.open(name, config).final
    for spec in fitting.models(data, config.tune.models):
        folder = RunPaths(name).model / spec.name / f"seed-{config.train.seeds[0]}" / "final"
        if not spec.learned:
            continue
        if isinstance(config, MigrationRun):
            windows = [data.judging[at] for at in range(min(ASKED, len(data.judging)))]
            asked = [(each.history[None], each.season[None]) for each in windows]
            yield Question(spec.name, Flat(load_forecaster(folder), lambda net, *its: net(*its)), asked)
        elif isinstance(config, RecommendationRun):
            pairs = data.judging[:ASKED]
            sides = data.students[pairs.student], data.employers[pairs.employer]
            tensors = tuple(part for side in sides for part in (side.codes, side.values))
            yield Question(spec.name, Flat(load_scorer(folder), _score), [tensors])
        elif isinstance(network := load_member(folder), Tagger):
            yield Question(spec.name, *_tagged(network, [row.passage.text for row in data.judged[:ASKED]]))


def _score(network: nn.Module, a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Any:
    return network(Features(a, b), Features(c, d))


def _tagged(network: Tagger, texts: list[str]) -> tuple[Flat, list[tuple[Tensor, ...]]]:
    batch: Any = network.encode(texts)
    names = [name for name, value in vars(batch).items() if isinstance(value, Tensor)]

    def ask(network: nn.Module, *tensors: Tensor) -> Any:
        return network(type(batch)(**dict(zip(names, tensors, strict=True)), places=batch.places))

    return Flat(network, ask), [tuple(getattr(batch, name) for name in names)]


def held(question: Question, folder: Path) -> str:
    """A row of the table: largest difference, or why there is no graph."""
    runtime = import_module("onnxruntime")  # which this script installed
    file, network = folder / f"{question.model}.onnx", question.network.eval()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.onnx.export(network, question.inputs[0], file, dynamo=True, verbose=False)
    except torch.onnx.errors.OnnxExporterError as error:
        cause = str(error.__cause__ or error).strip().splitlines()[0]
        return f"no graph: {cause[:100].replace('|', '/')}"
    session = runtime.InferenceSession(file)
    names = [each.name for each in session.get_inputs()]
    worst = 0.0
    for tensors in question.inputs:
        with torch.no_grad():
            expected = network(*tensors)
        given = dict(zip(names, (each.numpy() for each in tensors), strict=True))
        for left, right in zip(
            [expected] if isinstance(expected, Tensor) else expected, session.run(None, given), strict=True
        ):
            own = left.double().numpy()
            worst = float(np.maximum(worst, (np.abs(own - right) / np.maximum(np.abs(own), 1)).max()))
    return f"{worst:.1e} | {'yes' if worst <= AGREES else '**no**'}"


def main(
    runs: Annotated[list[str], typer.Argument(help="Runs that are built here.")],
    out: Annotated[Path, typer.Option(help="Page to write.")] = TOP / "docs/results-exported.md",
) -> None:
    """Export, ask and write the page."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder) / "tools"
        install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(tools)]
        locked = ["--constraints", str(TOP / "requirements.lock")]
        subprocess.run([*install, *locked, "onnxruntime", "onnxscript"], check=True)  # noqa: S603
        sys.path.append(str(tools))
        rows = ["| run | network | largest difference | agrees to 1e-5 |", "| --- | --- | ---: | --- |"]
        for name in runs:
            for question in questions(name, load_run(name)):
                rows.append(f"| {name} | {question.model} | {held(question, Path(folder))} |")
                print(rows[-1])  # noqa: T201
    write_text(out, "\n\n".join([HEAD, "\n".join(rows)]) + "\n")


if __name__ == "__main__":
    typer.run(main)
