"""How fast articles are read: each step of the filter, each member, and the whole, as docs/results-extract.md.

    python benchmarks/labelled_text.py labelled.jsonl --data ../shared/data
    dvc repro --glob '*@transfer' && python benchmarks/extract.py transfer --labelled labelled.jsonl

Ordinary news (of ../shared/data/abp_news a random sample of the articles in which no strict cue was found) through the
networks that a run trained; CPU seconds of one thread, the median of several rounds. With labelled passages of real text:
what each layer of MiniLM would cost the filter, and bring it; groups (persons, articles) are never split, and the
passages that judge the members are not looked at.
"""

import gzip
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from sklearn.model_selection import GroupKFold  # type: ignore[import-untyped]
from torchmetrics.functional.classification import binary_auroc

sys.path.append(str(Path(__file__).parents[1]))
from benchmarks.transfer import table
from modules.transfer.cascade.cascade import Cascade, Window
from modules.transfer.cascade.gate import Gate
from modules.transfer.cascade.move_filter import MoveFilter
from modules.transfer.ensemble import Ensemble
from modules.transfer.lexicon import has_cue
from modules.transfer.networks import Member, load_network
from modules.transfer.passage import Passage
from modules.transfer.passage_data import PassageData
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser
from modules.transfer.sentences import sentences
from modules.transfer.tagging.labelled import Labelled
from modules.transfer.track import models_for
from pipelines.config.parts import TEST
from pipelines.files import write_text
from pipelines.fitting import fit
from pipelines.paths import GAZETTEER, RunPaths
from pipelines.transfer.importing.labelled import read_labelled

GOALS = {"lexicon": 80_000, "cascade": 20_000}
"""Sentences per CPU second."""
HEAD = """# Results: the speed of extraction

Written by `benchmarks/extract.py`; do not edit. CPU seconds of one thread ({machine}), the median of {rounds} rounds with least and most,
over {articles:,} articles of ordinary news ({sentences:,} sentences). A step's own speed counts what reaches it; the cascade's and the
whole's count all sentences. Networks are those of the run `{run}`; models are loaded before.
"""
LAYERS = """
Layers of MiniLM behind the filter, on {count:,} labelled passages of real text (train and validation, {moves:,} moves): five folds by
group, each judged by a filter that was trained on the other four. *Others that pass*: where 95 of 100 moves do.
"""
FOLDS, RECALL = 5, 0.95


def spent(work: Callable[[], object], rounds: int) -> list[float]:
    """CPU seconds of each of several rounds."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return taken


def rate(count: int, taken: Sequence[float]) -> str:
    """Per CPU second: the median, with the slowest and the fastest round."""
    median, low, high = (count / pick(taken) for pick in (statistics.median, max, min))
    return f"{median:,.{0 if median >= 100 else 1}f} [{low:,.1f}, {high:,.1f}]"  # noqa: PLR2004 - digits


def articles_of(folder: Path, files: str, most: int) -> list[tuple[str, str, None]]:
    """Texts of the packed JSONL files of a folder."""

    def rows() -> Iterator[Any]:
        for path in sorted(folder.glob(files)):
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                yield from map(json.loads, lines)

    return [(row["id"], row["text"], None) for row, _ in zip(rows(), range(most), strict=False)]


def compared(labelled: Path) -> str:
    """What each number of layers costs, and how well it tells moves from others."""
    drawn = [row for row in read_labelled([labelled]).to_pylist() if row["part"] != TEST]
    rows = [
        Labelled(Passage(row["text"]), row["circulation"], {}, row["group"] or row["passage_id"])
        for row in drawn
    ]
    (spec,) = models_for([MoveFilter.name])
    chosen = {name: values[0] for name, values in spec.space.items()}
    moves = torch.tensor([row.circulation for row in rows])
    lines = []
    for layers in (0, 1, 3, 6):
        scores = torch.zeros(len(rows))
        for train, judged in GroupKFold(FOLDS).split(rows, groups=[row.group for row in rows]):
            data = PassageData([rows[at] for at in train], [])
            network = fit(spec, data, {**chosen, "layers": layers}, seed=0)
            if not isinstance(network, MoveFilter):
                raise TypeError(type(network).__name__)
            scores[judged] = network.scores([rows[at].passage for at in judged])
        area = float(binary_auroc(scores, moves.int()))
        passed = float((scores[~moves] >= scores[moves].quantile(1 - RECALL)).float().mean())
        some = [row.passage for row in rows[:600]]
        taken = spent(partial(MoveFilter(layers=layers).passes, some), 3)
        lines.append((str(layers), f"{area:.3f}", f"{passed:.2f}", rate(len(some), taken)))
    said = LAYERS.format(count=len(rows), moves=int(moves.sum()))
    return f"{said}\n{table(('layers', 'AUC', 'others that pass', 'passages per CPU second'), lines)}"


def machine() -> str:
    """The processor's name."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown")


