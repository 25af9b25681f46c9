"""The figures of the report on recommenders."""

from collections.abc import Sequence

from markupsafe import Markup

from pipelines.drawing import BASELINE, INK, MUTED, OTHER, OWN, WIDTH, drawing, svg, ticks
from pipelines.pages import plain
from pipelines.recommendation.judging.evaluation import PairRow

PROTOCOLS = {
    "auc": ("every employer", "o"),
    "auc_popularity": ("popular employers", "s"),
    "auc_similar": ("unlike employers", "^"),
}
"""Metric -> what a match is compared with, and its mark."""


def leaderboard(rows: Sequence[PairRow]) -> Markup:
    """Test AUC of every model with its 95 % interval: disc if our own, square if a baseline."""
    with drawing(WIDTH, 0.75 + 0.32 * len(rows)) as (figure, axes):
        for place, row in enumerate(rows):
            colour, marker = (BASELINE, "s") if row.role == "baseline" else (OWN, "o")
            bounds = row.intervals["auc"]
            axes.plot([bounds.low, bounds.high], [place, place], color=colour, lw=1.8)
            axes.plot(bounds.estimate, place, marker, color=colour, ms=6.5)
        axes.axvline(0.5, color=OTHER, lw=1)
        axes.set_yticks(range(len(rows)), [plain(row.model) for row in rows], color=INK)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(axis="x")
        axes.margins(x=0.08)
        ticks(axes.xaxis, 6)
        axes.set_xlabel("test AUC (0.5 is chance)")
        return svg(figure, "Dot plot of the test AUC of every model with its 95 % interval")


def protocols(rows: Sequence[PairRow]) -> Markup:
    """Test AUC of every model by what a match is compared with."""
    shown = {name: said for name, said in PROTOCOLS.items() if name in rows[0].test}
    with drawing(WIDTH, 0.9 + 0.32 * len(rows)) as (figure, axes):
        for name, (label, marker) in shown.items():
            values = [row.test[name].mean for row in rows]
            axes.plot(values, range(len(rows)), marker, color=MUTED, ms=6, ls="", label=label)
        axes.axvline(0.5, color=OTHER, lw=1)
        axes.set_yticks(range(len(rows)), [plain(row.model) for row in rows], color=INK)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(axis="x")
        ticks(axes.xaxis, 6)
        axes.set_xlabel("test AUC")
        axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1), ncols=2, frameon=False, handletextpad=0.1)
        return svg(figure, "Dot plot of the test AUC of every model against three kinds of other employers")
