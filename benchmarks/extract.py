"""How fast articles are read: each step of the filter, each member, and the whole, as docs/results-extract.md.

    dvc repro --glob '*@transfer' && python benchmarks/extract.py transfer --data ../shared/data/abp_news

Real news through the networks that a run trained; CPU seconds of one thread, the median of several rounds.
"""

import gzip
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

sys.path.append(str(Path(__file__).parents[1]))
from benchmarks.transfer import table
from modules.transfer.cascade.cascade import Cascade, Window
from modules.transfer.cascade.gate import Gate
from modules.transfer.cascade.move_filter import MoveFilter
from modules.transfer.ensemble import Ensemble
from modules.transfer.lexicon import has_cue
from modules.transfer.networks import Member, load_network
from modules.transfer.passage import Passage
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser
from modules.transfer.sentences import sentences
from pipelines.files import write_text
from pipelines.paths import GAZETTEER, RunPaths

GOALS = {"lexicon": 80_000, "cascade": 20_000}
"""Sentences per CPU second."""
HEAD = """# Results: the speed of extraction

Written by `benchmarks/extract.py`; do not edit. CPU seconds of one thread ({machine}), the median of {rounds} rounds with least and most,
over {articles:,} articles of real news ({sentences:,} sentences). A step's own speed counts what reaches it; the cascade's and the whole's count
all sentences. Networks are those of the run `{run}`; models are loaded before.
"""


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


def articles_of(folder: Path, most: int) -> list[tuple[str, str, None]]:
    """Texts of the packed JSONL files of a folder."""

    def rows() -> Iterator[Any]:
        for path in sorted(folder.glob("*.jsonl.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                yield from map(json.loads, lines)

    return [(row["id"], row["text"], None) for row, _ in zip(rows(), range(most), strict=False)]


def machine() -> str:
    """The processor's name."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown")


def main(
    run: Annotated[str, typer.Argument(help="A built run of the transfer track.")],
    data: Annotated[Path, typer.Option(help="Folder of articles as JSONL.")] = Path(
        "../shared/data/abp_news"
    ),
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
    articles = articles_of(data, most)
    cascade = Cascade(normaliser, classifier)
    counts: Counter[str] = Counter()
    kept: list[Window] = list(cascade(articles, counts))  # a first round warms up
    texts = [text for _, text, _ in articles]
    cut = [span for text in texts for span in sentences(text)]
    cued = [span for span in cut if has_cue(span.text)]
    gate = Gate(normaliser)
    behind = [Passage(f"{a.text} {b.text}") for a, b in pairwise(cued) if gate(b)]
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
    write_text(out, f"{head}\n{page}\n{funnel}")


if __name__ == "__main__":
    typer.run(main)