def main(
    run: Annotated[str, typer.Argument(help="A built run of the transfer track.")],
    data: Annotated[Path, typer.Option(help="Folder of articles as packed JSONL.")] = Path(
        "../shared/data/abp_news"
    ),
    files: Annotated[str, typer.Option(help="Which of its files.")] = "others_*.jsonl.gz",
    labelled: Annotated[
        Path | None, typer.Option(help="Labelled passages, to compare layers of the filter.")
    ] = None,
    most: Annotated[int, typer.Option(help="Articles to read.")] = 3000,
    rounds: Annotated[int, typer.Option(help="Rounds of each measurement.")] = 3,
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("docs/results-extract.md"),
) -> None:
    """Write the page."""
    torch.set_num_threads(1)
    normaliser = Normaliser(Gazetteer(GAZETTEER))
    fits = sorted(RunPaths(run).model.glob("*/seed-*/final"), reverse=True)
    networks = {path.parts[-3]: load_network(path) for path in fits}  # of several seeds the first
    classifier = networks.pop(MoveFilter.name)
    if not isinstance(classifier, MoveFilter):
        raise TypeError(type(classifier).__name__)
    members = {name: network for name, network in networks.items() if isinstance(network, Member)}
    articles = articles_of(data, files, most)
    cascade = Cascade(normaliser, classifier)
    counts: Counter[str] = Counter()
    kept: list[Window] = list(cascade(articles, counts))  # a first round warms up
    texts = [text for _, text, _ in articles]
    cut = [span for text in texts for span in sentences(text)]
    cued = [span for span in cut if has_cue(span.text)]
    gate = Gate(normaliser)
    behind = [window.passage for window in Cascade(normaliser, None)(articles)]
    passages = [window.passage for window in kept]
    rows = []

    def add(name: str, what: str, count: int, work: Callable[[], object], times: int = rounds) -> None:
        taken = spent(work, times)
        goal = GOALS.get(name)
        met = "" if goal is None else "met" if count / statistics.median(taken) >= goal else "**missed**"
        rows.append((name, what, f"{count:,}", rate(count, taken), f"{goal:,}" if goal else "", met))

    add("sentences", "sentences", len(cut), lambda: [sentences(text) for text in texts])
    add("lexicon", "sentences", len(cut), lambda: [has_cue(span.text) for span in cut])
    add("gate", "sentences with a cue", len(cued), lambda: [gate(span) for span in cued])
    add("classifier", "passages behind the gate", len(behind), lambda: classifier.passes(behind))
    add("cascade", "sentences", len(cut), lambda: list(cascade(articles)))
    for name, member in members.items():
        some = passages[:60] if name == "causal_lm" else passages[:600]
        add(name, "passages", len(some), lambda: member.extract(some), 1 if name == "causal_lm" else rounds)  # noqa: B023 - called at once
    voters = {name: member for name, member in members.items() if name != "causal_lm"}
    ensemble = Ensemble(voters, list(voters), normaliser)
    add(
        "whole without causal_lm",
        "sentences",
        len(cut),
        lambda: ensemble.read([w.passage for w in cascade(articles)]),
        1,
    )
    head = HEAD.format(machine=machine(), rounds=rounds, articles=len(articles), sentences=len(cut), run=run)
    funnel = table(("step", "pass"), [(name, f"{count:,}") for name, count in counts.items()])
    page = table(("part", "what is counted", "how many", "per CPU second", "goal", "outcome"), rows)
    layers = compared(labelled) if labelled else ""
    write_text(out, f"{head}\n{page}\n{funnel}{layers}")


if __name__ == "__main__":
    typer.run(main)
