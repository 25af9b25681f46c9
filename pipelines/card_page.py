"""A card as people read it: Markdown for registry and bento, a page for the browser."""

from collections.abc import Mapping
from typing import Any

from pipelines.card import Card
from pipelines.pages import render

LONGEST_DESCRIPTION = 5000
"""Characters that MLflow's database keeps of a version's description."""
_LISTED = 6
"""Data files whose hashes are shown."""


def markdown(card: Card, lineage: Mapping[str, Any]) -> str:
    """The card as Markdown: the same card and lineage give the same text."""
    return render("card.md", card=card, lineage=lineage, listed=_LISTED)


def page(card: Card, lineage: Mapping[str, Any], tag: str | None) -> str:
    """The card as a page that needs no network.

    Args:
        card: of the model.
        lineage: of its artefact.
        tag: of its version; none: not released.
    """
    return render("card.html", card=card, lineage=lineage, tag=tag, listed=_LISTED)


def description(card: Card, lineage: Mapping[str, Any]) -> str:
    """The card as MLflow can keep it: whole sections, and where the rest is."""
    text = markdown(card, lineage)
    if len(text) <= LONGEST_DESCRIPTION:
        return text
    rest = f"\n\nShortened; all of it: `talentflow registry card {card.run}`\n"
    kept = text[: LONGEST_DESCRIPTION - len(rest)]
    return kept[: kept.rindex("\n\n## ")] + rest
