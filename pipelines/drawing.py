"""Figures as SVG with the same bytes every time, and text that stays text."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INK, MUTED, LINE = "#18212c", "#536070", "#d9dee5"
OWN, BASELINE, OTHER = "#0b5cad", "#9a4b00", "#8a94a1"
BAD = "#b3261e"
BAND, TO_COME = "#bcd6f2", "#eef1f5"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": MUTED,
    "text.parse_math": False,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.spines.left": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "lines.solid_capstyle": "round",
}
WIDTH = 4.5
_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


@contextmanager
def drawing(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    """A figure of that size in inches, in the house's style."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.add_subplot()


def ticks(axis: Axis, most: int) -> None:
    """At most so many round ticks."""
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(lambda value, _: f"{value:,.3f}".rstrip("0").rstrip("."))


def svg(figure: Figure, alt: str) -> Markup:
    """The figure, with words for who cannot see it."""
    buffer = io.StringIO()
    # A salt of its own: the ids are the same every time, and no two figures of a page share one.
    with mpl.rc_context({"svg.hashsalt": alt}):
        figure.savefig(buffer, format="svg", transparent=True, metadata=_NO_METADATA)
    text = buffer.getvalue()
    size = re.search(r'viewBox="([^"]*)"', text)
    body = text[text.index(">", text.index("<svg")) + 1 :]
    # Groups are numbered from 1 in every figure and nothing refers to them.
    body = re.sub(r'<g id="[^"]*"', "<g", body)
    box = size.group(1) if size else ""
    return Markup('<svg role="img" aria-label="{}" viewBox="{}">{}').format(alt, box, Markup(body))  # noqa: S704
