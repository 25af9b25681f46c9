"""Decisions as people read them."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from modules.errors import UserError
from pipelines.evaluation import Bounds
from pipelines.release.home import Releases
from pipelines.release.ledger import Entry, read_ledger
from pipelines.release.records import Realised


def decision(entry: Entry) -> str:
    """A decision with its evidence."""
    rows = [
        ("decision", f"{entry.outcome}: {entry.reason} ({entry.detail})"),
        ("version", f"{entry.tag}, model {entry.model}"),
        ("champion before", f"v{entry.champion}" if entry.champion else "none"),
        *((f"{'pass' if gate.passed else 'FAIL'} {gate.name}", gate.detail) for gate in entry.gates),
    ]
    if entry.margin:
        rows.append(("margin", f"{bounds_of(entry.margin)} less test error than the best baseline"))
    if entry.realised:
        rows.append(("came true", _come_true(entry.realised)))
    return lines(entry.run, rows)


def _come_true(come: Realised) -> str:
    return (
        f"the champion's forecast from {come.as_of} for {', '.join(come.periods)}: MAE {come.mae:.4g}, WAPE "
        f"{come.wape:.1%}, {come.coverage:.1%} of {come.cells} cells inside its {come.nominal:.0%} intervals"
    )


def history(name: str) -> str:
    """Every line of the ledger, oldest first.

    Raises:
        UserError: if the chain is broken, or nothing was ever released.
    """
    table = Table(
        "#", "when (UTC)", "by", "version", "model", "outcome", "improvement [95 %]", "because", box=None
    )
    for entry in whole_ledger(name):
        table.add_row(
            str(entry.sequence),
            entry.at[:16].replace("T", " "),
            entry.by,
            entry.tag.partition(":")[2],
            entry.model,
            f"{entry.outcome}: {entry.reason}",
            bounds_of(entry.comparison.improvement) if entry.comparison else "",
            entry.because,
        )
    return drawn(table)


def whole_ledger(name: str) -> Sequence[Entry]:
    """A run's entries, oldest first; at least one.

    Raises:
        UserError: if the chain is broken, or nothing was ever released.
    """
    entries = read_ledger(Releases(name).ledger)
    if not entries:
        raise UserError(f"{name}: was never released; talentflow registry release {name}")
    return entries


def of_version(name: str, version: int) -> Entry:
    """The last decision on a version.

    Raises:
        UserError: if the chain is broken, or there is none.
    """
    entries = whole_ledger(name)
    found = next((entry for entry in reversed(entries) if entry.version == version), None)
    if found is None:
        known = ", ".join(f"v{number}" for number in sorted({entry.version for entry in entries}))
        raise UserError(f"{name}: no version {version} in the ledger; there is {known}")
    return found


def bounds_of(bounds: Bounds) -> str:
    """An estimate with its interval."""
    return f"{bounds.estimate:.4g} [{bounds.low:.4g}, {bounds.high:.4g}]"


def lines(title: str, rows: Iterable[tuple[str, str]]) -> str:
    """A title, and under it one labelled line each."""
    return "\n".join([title, *(f"  {what:16}{text}" for what, text in rows)])


def drawn(table: Table) -> str:
    """A table as text, as wide as it needs."""
    console = Console(width=160)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
