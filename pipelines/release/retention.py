"""What a registry may forget: bentos, manifests and logs that no line of a ledger names."""

import shutil
from pathlib import Path

from pipelines.release.champion import check_complete, exclusive
from pipelines.release.home import Releases
from pipelines.release.ledger import read_ledger


def collect(name: str, *, dry_run: bool = False) -> list[Path]:
    """Delete what releases of a run left behind that were killed before their decision; gives it, sorted.

    Whatever the ledger names stays, refused and pending versions too: a rollback or an audit may need them.

    Args:
        name: of the run.
        dry_run: only say what would go.

    Raises:
        UserError: if the ledger is broken or cut short, or another process decides on the run.
    """
    releases = Releases(name)
    with exclusive(releases):
        entries = read_ledger(releases.ledger)
        check_complete(releases, entries)
        named = {entry.tag.partition(":")[2] for entry in entries}
        shelf = releases.bento(f"{name}:any").parent
        bentos = (path for path in shelf.glob("*") if path.is_dir() and path.name not in named)
        beside = (
            path
            for folder, ending in (("bentos", ".sha256"), ("logs", ".log"))
            for path in (releases.top / folder).glob(f"*{ending}")
            if path.name.removesuffix(ending) not in named
        )
        found = sorted([*bentos, *beside])
        for path in () if dry_run else found:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    return found
