"""How the page of results says a number."""

from collections.abc import Sequence

from pipelines.evaluation import Bounds, Spread


def said(gain: Bounds) -> str:
    """What an interval of a difference says."""
    return "beats" if gain.low > 0 else "loses to" if gain.high < 0 else "ties with"


def held(outcome: bool | None) -> str:
    """What a gate said."""
    return "all fields are among the first three" if outcome is None else "held" if outcome else "**missed**"


def spread(value: Spread) -> str:
    """Mean and standard deviation over seeds."""
    return f"{value.mean:.4f} ± {value.sd:.4f}"


def bounds(found: Bounds) -> str:
    """An estimate and its interval."""
    return f"{found.estimate:.4f} [{found.low:.4f}, {found.high:.4f}]"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
