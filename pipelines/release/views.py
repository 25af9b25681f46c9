"""The registry at a glance: what was decided, how it stands, how two versions compare."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from modules.errors import UserError
from pipelines.config import RunConfig
from pipelines.evaluation import Bounds
from pipelines.migration.rescore import challenge
from pipelines.release.bento import Bento
from pipelines.release.champion import check_alias, check_pointer, read_pointer
from pipelines.release.home import Releases
from pipelines.release.ledger import Entry, champion_of, read_ledger
from pipelines.release.promotion import pending
from pipelines.release.records import Realised
from pipelines.release.registry import Registry


def decision(entry: Entry) -> str:
    """A decision with its evidence."""
    rows = [
        ("decision", f"{entry.outcome}: {entry.reason} ({entry.detail})"),
        ("version", f"{entry.tag}, model {entry.model}"),
        ("champion", f"v{entry.champion}" if entry.champion else "none before"),
        *((f"{'pass' if gate.passed else 'FAIL'} {gate.name}", gate.detail) for gate in entry.gates),
    ]
    if entry.margin:
        rows.append(("margin", f"test error {_bounds(entry.margin)} better than the best baseline"))
    if entry.realised:
        rows.append(("came true", _come_true(entry.realised)))
    return _lines(entry.run, rows)


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
    for entry in _ledger(name):
        table.add_row(
            str(entry.sequence),
            entry.at[:16].replace("T", " "),
            entry.by,
            entry.tag.partition(":")[2],
            entry.model,
            f"{entry.outcome}: {entry.reason}",
            _bounds(entry.comparison.improvement) if entry.comparison else "",
            entry.because,
        )
    return _drawn(table)


def status(name: str) -> str:
    """Who is champion and since when, what was decided last, and whether alias and pointer agree.

    Raises:
        UserError: if the chain is broken, or nothing was ever released.
    """
    entries = _ledger(name)
    champion, last, waiting = champion_of(entries), entries[-1], pending(entries)
    rows = [("champion", "none")]
    if champion is not None:
        alias, pointer = Registry(name).champion(), read_pointer(Releases(name))
        agree = alias == champion.version and pointer is not None and pointer.entry == champion.sha256
        rows = [
            ("champion", f"{champion.tag}, model {champion.model}"),
            ("since", f"{champion.at}, by {champion.by} ({champion.action}: {champion.reason})"),
            ("evidence", champion.detail),
            (
                "alias",
                "and pointer agree" if agree else f"or pointer lag: talentflow registry release {name}",
            ),
            ("serve it", f"talentflow serve {name}"),
        ]
    if last != champion:
        rows.append(("last", f"{last.at}, v{last.version} {last.outcome}: {last.reason} ({last.detail})"))
    if waiting is not None:
        rows.append(("waiting", f"v{waiting.version}: talentflow registry approve {name} --by YOU"))
    return _lines(name, rows)


def compare(name: str, config: RunConfig, first: int, second: int) -> str:
    """Two versions side by side on the run's test set as it is now.

    Raises:
        UserError: if the ledger has no such version, or they cannot be compared.
    """
    entries = [_of_version(name, version) for version in (first, second)]
    folders = []
    for entry in entries:
        bento = Bento(Releases(name), entry.tag)
        bento.verify(entry.bento)
        folders.append(bento.artefact)
    found = challenge(name, config, *folders)
    if found.comparison is None:
        raise UserError(f"{name}: v{first} and v{second} cannot be compared: {found.why_not}")
    compared = found.comparison
    table = Table("", f"v{first}", f"v{second}", box=None)
    rows = {
        "model": [entry.model for entry in entries],
        "decided": [f"{entry.outcome}: {entry.reason}" for entry in entries],
        "commit": [entry.source.commit[:12] for entry in entries],
        "test error": [f"{compared.candidate:.4g}", f"{compared.champion:.4g}"],
        **{name: [f"{error:.4g}" for error in pair] for name, pair in compared.slices.items()},
    }
    for label, cells in rows.items():
        table.add_row(label, *cells)
    span = f"{compared.span[0]} to {compared.span[1]}, {compared.cells} cells"
    said = f"v{first} is {_bounds(compared.improvement)} {compared.metric} better than v{second} ({span})"
    return f"{_drawn(table)}\n{said}"


def verified(name: str) -> str:
    """Check the ledger's chain, every bento that it names, the alias and the pointer.

    Raises:
        UserError: naming the first that is not as the ledger says.
    """
    entries, releases = _ledger(name), Releases(name)
    bentos = {entry.tag: entry.bento for entry in entries}
    for tag, digest in bentos.items():
        Bento(releases, tag).verify(digest)
    champion = champion_of(entries)
    agree = "no champion"
    if champion is not None:
        check_alias(Registry(name), champion)
        check_pointer(releases, champion)
        agree = f"alias and pointer name {champion.tag}"
    return f"{name}: {len(entries)} entries chained, {len(bentos)} bentos whole, {agree}"


def _ledger(name: str) -> Sequence[Entry]:
    entries = read_ledger(Releases(name).ledger)
    if not entries:
        raise UserError(f"{name}: was never released; talentflow registry release {name}")
    return entries


def _of_version(name: str, version: int) -> Entry:
    entries = _ledger(name)
    found = next((entry for entry in reversed(entries) if entry.version == version), None)
    if found is None:
        known = ", ".join(f"v{number}" for number in sorted({entry.version for entry in entries}))
        raise UserError(f"{name}: no version {version} in the ledger; there is {known}")
    return found


def _bounds(bounds: Bounds) -> str:
    return f"{bounds.estimate:.4g} [{bounds.low:.4g}, {bounds.high:.4g}]"


def _lines(title: str, rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join([title, *(f"  {what:16}{text}" for what, text in rows)])


def _drawn(table: Table) -> str:
    console = Console(width=160)
    with console.capture() as drawn:
        console.print(table)
    return "\n".join(line.rstrip() for line in drawn.get().splitlines())
