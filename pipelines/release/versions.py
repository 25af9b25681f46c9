"""Two versions of a run side by side."""

from pathlib import Path

from rich.table import Table

from modules.errors import UserError
from pipelines.config import RunConfig
from pipelines.prove import output_hashes
from pipelines.release.bento import Bento
from pipelines.release.challenge import challenge
from pipelines.release.home import Releases
from pipelines.release.views import bounds_of, drawn, of_version


def compare(name: str, config: RunConfig, first: int, second: int) -> str:
    """Two versions side by side on the run's test set as it is now.

    Raises:
        UserError: if the ledger has no such version, or they cannot be compared.
    """
    output_hashes(Path.cwd(), name, until="split")
    entries = [of_version(name, version) for version in (first, second)]
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
    said = f"{compared.metric} of v{second} less that of v{first}: {bounds_of(compared.improvement)} ({span})"
    return f"{drawn(table)}\n{said}"
