"""What the built runs of the transfer track say of their members, as docs/results-transfer.md.

    python benchmarks/labelled_text.py DIR/labelled.jsonl --data ../shared/data      # DIR: a copy of ../shared/data/abp_news
    python benchmarks/reference_series.py DIR --data ../shared/data
    talentflow runs add params/abp_news_gold.yaml --data DIR
    dvc repro --glob '*@abp_news_gold' && python benchmarks/transfer.py transfer abp_news_gold --news abp_news_gold

A run is a section: simulated labels show that the machine works, real ones how well its members read.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

sys.path.append(str(Path(__file__).parents[1]))
from benchmarks.ordinary_news import lines
from pipelines.evaluation import Bounds, read_evaluation
from pipelines.files import write_text
from pipelines.paths import RunPaths
from pipelines.transfer.judging.evaluation import Score, TransferEvaluation

GOALS = {"encoder": 0.60, "charseq": 0.45, "causal_lm": 0.50}
"""F1 of the destination on real text, persons that nobody was trained on."""
GRAMMAR = (0.90, 0.50)
"""Precision and recall of the grammar."""
STRICT = 0.90
"""Lower bound of the strict level's precision."""
PERIOD = 0.80
HEAD = """# Results: transfers

Written by `benchmarks/transfer.py` from the runs' evaluation records; do not edit. Members are ranked by the validation passages;
nothing is chosen on the test. A place is right where its country is the labelled one, a period where it agrees as far as both go.
Intervals are 95 %, Wilson's; the first seed's fits. Precision on labelled text says nothing of ordinary news, where about one
sentence in ten thousand tells of a move.
"""


def share(bounds: Bounds | None) -> str:
    """An interval, or a dash."""
    return "-" if bounds is None else f"{bounds.estimate:.2f} [{bounds.low:.2f}, {bounds.high:.2f}]"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) + "\n"


def section(name: str) -> str:
    """One run."""
    found = read_evaluation(RunPaths(name).evaluation / "evaluation.json", TransferEvaluation)
    labelled = ", ".join(f"{count:,} {part}" for part, count in found.labelled.items())
    kind = "simulated: no accuracy on real text" if found.simulated else "real, of public data"
    fields = [
        (
            row.model,
            field,
            score.told,
            score.right,
            score.of,
            share(score.precision),
            share(score.recall),
            f"{score.f1:.2f}",
        )
        for row in found.leaderboard
        for field, score in row.fields.items()
    ]
    spread = [
        (
            row.model,
            row.seeds,
            f"{row.backtest_f.mean:.3f} ± {row.backtest_f.sd:.3f}",
            *tuple(
                f"{row.test[key].mean:.3f} ± {row.test[key].sd:.3f}"
                for key in ("destination_f1", "destination_precision", "destination_recall")
            ),
        )
        for row in found.leaderboard
    ]
    levels = [
        (each.level, each.kept, each.right, share(each.precision), f"{each.coverage:.3f}")
        for each in found.levels
    ]
    steps = [(step.name, f"{step.kept} of {step.of}") for step in found.recall]
    funnel = [(step.name, f"{step.kept:,}") for step in found.funnel]
    pairs = [
        (
            f"{each.first}, {each.second}",
            each.field,
            *("-" if value is None else f"{value:.2f}" for value in (each.kappa, each.error_correlation)),
            each.both_wrong,
        )
        for each in found.kappa
        if each.field in {"circulation", "destination"}
    ]
    parts = [
        f"## {name}\n\nLabelled passages ({kind}): {labelled}. Candidate: **{found.candidate}**; best baseline: {found.best_baseline}. Policy {found.policy_version}.\n",
        table(("destination", "seeds", "validation F1", "test F1", "precision", "recall"), spread),
        table(("member", "field", "told", "right", "of", "precision", "recall", "F1"), fields),
        table(("level", "kept", "right", "precision", "coverage of the moves"), levels),
        table(("step of the filter", "test moves that pass"), steps),
        table(("members", "field", "kappa", "error correlation", "both wrong"), pairs),
        table(("funnel of the articles", "kept"), funnel),
    ]
    if not found.simulated:
        parts.append(goals(found))
    return "\n".join(parts)


def goals(found: TransferEvaluation) -> str:
    """What was to be reached, and whether it was."""
    rows: list[tuple[object, ...]] = []
    for row in found.leaderboard:
        destination: Score = row.fields["destination"]
        if row.model in GOALS:
            mean = row.test["destination_f1"].mean
            rows.append(
                (
                    f"{row.model}: F1 of the destination, mean of seeds",
                    GOALS[row.model],
                    f"{mean:.2f}",
                    mean >= GOALS[row.model],
                )
            )
        if row.model == "grammar" and destination.precision and destination.recall:
            rows += [
                (f"grammar: {what}", goal, f"{bounds.estimate:.2f}", bounds.estimate >= goal)
                for what, goal, bounds in zip(
                    ("precision", "recall"), GRAMMAR, (destination.precision, destination.recall), strict=True
                )
            ]
        if row.model == "ensemble":
            period = row.fields["period"].f1
            rows.append(("ensemble: F1 of the year or month", PERIOD, f"{period:.2f}", period >= PERIOD))
    strict = found.levels[0]
    low = strict.precision.low if strict.precision else 0.0
    rows.append(
        (
            f"strict: lower bound of precision, {strict.right} of {strict.kept}",
            STRICT,
            f"{low:.2f}",
            low >= STRICT,
        )
    )
    return table(
        ("goal", "needed", "measured", "outcome"),
        [(*row[:3], "met" if row[3] else "**missed**") for row in rows],
    )


def ordinary(run: str, data: Path) -> str:
    """What a run makes of ordinary news."""
    recall, levels = lines(run, data)
    head = (
        f"## {run}: ordinary news\n\nSentences drawn from the articles and read: all 411 with a strict cue, 200 others with a cue of "
        "the lexicon, 900 that pass the gate without a cue, 60 that do not, each weighted by how many it stands for; intervals "
        "are 95 %, by bootstrap within these strata.\n"
    )
    parts = [
        head,
        table(("step of the filter", "firm moves that pass", "all moves, doubtful ones too"), recall),
        "On the articles that nobody was trained on (the first seed's fits, as published):\n",
        table(
            ("level", "of the agreed, a move", "of the agreed, countries right", "firm moves kept"), levels
        ),
    ]
    return "\n".join(parts)


def main(
    runs: Annotated[list[str], typer.Argument(help="Built runs of the transfer track.")],
    news: Annotated[
        str | None,
        typer.Option(help="Which of them is of abp_news, to be held against sentences that were read."),
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder of the public data.")] = Path("../shared/data"),
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("docs/results-transfer.md"),
) -> None:
    """Write the page."""
    write_text(out, "\n".join([HEAD, *map(section, runs), *([ordinary(news, data)] if news else [])]))


if __name__ == "__main__":
    typer.run(main)
