"""Mentions to countries, from the command line."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from modules.transfer.places.context import Context
from modules.transfer.places.gazetteer import Gazetteer
from modules.transfer.places.normaliser import Normaliser, Resolved
from modules.transfer.places.policy import Settings
from pipelines.paths import GAZETTEER
from pipelines.transfer.gazetteer import stage


def normalise(mentions: Sequence[str], text: str, settings: Settings) -> list[Resolved]:
    """Every mention's country, where `text` is what they stand in; makes the gazetteer if there is none."""
    if not GAZETTEER.is_file():
        stage.run()
    with Gazetteer(GAZETTEER) as gazetteer:
        normaliser = Normaliser(gazetteer, settings)
        countries = normaliser.context(text)
        return [
            normaliser(mention, Context(after=_after(text, mention), text=text, countries=countries))
            for mention in mentions
        ]


def as_json(found: Sequence[Resolved]) -> str:
    """A line of JSON each."""
    return "\n".join(json.dumps(asdict(each), ensure_ascii=False) for each in found)


def as_table(found: Sequence[Resolved]) -> Table:
    """A row each; of an ambiguous one the countries that it may be."""
    table = Table("mention", "answer", "country", "rule", box=None, pad_edge=False)
    for each in found:
        may_be = ", ".join(f"{code} {share:.0%}" for code, share in each.candidates)
        table.add_row(each.mention, each.status, each.iso3 or each.raw_entity or may_be or "-", each.rule)
    return table


def show(found: Sequence[Resolved]) -> None:
    """Print the table."""
    Console().print(as_table(found))


def _after(text: str, mention: str) -> str:
    return text.partition(mention)[2]
