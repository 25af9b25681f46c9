"""The card of every version that the ledger names."""

from pathlib import Path

from modules.errors import UserError
from pipelines.card import read_card
from pipelines.card_page import markdown, page
from pipelines.release.bento import Bento
from pipelines.release.home import Releases
from pipelines.release.ledger import Entry, champion_of
from pipelines.release.views import of_version, whole_ledger


def card_text(name: str, version: int | None) -> str:
    """A version's card as Markdown.

    Args:
        name: of the run.
        version: as in the ledger; none: the champion's.

    Raises:
        UserError: if there is no such version, or its artefact is torn or its card of an earlier form.
    """
    found = champion_of(whole_ledger(name)) if version is None else of_version(name, version)
    if found is None:
        raise UserError(f"{name}: has no champion; name a version (talentflow registry history {name})")
    return markdown(*read_card(_artefact(found)))


def card_page(champion: Entry) -> str:
    """The champion's card as a page.

    Raises:
        UserError: if its bento is not here, or its artefact is torn or its card of an earlier form.
    """
    return page(*read_card(_artefact(champion)), champion.tag)


def _artefact(entry: Entry) -> Path:
    return Bento(Releases(entry.run), entry.tag).artefact
