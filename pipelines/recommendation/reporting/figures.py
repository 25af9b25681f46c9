"""The figures of the report on recommenders."""

from collections.abc import Sequence

from markupsafe import Markup

from pipelines.drawing import BASELINE, INK, MUTED, OTHER, OWN, WIDTH, drawing, svg, ticks
from pipelines.pages import plain
from pipelines.recommendation.judging.evaluation import Audit, Card, PairRow

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


def thresholds(rows: Sequence[tuple[float, PairRow]]) -> Markup:
    """Test AUC by the share of employers that count as unlike, with its interval; filled is the run's own."""
    with drawing(WIDTH, 2.6) as (figure, axes):
        for share, row in rows:
            bounds = row.intervals["auc"]
            axes.plot([share, share], [bounds.low, bounds.high], color=OWN, lw=1.2)
            fill = OWN if row.role == "own" else "white"
            axes.plot(share, bounds.estimate, "o", color=OWN, mfc=fill, ms=6.5, zorder=3)
        axes.plot(
            [share for share, _ in rows], [row.intervals["auc"].estimate for _, row in rows], color=OWN, lw=1
        )
        axes.set_xticks([share for share, _ in rows], [f"{share:.0%}" for share, _ in rows])
        axes.grid(axis="y")
        ticks(axes.yaxis, 4)
        axes.set_xlabel("share of employers that count as unlike")
        axes.set_ylabel("test AUC")
        return svg(figure, "Line of the test AUC by the share of employers that count as unlike")


def card(shown: Card) -> Markup:
    """What the fields of a match are worth: blue speaks for it, brown against it."""
    told = [*shown.student, *shown.employer]
    with drawing(WIDTH, 0.8 + 0.3 * len(told)) as (figure, axes):
        colours = [OWN if each.worth >= 0 else BASELINE for each in told]
        axes.barh(range(len(told)), [each.worth for each in told], color=colours, height=0.6)
        labels = [f"{plain(each.field)}: {plain(each.value)}" for each in told]
        axes.set_yticks(range(len(told)), labels, color=INK)
        axes.set_ylim(len(told) - 0.5, -0.5)
        axes.axhline(len(shown.student) - 0.5, color=OTHER, lw=0.7)
        axes.axvline(0, color=OTHER, lw=1)
        axes.grid(axis="x")
        ticks(axes.xaxis, 5)
        axes.set_xlabel("what the score loses without it (logit)")
        return svg(figure, f"Bars of the fields that speak most for a match of rank {shown.rank}: {labels}")


def groups(audited: Audit) -> Markup | None:
    """AUC of every group that is shown, with its 95 % interval, field by field; none where there is none."""
    rows = [
        (f"{plain(field.field)}: {group.value}", group.auc)
        for field in audited.fields
        for group in field.groups
        if group.auc is not None
    ]
    if not rows:
        return None
    with drawing(WIDTH, 0.75 + 0.27 * len(rows)) as (figure, axes):
        for place, (_, bounds) in enumerate(rows):
            axes.plot([bounds.low, bounds.high], [place, place], color=OWN, lw=1.8)
            axes.plot(bounds.estimate, place, "o", color=OWN, ms=6)
        axes.set_yticks(range(len(rows)), [label for label, _ in rows], color=INK)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(axis="x")
        axes.margins(x=0.08)
        ticks(axes.xaxis, 5)
        axes.set_xlabel("test AUC (further right is better)")
        return svg(figure, "Dot plot of the test AUC of every group of students with its 95 % interval")
