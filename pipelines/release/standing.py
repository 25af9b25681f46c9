"""How a run's releases stand: the champion, what waits, and whether everything agrees with the ledger."""

from modules.errors import UserError
from pipelines.release.bento import Bento
from pipelines.release.champion import check_alias, check_complete, check_pointer
from pipelines.release.home import Releases
from pipelines.release.ledger import champion_of, pending
from pipelines.release.registry import Registry
from pipelines.release.views import lines, whole_ledger


def status(name: str) -> str:
    """Who is champion and since when, what was decided last, and whether alias and pointer agree.

    Raises:
        UserError: if the chain is broken, or nothing was ever released.
    """
    entries = whole_ledger(name)
    champion, last, waiting = champion_of(entries), entries[-1], pending(entries)
    rows = [("champion", "none")]
    if champion is not None:
        try:
            check_alias(Registry(name), champion)
            check_pointer(Releases(name), champion)
            agree = "and pointer agree with the ledger"
        except UserError as error:
            agree = f"or pointer does not agree: {error}"
        rows = [
            ("champion", f"{champion.tag}, model {champion.model}"),
            ("since", f"{champion.at}, by {champion.by} ({champion.action}: {champion.reason})"),
            ("evidence", champion.detail),
            ("alias", agree),
            ("serve it", f"talentflow serve {name}"),
        ]
    if last != champion:
        rows.append(("last", f"{last.at}, v{last.version} {last.outcome}: {last.reason} ({last.detail})"))
    if waiting is not None:
        rows.append(("waiting", f"v{waiting.version}: talentflow registry approve {name} --by YOU"))
    return lines(name, rows)


def verified(name: str) -> str:
    """Check the ledger's chain, every bento that it names, the alias and the pointer.

    Raises:
        UserError: naming the first that is not as the ledger says.
    """
    entries, releases = whole_ledger(name), Releases(name)
    check_complete(releases, entries)
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
